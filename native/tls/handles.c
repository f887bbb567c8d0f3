/* Contexts and sessions as JavaScript has them: externals, which begin with a number that says what
 * they are. */
#include "tls.h"

static void *external_of(call_t *call, size_t index, uint32_t kind) {
    void *data = NULL;
    /* Fails for anything but an external. */
    napi_status status = napi_get_value_external(call->napi, call->argv[index], &data);
    if (status == napi_ok && data != NULL && *(uint32_t *)data == kind) return data;
    call_mark_bad(call, index);
    return NULL;
}

context_t *call_context(call_t *call, size_t index) {
    return external_of(call, index, KIND_CONTEXT);
}

session_t *call_session(call_t *call, size_t index) {
    return external_of(call, index, KIND_SESSION);
}

session_t *call_open_session(call_t *call) {
    session_t *session = call_session(call, 0);
    return session && session->ssl ? session : NULL;
}
