/* Certificates, keys and trust of an SSL_CTX, read from PEM, DER and PKCS#12. Keys are read from the
 * caller's memory, and not copied. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "tls.h"

static BIO *reader_of(bytes_t bytes) {
    if (bytes.length > INT_MAX) return NULL;
    return BIO_new_mem_buf(bytes.length ? (const void *)bytes.start : "", (int)bytes.length);
}

/* A passphrase; start is NULL when there is none, which differs from an empty one. */
typedef struct {
    bytes_t bytes;
    bool was_asked; /* OpenSSL needed it */
} phrase_t;

/* The callback by which OpenSSL asks for it. */
static int passphrase(char *to, int room, int writing, void *data) {
    phrase_t *phrase = data;
    (void)writing;
    phrase->was_asked = true;
    if (phrase->bytes.start == NULL || phrase->bytes.length > (size_t)room) return -1;
    memcpy(to, phrase->bytes.start, phrase->bytes.length);
    return (int)phrase->bytes.length;
}

/* OpenSSL reports the end of a PEM text as an error. */
static bool is_the_end(void) {
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static bool has_text(bytes_t bytes, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= bytes.length; i++)
        if (memcmp(bytes.start + i, text, length) == 0) return true;
    return false;
}

static bool looks_like_pem(bytes_t bytes) {
    return has_text(bytes, "-----BEGIN ");
}

/* Reads one object, and uses it: 1, 0 when there is none, -1 when it cannot be used. */
typedef int take_object_t(BIO *bio, bool is_pem, void *to);

/* Takes every object of a PEM text, or the one in DER form: 0, TLS_FAILED, or `none` for a PEM text
 * without such an object. */
static int take_objects(bytes_t bytes, take_object_t *take, void *to, int none) {
    BIO *bio = reader_of(bytes);
    bool is_pem = looks_like_pem(bytes);
    int count = 0, result = bio ? 1 : -1;
    while (result > 0 && (is_pem || count == 0)) {
        result = take(bio, is_pem, to);
        if (result > 0) count++;
    }
    BIO_free(bio);
    if (result < 0 || (!is_pem && count == 0)) return TLS_FAILED;
    if (is_pem && !is_the_end()) return TLS_FAILED;
    return count > 0 ? 0 : none;
}

static X509 *read_cert(BIO *bio, bool is_pem) {
    phrase_t none = {0};
    return is_pem ? PEM_read_bio_X509_AUX(bio, NULL, passphrase, &none) : d2i_X509_bio(bio, NULL);
}

static X509_CRL *read_crl(BIO *bio, bool is_pem) {
    phrase_t none = {0};
    return is_pem ? PEM_read_bio_X509_CRL(bio, NULL, passphrase, &none)
                  : d2i_X509_CRL_bio(bio, NULL);
}

/* Calls a setter for the arguments (context, bytes). */
static int64_t set_bytes(call_t *call, int (*set)(context_t *context, bytes_t bytes)) {
    context_t *context = call_context(call, 0);
    bytes_t bytes = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    int problem = set(context, bytes);
    if (problem == 0) memory_of_context(context, bytes.length);
    return tls_problem(tls_of(call), problem);
}

/* A chain that is being read: first the leaf, then the certificates to send along. */
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

static int set_cert(context_t *context, bytes_t bytes) {
    chain_t chain = {context->ctx, false};
    return take_objects(bytes, take_link, &chain, TLS_NO_CERTIFICATE);
}

/* contextCert(context, chain) */
static int64_t context_cert(call_t *call) {
    return set_bytes(call, set_cert);
}

static EVP_PKEY *read_key(BIO *bio, bool is_pem, phrase_t *phrase) {
    if (is_pem) return PEM_read_bio_PrivateKey(bio, NULL, passphrase, phrase);
    EVP_PKEY *key = d2i_PrivateKey_bio(bio, NULL);
    if (key != NULL || BIO_reset(bio) != 1) return key;
    return d2i_PKCS8PrivateKey_bio(bio, NULL, passphrase, phrase);
}

/* Why something encrypted could not be read. */
static int problem_of_encrypted(bool has_phrase) {
    return has_phrase ? TLS_BAD_PASSPHRASE : TLS_NO_PASSPHRASE;
}

/* Why a key could not be read. */
static int problem_of_key(bytes_t bytes, const phrase_t *phrase) {
    if (phrase->was_asked) return problem_of_encrypted(phrase->bytes.start != NULL);
    if (looks_like_pem(bytes) && !has_text(bytes, "PRIVATE KEY-----")) return TLS_NO_KEY;
    return TLS_FAILED;
}

