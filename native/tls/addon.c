/* The TLS addon: what it exports to JavaScript, and the life of its state. */
#include <openssl/crypto.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

static const method_t *const modules[] = {
    context_methods, ticket_methods,      hello_methods, credential_methods, session_methods,
    record_methods,  nested_methods,      psk_methods,   later_methods,      shown_methods,
    memory_methods,  certificate_methods, info_methods,
};

/* Numbers that JavaScript needs: answers, registers, bits, and some of OpenSSL. */
static const struct {
    const char *name;
    int64_t number;
} numbers[] = {
    {"FAILED", TLS_FAILED},
    {"TRUNCATED", TLS_TRUNCATED},
    {"WANT_SERVER", TLS_WANT_SERVER},
    {"WANT_VERDICT", TLS_WANT_VERDICT},
    {"WANT_CERTIFICATE", TLS_WANT_CERTIFICATE},
    {"WANT_TURN", TLS_WANT_TURN},
    {"WANT_PSK", TLS_WANT_PSK},
    {"NO_CERTIFICATE", TLS_NO_CERTIFICATE},
    {"NO_KEY", TLS_NO_KEY},
    {"NO_LIST", TLS_NO_LIST},
    {"NO_PASSPHRASE", TLS_NO_PASSPHRASE},
    {"BAD_PASSPHRASE", TLS_BAD_PASSPHRASE},
    {"OLD_ENCRYPTION", TLS_OLD_ENCRYPTION},
    {"KEY_MISMATCH", TLS_KEY_MISMATCH},
    {"NOT_PKCS12", TLS_NOT_PKCS12},
    {"REGISTER_UNSENT", REGISTER_UNSENT},
    {"REGISTER_DRAINED", REGISTER_DRAINED},
    {"REGISTER_NOTIFICATIONS", REGISTER_NOTIFICATIONS},
    {"NOTIFY_KEYLOG", NOTIFY_KEYLOG},
    {"NOTIFY_SESSION", NOTIFY_SESSION},
    {"NOTIFY_CERTIFICATE", NOTIFY_CERTIFICATE},
    {"VERIFY_ASK", VERIFY_ASK},
    {"VERIFY_REQUIRE", VERIFY_REQUIRE},
    {"VERIFY_REJECT", VERIFY_REJECT},
    {"VERIFY_IGNORE_TIME", VERIFY_IGNORE_TIME},
    {"VERIFY_REQUIRE_OCSP", VERIFY_REQUIRE_OCSP},
    {"VERIFY_PARTIAL_CHAIN", VERIFY_PARTIAL_CHAIN},
    {"VERIFY_ASK_VERDICT", VERIFY_ASK_VERDICT},
    {"VERIFY_LATER", VERIFY_LATER},
    {"SSL_OP_CIPHER_SERVER_PREFERENCE", SSL_OP_CIPHER_SERVER_PREFERENCE},
    {"X509_V_OK", X509_V_OK},
    {"X509_V_ERR_HOSTNAME_MISMATCH", X509_V_ERR_HOSTNAME_MISMATCH},
    {"GEN_DNS", GEN_DNS},
    {"GEN_IPADD", GEN_IPADD},
};

/* Runs after the externals of the environment were finalized. */
static void tls_free(void *data) {
    tls_t *tls = data;
    X509_STORE_free(tls->roots);
    BIO_meth_free(tls->method);
    OPENSSL_cleanse(tls, sizeof *tls);
    free(tls);
}

static void tls_finalize(napi_env napi, void *data, void *hint) {
    (void)napi;
    (void)hint;
    tls_free(data);
}

static napi_value tls_init(napi_env napi, napi_value exports) {
    tls_t *tls = calloc(1, sizeof *tls);
    if (tls == NULL || (tls->method = bio_method()) == NULL) {
        free(tls);
        napi_throw_error(napi, "ENOMEM", "no memory for the state of the TLS addon");
        return NULL;
    }
    tls->env.napi = napi;
    tls->env.begin = errors_begin;
    tls->env.end = errors_end;
    if (napi_set_instance_data(napi, tls, tls_finalize, NULL) != napi_ok) {
        tls_free(tls);
        return NULL;
    }
    if (!export_registers(&tls->env, exports)) return NULL;
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        export_methods(&tls->env, exports, modules[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        napi_set_named_property(napi, exports, numbers[i].name, new_int(napi, numbers[i].number));
    return exports;
}

NAPI_MODULE(berkeley_tls, tls_init)
