/* Building an SSL_CTX, one function per matter. Each answers 0, or TLS_FAILED with OpenSSL's reason
 * to be asked for by queueReason(). Keys are read from the caller's memory, and copied nowhere. */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
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

static napi_value answer(const call_t *call, bool good) {
    return call_number(call, good ? 0 : TLS_FAILED);
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
    context->tls = (tls_t *)call.addon;
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

static BIO *reader_of(bytes_t bytes) {
    if (bytes.length > INT_MAX) return NULL;
    return BIO_new_mem_buf(bytes.length ? (const void *)bytes.start : "", (int)bytes.length);
}

/* A passphrase for OpenSSL to ask for; none is not the same as an empty one. */
static int passphrase(char *to, int room, int writing, void *data) {
    const bytes_t *phrase = data;
    (void)writing;
    if (phrase->start == NULL || phrase->length > (size_t)room) return -1;
    memcpy(to, phrase->start, phrase->length);
    return (int)phrase->length;
}

/* The end of a PEM file is an error too; it is none when something was read before. */
static bool only_the_end(int count) {
    unsigned long error = ERR_peek_last_error();
    bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (!at_end || count == 0) return false;
    ERR_clear_error();
    return true;
}

static bool looks_like_pem(bytes_t bytes) {
    static const char mark[] = "-----BEGIN ";
    if (bytes.length < sizeof mark) return false;
    for (size_t i = 0; i + sizeof mark - 1 <= bytes.length; i++)
        if (memcmp(bytes.start + i, mark, sizeof mark - 1) == 0) return true;
    return false;
}

/* Reads one object, and uses it: 1, 0 when there is none, -1 when it is no good. */
typedef int take_object_t(BIO *bio, bool is_pem, void *to);

/* Takes every object of a PEM text, or the one in DER form. */
static bool take_objects(bytes_t bytes, take_object_t *take, void *to) {
    BIO *bio = reader_of(bytes);
    bool is_pem = looks_like_pem(bytes);
    int count = 0, result = bio ? 1 : -1;
    while (result > 0 && (is_pem || count == 0)) {
        result = take(bio, is_pem, to);
        if (result > 0) count++;
    }
    BIO_free(bio);
    return result >= 0 && count > 0 && (!is_pem || only_the_end(count));
}

static X509 *read_cert(BIO *bio, bool is_pem) {
    bytes_t none = {NULL, 0};
    return is_pem ? PEM_read_bio_X509_AUX(bio, NULL, passphrase, &none) : d2i_X509_bio(bio, NULL);
}

static X509_CRL *read_crl(BIO *bio, bool is_pem) {
    bytes_t none = {NULL, 0};
    return is_pem ? PEM_read_bio_X509_CRL(bio, NULL, passphrase, &none)
                  : d2i_X509_CRL_bio(bio, NULL);
}

/* A setter that takes bytes. */
static napi_value with_bytes(napi_env env, napi_callback_info info,
                             bool (*set)(context_t *context, bytes_t bytes)) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    bytes_t bytes = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    return answer(&call, set(context, bytes));
}

/* A chain that is being read: the leaf comes first, what follows is sent along. */
typedef struct {
    SSL_CTX *ctx;
    bool has_leaf;
} chain_t;

static int take_link(BIO *bio, bool is_pem, void *to) {
    chain_t *chain = to;
    X509 *cert = read_cert(bio, is_pem);
    if (cert == NULL) return 0;
    bool good = chain->has_leaf ? SSL_CTX_add1_chain_cert(chain->ctx, cert) == 1
                                : SSL_CTX_use_certificate(chain->ctx, cert) == 1;
    chain->has_leaf = true;
    X509_free(cert);
    return good ? 1 : -1;
}

static bool set_cert(context_t *context, bytes_t bytes) {
    chain_t chain = {context->ctx, false};
    return take_objects(bytes, take_link, &chain);
}

/* contextCert(context, chain) */
static napi_value contextCert_(napi_env env, napi_callback_info info) {
    return with_bytes(env, info, set_cert);
}

/* contextKey(context, key, passphrase?): it has to be the key of the certificate that was given last */
static napi_value contextKey_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    bytes_t bytes = call_bytes(&call, 1), phrase = call_optional_bytes(&call, 2);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    BIO *bio = reader_of(bytes);
    EVP_PKEY *key = NULL;
    if (bio != NULL && looks_like_pem(bytes))
        key = PEM_read_bio_PrivateKey(bio, NULL, passphrase, &phrase);
    else if (bio != NULL)
        key = d2i_PrivateKey_bio(bio, NULL);
    bool good = key != NULL && SSL_CTX_use_PrivateKey(context->ctx, key) == 1 &&
                SSL_CTX_check_private_key(context->ctx) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return answer(&call, good);
}