/* Gives the context the key of the certificate that it was given last. */
static int use_key(SSL_CTX *ctx, EVP_PKEY *key) {
    X509 *cert = SSL_CTX_get0_certificate(ctx);
    if (cert == NULL) return TLS_NO_CERTIFICATE;
    if (X509_check_private_key(cert, key) != 1) return TLS_KEY_MISMATCH;
    return SSL_CTX_use_PrivateKey(ctx, key) == 1 ? 0 : TLS_FAILED;
}

/* contextKey(context, key, passphrase?): the key of the certificate that was given last */
static int64_t context_key(call_t *call) {
    context_t *context = call_context(call, 0);
    bytes_t bytes = call_bytes(call, 1);
    phrase_t phrase = {call_optional_bytes(call, 2), false};
    if (!call_ok(call)) return -1;
    BIO *bio = reader_of(bytes);
    EVP_PKEY *key = bio ? read_key(bio, looks_like_pem(bytes), &phrase) : NULL;
    int problem = key   ? use_key(context->ctx, key)
                  : bio ? problem_of_key(bytes, &phrase)
                        : TLS_FAILED;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return tls_problem(tls_of(call), problem);
}

/* What a PKCS #12 file contains. */
typedef struct {
    EVP_PKEY *key;
    X509 *cert; /* of the key */
    STACK_OF(X509) * chain;
} bundle_t;

static int use_bundle(SSL_CTX *ctx, const bundle_t *bundle) {
    if (bundle->key == NULL) return TLS_NO_KEY;
    if (bundle->cert == NULL) return TLS_NO_CERTIFICATE;
    if (SSL_CTX_use_certificate(ctx, bundle->cert) != 1) return TLS_FAILED;
    if (bundle->chain != NULL && SSL_CTX_set1_chain(ctx, bundle->chain) != 1) return TLS_FAILED;
    return use_key(ctx, bundle->key);
}

static int set_pfx(SSL_CTX *ctx, bytes_t bytes, const char *phrase) {
    bundle_t bundle = {NULL, NULL, NULL};
    BIO *bio = reader_of(bytes);
    if (bio == NULL) return TLS_FAILED;
    PKCS12 *pkcs12 = d2i_PKCS12_bio(bio, NULL);
    int problem = TLS_NOT_PKCS12;
    if (pkcs12 != NULL) {
        bool good = PKCS12_parse(pkcs12, phrase, &bundle.key, &bundle.cert, &bundle.chain) == 1;
        problem = good ? use_bundle(ctx, &bundle) : problem_of_encrypted(phrase != NULL);
    }
    EVP_PKEY_free(bundle.key);
    X509_free(bundle.cert);
    sk_X509_pop_free(bundle.chain, X509_free);
    PKCS12_free(pkcs12);
    BIO_free(bio);
    return problem;
}

/* contextPfx(context, pkcs12, passphrase): key, certificate, and the chain */
static int64_t context_pfx(call_t *call) {
    char phrase[1024];
    context_t *context = call_context(call, 0);
    bool has_phrase = call_string(call, 2, phrase, sizeof phrase);
    bytes_t bytes = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    int problem = set_pfx(context->ctx, bytes, has_phrase ? phrase : NULL);
    OPENSSL_cleanse(phrase, sizeof phrase);
    return tls_problem(tls_of(call), problem);
}

/* Where trust is added. With a context also the names that a server asks clients for. */
typedef struct {
    X509_STORE *store;
    SSL_CTX *ctx;
} trust_t;

/* A server tells its clients each name once, however many certificates have it. */
static bool add_name(SSL_CTX *ctx, X509 *cert) {
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(ctx);
    for (int i = 0; i < sk_X509_NAME_num(names); i++)
        if (X509_NAME_cmp(sk_X509_NAME_value(names, i), X509_get_subject_name(cert)) == 0)
            return true;
    return SSL_CTX_add_client_CA(ctx, cert) == 1;
}

/* Adding a certificate twice is not an error. */
static int take_root(BIO *bio, bool is_pem, void *to) {
    const trust_t *trust = to;
    X509 *cert = read_cert(bio, is_pem);
    if (cert == NULL) return 0;
    bool good = X509_STORE_add_cert(trust->store, cert) == 1 &&
                (trust->ctx == NULL || add_name(trust->ctx, cert));
    X509_free(cert);
    return good ? 1 : -1;
}

static int set_ca(context_t *context, bytes_t bytes) {
    trust_t trust = {SSL_CTX_get_cert_store(context->ctx), context->ctx};
    return take_objects(bytes, take_root, &trust, TLS_NO_CERTIFICATE);
}

