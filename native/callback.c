#include "callback.h"

bool callback_open(env_t *env, callback_scope_t *scope) {
    if (env->closing) return false;
    scope->napi = env->napi;
    return napi_open_handle_scope(env->napi, &scope->handles) == napi_ok;
}

void callback_close(callback_scope_t *scope) {
    napi_close_handle_scope(scope->napi, scope->handles);
}

void callback_call(env_t *env, napi_ref function, napi_value argument) {
    napi_env napi = env->napi;
    napi_value receiver, callee, error;
    if (napi_get_reference_value(napi, function, &callee) != napi_ok) return;
    if (napi_get_global(napi, &receiver) != napi_ok) return;
    napi_status status = napi_make_callback(napi, env->async, receiver, callee, 1, &argument, NULL);
    if (status == napi_ok || env->closing) return;
    bool thrown = false;
    napi_is_exception_pending(napi, &thrown);
    if (thrown && napi_get_and_clear_last_exception(napi, &error) == napi_ok)
        napi_fatal_exception(napi, error);
}
