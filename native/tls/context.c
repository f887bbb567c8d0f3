/* Making an SSL_CTX: versions, ciphers, verification, sessions. Each function answers 0, or TLS_FAILED;
 * then lastReason() has OpenSSL's reason. Keys and trust are in credentials.c. */
#include <stdlib.h>
#include <string.h>

#include "tls.h"

void context_keep(context_t *context) {
    context->users++;
}

void context_release(context_t *context) {
    if (--context->users > 0) return;
    memory_of_context_freed(context);
    SSL_CTX_free(context->ctx);
    free(context->alpn);
    OPENSSL_free(context->ocsp);
    OPENSSL_cleanse(context, sizeof *context);
    free(context);
}

static void context_finalize(napi_env napi, void *data, void *hint) {
    (void)napi;
    (void)hint;
    context_t *context = data;
    tls_t *tls = context->tls;
    errors_begin(&tls->env);
    context_release(context);
    errors_end(&tls->env);
}

/* The settings of every context. */
static void set_defaults(SSL_CTX *ctx) {
    /* The same on every OpenSSL: 3.0 has 1, later ones 2. */
    SSL_CTX_set_security_level(ctx, 2);
    /* Retry: a ticket in front of data is not a reason to wait for more. Partial writes: a record is
     * the unit. Buffers are kept from record to record, and released by sessionRelax(). */
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_AUTO_RETRY);
    /* No renegotiation, which a client could use to keep a server busy. No compression: CRIME. */
    SSL_CTX_set_options(ctx,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_SINGLE_ECDH_USE);
}

/* contextNew(isServer) -> external, or a number when it cannot be made */
static napi_value context_new(call_t *call) {
    napi_value external;
    bool is_server = call_int(call, 0) != 0;
    if (!call_ok(call)) return NULL;
    context_t *context = calloc(1, sizeof *context);
    if (context == NULL) return new_int(call->napi, -ENOMEM);
    context->kind = KIND_CONTEXT;
    context->users = 1;
    context->tls = tls_of(call);
    context->ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (context->ctx == NULL ||
        napi_create_external(call->napi, context, context_finalize, NULL, &external) != napi_ok) {
        int64_t failed = tls_result(tls_of(call), false);
        context_release(context);
        return new_int(call->napi, failed);
    }
    SSL_CTX_set_app_data(context->ctx, context);
    set_defaults(context->ctx);
    context_install_callbacks(context);
    context_install_tickets(context);
    memory_of_context(context, 0);
    if (!is_server) shown_install(context->ctx);
    return external;
}

/* contextVersions(context, least, most): TLS1_2_VERSION and so on */
static int64_t context_versions(call_t *call) {
    context_t *context = call_context(call, 0);
    int least = call_int(call, 1), most = call_int(call, 2);
    if (!call_ok(call)) return -1;
    return tls_result(tls_of(call), SSL_CTX_set_min_proto_version(context->ctx, least) == 1 &&
                                        SSL_CTX_set_max_proto_version(context->ctx, most) == 1);
}

enum { TEXT_MAX = 8192 };

/* A setter of OpenSSL that takes a text, for the arguments (context, text). */
static int64_t set_text(call_t *call, int (*set)(SSL_CTX *ctx, const char *text)) {
    char text[TEXT_MAX];
    context_t *context = call_context(call, 0);
    call_text(call, 1, text, sizeof text);
    if (!call_ok(call)) return -1;
    return tls_result(tls_of(call), set(context->ctx, text) == 1);
}

/* These two are macros in OpenSSL. */
static int set_groups(SSL_CTX *ctx, const char *text) {
    return (int)SSL_CTX_set1_groups_list(ctx, text);
}

static int set_sigalgs(SSL_CTX *ctx, const char *text) {
    return (int)SSL_CTX_set1_sigalgs_list(ctx, text);
}

/* contextCiphers(context, list): for TLS 1.2 */
static int64_t context_ciphers(call_t *call) {
    return set_text(call, SSL_CTX_set_cipher_list);
}

/* contextSuites(context, list): for TLS 1.3 */
static int64_t context_suites(call_t *call) {
    return set_text(call, SSL_CTX_set_ciphersuites);
}

static int64_t context_groups(call_t *call) {
    return set_text(call, set_groups);
}

static int64_t context_sigalgs(call_t *call) {
    return set_text(call, set_sigalgs);
}

/* Protocols in wire form: each with its length before it, of which none is 0. See RFC 7301. */
static bool is_protocol_list(bytes_t wire) {
    size_t at = 0;
    while (at < wire.length && wire.start[at] != 0) at += 1 + (size_t)wire.start[at];
    return wire.length > 0 && at == wire.length;
}