/* contextPfx(context, pkcs12, passphrase): key, certificate, and the chain */
static napi_value contextPfx_(napi_env env, napi_callback_info info) {
    call_t call;
    char phrase[1024];
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    bool has_phrase = call_string(&call, 2, phrase, sizeof phrase);
    bytes_t bytes = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    STACK_OF(X509) *chain = NULL;
    BIO *bio = reader_of(bytes);
    PKCS12 *pkcs12 = bio ? d2i_PKCS12_bio(bio, NULL) : NULL;
    bool good = pkcs12 && PKCS12_parse(pkcs12, has_phrase ? phrase : NULL, &key, &cert, &chain);
    OPENSSL_cleanse(phrase, sizeof phrase);
    good = good && cert && key && SSL_CTX_use_certificate(context->ctx, cert) == 1 &&
           SSL_CTX_use_PrivateKey(context->ctx, key) == 1 &&
           (chain == NULL || SSL_CTX_set1_chain(context->ctx, chain) == 1);
    EVP_PKEY_free(key);
    X509_free(cert);
    sk_X509_pop_free(chain, X509_free);
    PKCS12_free(pkcs12);
    BIO_free(bio);
    return answer(&call, good);
}

/* Where trust is added; with a context, the names too that a server asks clients for. */
typedef struct {
    X509_STORE *store;
    SSL_CTX *ctx;
} trust_t;

/* A certificate that is there twice is no error. */
static int take_root(BIO *bio, bool is_pem, void *to) {
    const trust_t *trust = to;
    X509 *cert = read_cert(bio, is_pem);
    if (cert == NULL) return 0;
    bool good = X509_STORE_add_cert(trust->store, cert) == 1 &&
                (trust->ctx == NULL || SSL_CTX_add_client_CA(trust->ctx, cert) == 1);
    X509_free(cert);
    return good ? 1 : -1;
}

static bool set_ca(context_t *context, bytes_t bytes) {
    trust_t trust = {SSL_CTX_get_cert_store(context->ctx), context->ctx};
    return take_objects(bytes, take_root, &trust);
}

/* contextCa(context, certificates): trust in these, and no others but those added in the same way */
static napi_value contextCa_(napi_env env, napi_callback_info info) {
    return with_bytes(env, info, set_ca);
}

/* rootsAdd(certificates): to the default trust of this thread. -> how it went */
static napi_value rootsAdd_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    bytes_t bytes = call_bytes(&call, 0);
    if (!call_good(&call)) return NULL;
    tls_t *tls = (tls_t *)call.addon;
    ERR_clear_error();
    if (tls->roots == NULL) tls->roots = X509_STORE_new();
    trust_t trust = {tls->roots, NULL};
    return answer(&call, tls->roots != NULL && take_objects(bytes, take_root, &trust));
}

/* contextRoots(context): the default trust */
static napi_value contextRoots_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    if (!call_good(&call)) return NULL;
    if (context->tls->roots) SSL_CTX_set1_cert_store(context->ctx, context->tls->roots);
    return call_number(&call, context->tls->roots ? 0 : TLS_FAILED);
}

static int take_list(BIO *bio, bool is_pem, void *to) {
    X509_CRL *crl = read_crl(bio, is_pem);
    if (crl == NULL) return 0;
    bool good = X509_STORE_add_crl(to, crl) == 1;
    X509_CRL_free(crl);
    return good ? 1 : -1;
}

static bool set_crl(context_t *context, bytes_t bytes) {
    X509_STORE *store = SSL_CTX_get_cert_store(context->ctx);
    if (!take_objects(bytes, take_list, store)) return false;
    return X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
}

/* contextCrl(context, lists): each certificate of a chain is looked up in them */
static napi_value contextCrl_(napi_env env, napi_callback_info info) {
    return with_bytes(env, info, set_crl);
}

/* contextVersions(context, least, most): TLS1_2_VERSION and so on */
static napi_value contextVersions_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    int least = call_int(&call, 1), most = call_int(&call, 2);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    return answer(&call, SSL_CTX_set_min_proto_version(context->ctx, least) == 1 &&
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
    return answer(&call, set(context, text));
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

/* contextDh(context, parameters?): these, or OpenSSL's own of a size that suits the key */
static napi_value contextDh_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    bytes_t bytes = call_optional_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    if (bytes.start == NULL) return answer(&call, SSL_CTX_set_dh_auto(context->ctx, 1) == 1);
    BIO *bio = reader_of(bytes);
    EVP_PKEY *parameters = bio ? PEM_read_bio_Parameters_ex(bio, NULL, NULL, NULL) : NULL;
    bool good = parameters && SSL_CTX_set0_tmp_dh_pkey(context->ctx, parameters) == 1;
    if (!good) EVP_PKEY_free(parameters);
    BIO_free(bio);
    return answer(&call, good);
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
        return answer(&call, SSL_CTX_set_alpn_protos(context->ctx, wire.start,
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
    {"contextNew", contextNew_},
    {"contextCert", contextCert_},
    {"contextKey", contextKey_},
    {"contextPfx", contextPfx_},
    {"contextCa", contextCa_},
    {"rootsAdd", rootsAdd_},
    {"contextRoots", contextRoots_},
    {"contextCrl", contextCrl_},
    {"contextVersions", contextVersions_},
    {"contextCiphers", contextCiphers_},
    {"contextSuites", contextSuites_},
    {"contextGroups", contextGroups_},
    {"contextSigalgs", contextSigalgs_},
    {"contextDh", contextDh_},
    {"contextAlpn", contextAlpn_},
    {"contextVerify", contextVerify_},
    {"contextOption", contextOption_},
    {"contextSessions", contextSessions_},
    {"contextTicketKeys", contextTicketKeys_},
    {"contextStaple", contextStaple_},
    {"contextCallbacks", contextCallbacks_},
    {NULL, NULL},
};
