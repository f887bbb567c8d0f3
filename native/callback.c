#include "callback.h"

bool callback_open(addon_t *addon, callback_scope_t *scope) {
    if (addon->closing) return false;
    scope->env = addon->env;
    return napi_open_handle_scope(addon->env, &scope->handles) == napi_ok;
}

void callback_close(callback_scope_t *scope) {
    napi_close_handle_scope(scope->env, scope->handles);
}

void callback_call(addon_t *addon, napi_ref function, napi_value argument) {
    napi_env env = addon->env;
    napi_value receiver, callee, error;
    if (napi_get_reference_value(env, function, &callee) != napi_ok) return;
    if (napi_get_global(env, &receiver) != napi_ok) return;
    napi_status status = napi_make_callback(env, addon->async, receiver, callee, 1, &argument,
                                            NULL);
    if (status == napi_ok || addon->closing) return;
    bool thrown = false;
    napi_is_exception_pending(env, &thrown);
    if (thrown && napi_get_and_clear_last_exception(env, &error) == napi_ok)
        napi_fatal_exception(env, error);
}