/* contextAlpn(context, wire, isServer): protocols, each with its length before it */
static int64_t context_alpn(call_t *call) {
    context_t *context = call_context(call, 0);
    bool is_server = call_int(call, 2) != 0;
    bytes_t wire = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    if (!is_server)
        return tls_result(tls_of(call), SSL_CTX_set_alpn_protos(context->ctx, wire.start,
                                                                (unsigned int)wire.length) == 0);
    if (!is_protocol_list(wire)) return -EINVAL;
    uint8_t *copy = malloc(wire.length);
    if (copy == NULL) return -ENOMEM;
    memcpy(copy, wire.start, wire.length);
    free(context->alpn);
    context->alpn = copy;
    context->alpn_length = (unsigned int)wire.length;
    return 0;
}

/* contextVerify(context, bits, depth, ocspAge): VERIFY_*; the most certificates in between, and the most
 * seconds since an OCSP response was made, or -1 */
static int64_t context_verify(call_t *call) {
    context_t *context = call_context(call, 0);
    int bits = call_int(call, 1), depth = call_int(call, 2), ocsp_age = call_int(call, 3);
    if (!call_ok(call)) return -1;
    int mode = SSL_VERIFY_NONE;
    if (bits & VERIFY_ASK) mode |= SSL_VERIFY_PEER;
    if (bits & VERIFY_REQUIRE) mode |= SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    context->later_mode = bits & VERIFY_LATER ? mode | SSL_VERIFY_POST_HANDSHAKE : 0;
    if (bits & VERIFY_LATER) mode = SSL_VERIFY_NONE;
    SSL_CTX_set_verify(context->ctx, mode, NULL);
    if (depth >= 0) SSL_CTX_set_verify_depth(context->ctx, depth);
    context->rejects = (bits & VERIFY_REJECT) != 0;
    context->asks = (bits & VERIFY_ASK_VERDICT) != 0;
    context->requires_ocsp = (bits & VERIFY_REQUIRE_OCSP) != 0;
    context->ocsp_age = ocsp_age;
    X509_VERIFY_PARAM *rules = SSL_CTX_get0_param(context->ctx);
    if (bits & VERIFY_IGNORE_TIME) X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME);
    if (bits & VERIFY_PARTIAL_CHAIN) X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    return 0;
}

/* contextOption(context, number, on): SSL_OP_* */
static int64_t context_option(call_t *call) {
    context_t *context = call_context(call, 0);
    int64_t option = call_int64(call, 1);
    bool on = call_int(call, 2) != 0;
    if (!call_ok(call)) return -1;
    if (on)
        SSL_CTX_set_options(context->ctx, (uint64_t)option);
    else
        SSL_CTX_clear_options(context->ctx, (uint64_t)option);
    return 0;
}

/* contextSessions(context, id, seconds): how long sessions can be resumed, by contexts of the same id; 0
 * for never. A client collects the sessions that arrive; a server keeps none, they are in its tickets. */
static int64_t context_sessions(call_t *call) {
    context_t *context = call_context(call, 0);
    int seconds = call_int(call, 2);
    bytes_t id = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    if (id.length > SSL_MAX_SID_CTX_LENGTH) return -EINVAL;
    SSL_CTX *ctx = context->ctx;
    SSL_CTX_set_session_id_context(ctx, id.start, (unsigned int)id.length);
    SSL_CTX_set_timeout(ctx, seconds);
    context->ticket_keys.lifetime = (int64_t)seconds * 1000;
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_SERVER |
                                            SSL_SESS_CACHE_NO_INTERNAL);
    if (seconds == 0) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ctx, 0);
    }
    return 0;
}

/* contextOcspResponse(context, response): the OCSP response about a server's own certificate */
static int64_t context_ocsp_response(call_t *call) {
    context_t *context = call_context(call, 0);
    bytes_t response = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    if (response.length == 0 || response.length > 65535) return -EINVAL;
    OPENSSL_free(context->ocsp);
    context->ocsp = OPENSSL_memdup(response.start, response.length);
    context->ocsp_length = context->ocsp ? (int)response.length : 0;
    return context->ocsp ? 0 : -ENOMEM;
}

/* contextCallbacks(context, selects, keylog): whether to stop for SNI, and to log keys */
static int64_t context_callbacks(call_t *call) {
    context_t *context = call_context(call, 0);
    int selects = call_int(call, 1), keylog = call_int(call, 2);
    if (!call_ok(call)) return -1;
    context->selects = selects != 0;
    context->keylog = keylog != 0;
    return 0;
}

const method_t context_methods[] = {
    {"contextNew", .value = context_new},
    {"contextVersions", .number = context_versions},
    {"contextCiphers", .number = context_ciphers},
    {"contextSuites", .number = context_suites},
    {"contextGroups", .number = context_groups},
    {"contextSigalgs", .number = context_sigalgs},
    {"contextAlpn", .number = context_alpn},
    {"contextVerify", .number = context_verify},
    {"contextOption", .number = context_option},
    {"contextSessions", .number = context_sessions},
    {"contextOcspResponse", .number = context_ocsp_response},
    {"contextCallbacks", .number = context_callbacks},
    {0},
};