/* contextCa(context, certificates): trusts these, and only what is added in the same way */
static int64_t context_ca(call_t *call) {
    return set_bytes(call, set_ca);
}

/* rootsNew(): the default trust of this thread is nothing; contexts that have the former one keep it */
static int64_t roots_new(call_t *call) {
    tls_t *tls = tls_of(call);
    X509_STORE *roots = X509_STORE_new();
    if (roots == NULL) return tls_result(tls, false);
    X509_STORE_free(tls->roots);
    tls->roots = roots;
    return 0;
}

static int add_roots(X509_STORE *roots, bytes_t bytes) {
    trust_t trust = {roots, NULL};
    return roots ? take_objects(bytes, take_root, &trust, TLS_NO_CERTIFICATE) : TLS_FAILED;
}

/* rootsAdd(certificates): to the default trust of this thread */
static int64_t roots_add(call_t *call) {
    bytes_t bytes = call_bytes(call, 0);
    if (!call_ok(call)) return -1;
    tls_t *tls = tls_of(call);
    return tls_problem(tls, add_roots(tls->roots, bytes));
}

/* rootsCheck(certificates): what rootsAdd() would answer */
static int64_t roots_check(call_t *call) {
    bytes_t bytes = call_bytes(call, 0);
    if (!call_ok(call)) return -1;
    X509_STORE *store = X509_STORE_new();
    int problem = add_roots(store, bytes);
    X509_STORE_free(store);
    return tls_problem(tls_of(call), problem);
}

/* rootsAddDefaultPaths(): OpenSSL's file and folder of certificates, or those that SSL_CERT_FILE and
 * SSL_CERT_DIR name; what does not exist is not an error */
static int64_t roots_add_default_paths(call_t *call) {
    tls_t *tls = tls_of(call);
    return tls_result(tls, tls->roots && X509_STORE_set_default_paths(tls->roots) == 1);
}

/* contextRoots(context): the default trust */
static int64_t context_roots(call_t *call) {
    context_t *context = call_context(call, 0);
    if (!call_ok(call)) return -1;
    if (context->tls->roots) SSL_CTX_set1_cert_store(context->ctx, context->tls->roots);
    return tls_result(tls_of(call), context->tls->roots != NULL);
}

static int take_list(BIO *bio, bool is_pem, void *to) {
    X509_CRL *crl = read_crl(bio, is_pem);
    if (crl == NULL) return 0;
    bool good = X509_STORE_add_crl(to, crl) == 1;
    X509_CRL_free(crl);
    return good ? 1 : -1;
}

static int set_crl(context_t *context, bytes_t bytes) {
    X509_STORE *store = SSL_CTX_get_cert_store(context->ctx);
    int problem = take_objects(bytes, take_list, store, TLS_NO_LIST);
    if (problem != 0) return problem;
    int good = X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return good == 1 ? 0 : TLS_FAILED;
}

/* contextCrl(context, lists): each certificate of a chain is looked up in them */
static int64_t context_crl(call_t *call) {
    return set_bytes(call, set_crl);
}

/* contextDh(context, parameters?): these, or OpenSSL's own of a size that suits the key */
static int64_t context_dh(call_t *call) {
    context_t *context = call_context(call, 0);
    bytes_t bytes = call_optional_bytes(call, 1);
    if (!call_ok(call)) return -1;
    if (bytes.start == NULL)
        return tls_result(tls_of(call), SSL_CTX_set_dh_auto(context->ctx, 1) == 1);
    BIO *bio = reader_of(bytes);
    EVP_PKEY *parameters = bio ? PEM_read_bio_Parameters_ex(bio, NULL, NULL, NULL) : NULL;
    bool good = parameters && SSL_CTX_set0_tmp_dh_pkey(context->ctx, parameters) == 1;
    if (!good) EVP_PKEY_free(parameters);
    BIO_free(bio);
    return tls_result(tls_of(call), good);
}

const method_t credential_methods[] = {
    {"contextCert", .number = context_cert},
    {"contextKey", .number = context_key},
    {"contextPfx", .number = context_pfx},
    {"contextCa", .number = context_ca},
    {"rootsNew", .number = roots_new},
    {"rootsAdd", .number = roots_add},
    {"rootsCheck", .number = roots_check},
    {"rootsAddDefaultPaths", .number = roots_add_default_paths},
    {"contextRoots", .number = context_roots},
    {"contextCrl", .number = context_crl},
    {"contextDh", .number = context_dh},
    {0},
};
