/* Building an SSL_CTX, one function per matter. Each answers 0, or TLS_FAILED with OpenSSL's reason
 * to be asked for by queueReason(). What it shows and whom it trusts: credentials.c. */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

void context_keep(context_t *context) {
    context->users++;
}

void context_release(context_t *context) {
    if (--context->users > 0) return;
    SSL_CTX_free(context->ctx);
    free(context->alpn);
    OPENSSL_free(context->staple);
    OPENSSL_cleanse(context, sizeof *context);
    free(context);
}

context_t *context_of(const SSL *ssl) {
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static void context_finalize(napi_env env, void *data, void *hint) {
    (void)env;
    (void)hint;
    context_release(data);
}

/* contextNew(isServer) -> external, or a number when there is no memory */
static napi_value contextNew_(napi_env env, napi_callback_info info) {
    call_t call;
    napi_value external;
    call_begin(&call, env, info);
    bool is_server = call_int(&call, 0) != 0;
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    context_t *context = calloc(1, sizeof *context);
    if (context == NULL) return call_number(&call, -ENOMEM);
    context->kind = KIND_CONTEXT;
    context->users = 1;
    context->tls = (tls_t *)call.env;
    context->ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (context->ctx == NULL ||
        napi_create_external(env, context, context_finalize, NULL, &external) != napi_ok) {
        context_release(context);
        return call_number(&call, TLS_FAILED);
    }
    SSL_CTX_set_app_data(context->ctx, context);
    /* The same on every OpenSSL: 3.0 begins at 1, later ones at 2. */
    SSL_CTX_set_security_level(context->ctx, 2);
    /* Retry: a ticket in front of the data is no reason to wait for more. Partial writes: a record is the
     * unit. Buffers are kept from record to record, and given back by sessionRelax(). */
    SSL_CTX_set_mode(context->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    /* No renegotiation: a flood of it is an attack, and nobody needs it. No compression: CRIME. */
    SSL_CTX_set_options(context->ctx,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_SINGLE_ECDH_USE);
    context_listen(context);
    return external;
}

/* contextVersions(context, least, most): TLS1_2_VERSION and so on */
static napi_value contextVersions_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    int least = call_int(&call, 1), most = call_int(&call, 2);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    return call_done(&call, SSL_CTX_set_min_proto_version(context->ctx, least) == 1 &&
                                SSL_CTX_set_max_proto_version(context->ctx, most) == 1);
}

enum { TEXT_MAX = 8192 };

/* A setter that takes a text. */
static napi_value with_text(napi_env env, napi_callback_info info,
                            bool (*set)(context_t *context, const char *text)) {
    call_t call;
    char text[TEXT_MAX];
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    call_text(&call, 1, text, sizeof text);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    return call_done(&call, set(context, text));
}

static bool set_ciphers(context_t *context, const char *text) {
    return SSL_CTX_set_cipher_list(context->ctx, text) == 1;
}

static bool set_suites(context_t *context, const char *text) {
    return SSL_CTX_set_ciphersuites(context->ctx, text) == 1;
}

static bool set_groups(context_t *context, const char *text) {
    return SSL_CTX_set1_groups_list(context->ctx, text) == 1;
}

static bool set_sigalgs(context_t *context, const char *text) {
    return SSL_CTX_set1_sigalgs_list(context->ctx, text) == 1;
}

/* contextCiphers(context, list): of TLS 1.2 */
static napi_value contextCiphers_(napi_env env, napi_callback_info info) {
    return with_text(env, info, set_ciphers);
}

/* contextSuites(context, list): of TLS 1.3 */
static napi_value contextSuites_(napi_env env, napi_callback_info info) {
    return with_text(env, info, set_suites);
}

static napi_value contextGroups_(napi_env env, napi_callback_info info) {
    return with_text(env, info, set_groups);
}

static napi_value contextSigalgs_(napi_env env, napi_callback_info info) {
    return with_text(env, info, set_sigalgs);
}

/* contextAlpn(context, wire, isServer): protocols, each with its length before it */
static napi_value contextAlpn_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    bool is_server = call_int(&call, 2) != 0;
    bytes_t wire = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    if (!is_server)
        return call_done(&call, SSL_CTX_set_alpn_protos(context->ctx, wire.start,
                                                        (unsigned int)wire.length) == 0);
    if (wire.length == 0) return call_number(&call, -EINVAL);
    uint8_t *copy = malloc(wire.length);
    if (copy == NULL) return call_number(&call, -ENOMEM);
    memcpy(copy, wire.start, wire.length);
    free(context->alpn);
    context->alpn = copy;
    context->alpn_length = (unsigned int)wire.length;
    return call_number(&call, 0);
}

