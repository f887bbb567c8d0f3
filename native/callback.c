#include "callback.h"

bool callback_open(env_t *env, callback_scope_t *scope) {
    if (env->closing) return false;
    scope->napi = env->napi;
    return napi_open_handle_scope(env->napi, &scope->handles) == napi_ok;
}

void callback_close(callback_scope_t *scope) {
    napi_close_handle_scope(scope->napi, scope->handles);
}

napi_status callback_outside(napi_env napi, napi_value function, size_t count,
                             const napi_value *arguments, napi_value *result) {
    napi_value nowhere;
    napi_status status = napi_create_object(napi, &nowhere);
    if (status != napi_ok) return status;
    return napi_make_callback(napi, NULL, nowhere, function, count, arguments, result);
}

void callback_call(env_t *env, napi_ref function, napi_value argument) {
    napi_env napi = env->napi;
    napi_value callee, error, result;
    if (napi_get_reference_value(napi, function, &callee) != napi_ok) return;
    napi_status status = callback_outside(napi, callee, 1, &argument, &result);
    if (status == napi_ok || env->closing) return;
    bool thrown = false;
    napi_is_exception_pending(napi, &thrown);
    if (thrown && napi_get_and_clear_last_exception(napi, &error) == napi_ok)
        napi_fatal_exception(napi, error);
}
