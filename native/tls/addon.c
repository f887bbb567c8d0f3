/* The TLS addon: its table of functions, and the life of its state. One state per environment. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

static const method_t *const modules[] = {context_methods, credential_methods, session_methods,
                                          peer_methods};

static void *external_of(call_t *call, size_t index, uint32_t kind) {
    void *data = NULL;
    /* Says itself whether it is one. */
    napi_status status = napi_get_value_external(call->napi, call->argv[index], &data);
    if (status == napi_ok && data != NULL && *(uint32_t *)data == kind) return data;
    if (call->bad_argument < 0) call->bad_argument = (int)index;
    return NULL;
}

context_t *call_context(call_t *call, size_t index) {
    return external_of(call, index, KIND_CONTEXT);
}

session_t *call_session(call_t *call, size_t index) {
    return external_of(call, index, KIND_SESSION);
}

napi_value call_done(const call_t *call, bool good) {
    return call_number(call, good ? 0 : TLS_FAILED);
}

/* Runs after the externals of the environment were finalized. */
static void tls_free(void *data) {
    tls_t *tls = data;
    X509_STORE_free(tls->roots);
    BIO_meth_free(tls->method);
    OPENSSL_cleanse(tls, sizeof *tls);
    free(tls);
}

static void tls_finalize(napi_env env, void *data, void *hint) {
    (void)env;
    (void)hint;
    tls_free(data);
}

static void export_number(napi_env env, napi_value exports, const char *name, int64_t value) {
    napi_set_named_property(env, exports, name, new_int(env, value));
}

static napi_value tls_init(napi_env env, napi_value exports) {
    tls_t *tls = calloc(1, sizeof *tls);
    if (tls == NULL || (tls->method = bio_method()) == NULL) {
        free(tls);
        napi_throw_error(env, "ENOMEM", "no memory for the state of the TLS addon");
        return NULL;
    }
    tls->env.napi = env;
    if (napi_set_instance_data(env, tls, tls_finalize, NULL) != napi_ok) {
        tls_free(tls);
        return NULL;
    }
    if (!export_registers(&tls->env, exports)) return NULL;
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        export_methods(&tls->env, exports, modules[i]);
    export_number(env, exports, "FAILED", TLS_FAILED);
    export_number(env, exports, "TRUNCATED", TLS_TRUNCATED);
    export_number(env, exports, "WANT_SERVER", TLS_WANT_SERVER);
    export_number(env, exports, "WANT_VERDICT", TLS_WANT_VERDICT);
    export_number(env, exports, "WANT_TURN", TLS_WANT_TURN);
    return exports;
}

NAPI_MODULE(berkeley_tls, tls_init)