/* What a context does with its peer, in bits. */
enum { ASKS = 1, REQUIRES = 2, REJECTS = 4, IGNORES_TIME = 8, WANTS_STAPLE = 16 };

/* contextVerify(context, bits, depth) */
static napi_value contextVerify_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    int bits = call_int(&call, 1), depth = call_int(&call, 2);
    if (!call_good(&call)) return NULL;
    int mode = SSL_VERIFY_NONE;
    if (bits & ASKS) mode |= SSL_VERIFY_PEER;
    if (bits & REQUIRES) mode |= SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context->ctx, mode, NULL);
    if (depth >= 0) SSL_CTX_set_verify_depth(context->ctx, depth);
    context->rejects = (bits & REJECTS) != 0;
    context->wants_staple = (bits & WANTS_STAPLE) != 0;
    if (bits & IGNORES_TIME)
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context->ctx), X509_V_FLAG_NO_CHECK_TIME);
    return call_number(&call, 0);
}

/* contextOption(context, number, on): SSL_OP_* */
static napi_value contextOption_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    int64_t option = call_int64(&call, 1);
    bool on = call_int(&call, 2) != 0;
    if (!call_good(&call)) return NULL;
    if (on)
        SSL_CTX_set_options(context->ctx, (uint64_t)option);
    else
        SSL_CTX_clear_options(context->ctx, (uint64_t)option);
    return call_number(&call, 0);
}

/* contextSessions(context, id, seconds): sessions are resumed for so long, 0 for never, in contexts of
 * the same id. A client collects what comes; a server keeps nothing but tickets. */
static napi_value contextSessions_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    int seconds = call_int(&call, 2);
    bytes_t id = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    if (id.length > SSL_MAX_SID_CTX_LENGTH) return call_number(&call, -EINVAL);
    SSL_CTX *ctx = context->ctx;
    SSL_CTX_set_session_id_context(ctx, id.start, (unsigned int)id.length);
    SSL_CTX_set_timeout(ctx, seconds);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_SERVER |
                                            SSL_SESS_CACHE_NO_INTERNAL);
    if (seconds == 0) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ctx, 0);
    }
    return call_number(&call, 0);
}

/* contextTicketKeys(context, keys): 48 bytes as Node's (name 16, MAC 16, AES-128 16), or 80 (16, 32, 32) */
static napi_value contextTicketKeys_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    bytes_t keys = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    if (keys.length != 48 && keys.length != 80) return call_number(&call, -EINVAL);
    size_t half = (keys.length - 16) / 2;
    memcpy(context->ticket_name, keys.start, 16);
    memcpy(context->ticket_mac, keys.start + 16, half);
    memcpy(context->ticket_key, keys.start + 16 + half, half);
    context->ticket_key_length = (int)half;
    context_use_tickets(context);
    return call_number(&call, 0);
}

/* contextStaple(context, response): what a server says of its own certificate */
static napi_value contextStaple_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    bytes_t staple = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    if (staple.length == 0 || staple.length > 65535) return call_number(&call, -EINVAL);
    OPENSSL_free(context->staple);
    context->staple = OPENSSL_memdup(staple.start, staple.length);
    context->staple_length = context->staple ? (int)staple.length : 0;
    return call_number(&call, context->staple ? 0 : -ENOMEM);
}

/* contextCallbacks(context, selects, keylog): what the engine is to stop for, or to tell */
static napi_value contextCallbacks_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    int selects = call_int(&call, 1), keylog = call_int(&call, 2);
    if (!call_good(&call)) return NULL;
    context->selects = selects != 0;
    context->keylog = keylog != 0;
    return call_number(&call, 0);
}

const method_t context_methods[] = {
    {"contextNew", .callback = contextNew_},
    {"contextVersions", .callback = contextVersions_},
    {"contextCiphers", .callback = contextCiphers_},
    {"contextSuites", .callback = contextSuites_},
    {"contextGroups", .callback = contextGroups_},
    {"contextSigalgs", .callback = contextSigalgs_},
    {"contextAlpn", .callback = contextAlpn_},
    {"contextVerify", .callback = contextVerify_},
    {"contextOption", .callback = contextOption_},
    {"contextSessions", .callback = contextSessions_},
    {"contextTicketKeys", .callback = contextTicketKeys_},
    {"contextStaple", .callback = contextStaple_},
    {"contextCallbacks", .callback = contextCallbacks_},
    {0},
};
