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

/* The callback by which OpenSSL asks for a passphrase. No passphrase differs from an empty one. */
static int passphrase(char *to, int room, int writing, void *data) {
    const bytes_t *phrase = data;
    (void)writing;
    if (phrase->start == NULL || phrase->length > (size_t)room) return -1;
    memcpy(to, phrase->start, phrase->length);
    return (int)phrase->length;
}

/* OpenSSL reports the end of a PEM file as an error. It is not one after something was read. */
static bool only_the_end(int count) {
    unsigned long error = ERR_peek_last_error();
    bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (!at_end || count == 0) return false;
    return true;
}

static bool looks_like_pem(bytes_t bytes) {
    static const char mark[] = "-----BEGIN ";
    if (bytes.length < sizeof mark) return false;
    for (size_t i = 0; i + sizeof mark - 1 <= bytes.length; i++)
        if (memcmp(bytes.start + i, mark, sizeof mark - 1) == 0) return true;
    return false;
}

/* Reads one object, and uses it: 1, 0 when there is none, -1 when it cannot be used. */
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

/* Calls a setter for the arguments (context, bytes). */
static int64_t set_bytes(call_t *call, bool (*set)(context_t *context, bytes_t bytes)) {
    context_t *context = call_context(call, 0);
    bytes_t bytes = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    return tls_result(tls_of(call), set(context, bytes));
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

static bool set_cert(context_t *context, bytes_t bytes) {
    chain_t chain = {context->ctx, false};
    return take_objects(bytes, take_link, &chain);
}

/* contextCert(context, chain) */
static int64_t context_cert(call_t *call) {
    return set_bytes(call, set_cert);
}

/* contextKey(context, key, passphrase?): the key of the certificate that was given last */
static int64_t context_key(call_t *call) {
    context_t *context = call_context(call, 0);
    bytes_t bytes = call_bytes(call, 1), phrase = call_optional_bytes(call, 2);
    if (!call_ok(call)) return -1;
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
    return tls_result(tls_of(call), good);
}

/* contextPfx(context, pkcs12, passphrase): key, certificate, and the chain */
static int64_t context_pfx(call_t *call) {
    char phrase[1024];
    context_t *context = call_context(call, 0);
    bool has_phrase = call_string(call, 2, phrase, sizeof phrase);
    bytes_t bytes = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
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
    return tls_result(tls_of(call), good);
}

/* Where trust is added. With a context also the names that a server asks clients for. */
typedef struct {
    X509_STORE *store;
    SSL_CTX *ctx;
} trust_t;

/* Adding a certificate twice is not an error. */
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

/* contextCa(context, certificates): trusts these, and only what is added in the same way */
static int64_t context_ca(call_t *call) {
    return set_bytes(call, set_ca);
}

/* rootsAdd(certificates): to the default trust of this thread */
static int64_t roots_add(call_t *call) {
    bytes_t bytes = call_bytes(call, 0);
    if (!call_ok(call)) return -1;
    tls_t *tls = tls_of(call);
    if (tls->roots == NULL) tls->roots = X509_STORE_new();
    trust_t trust = {tls->roots, NULL};
    return tls_result(tls_of(call), tls->roots != NULL && take_objects(bytes, take_root, &trust));
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

static bool set_crl(context_t *context, bytes_t bytes) {
    X509_STORE *store = SSL_CTX_get_cert_store(context->ctx);
    if (!take_objects(bytes, take_list, store)) return false;
    return X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
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
    {"rootsAdd", .number = roots_add},
    {"contextRoots", .number = context_roots},
    {"contextCrl", .number = context_crl},
    {"contextDh", .number = context_dh},
    {0},
};
