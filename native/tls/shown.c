/* The certificate that a client shows to a server that asks for one: which authorities the server names,
 * whether a certificate is what it asks for, and the choice, for which the handshake waits. */
#include <openssl/x509.h>

#include "tls.h"

/* Is called when the server has asked, and again when the handshake goes on with the choice. */
static int on_request(SSL *ssl, void *data) {
    session_peer_t *peer = &session_of(ssl)->peer;
    (void)data;
    if (!context_of(ssl)->shows || peer->shown == REFUSED) return peer->shown != REFUSED;
    bool is_chosen = peer->shown == ACCEPTED;
    /* A server may ask again. */
    peer->shown = is_chosen ? UNASKED : ASKED;
    return is_chosen ? 1 : -1;
}

void shown_install(SSL_CTX *ctx) {
    SSL_CTX_set_cert_cb(ctx, on_request, NULL);
}

/* A name in the form in which Node gives the issuer of a certificate. */
static napi_value new_distinguished_name(napi_env napi, const X509_NAME *name) {
    enum { FORM = ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT };
    BIO *bio = BIO_new(BIO_s_mem());
    napi_value text = NULL;
    char *start;
    if (bio != NULL &&
        X509_NAME_print_ex(bio, name, 0, FORM | XN_FLAG_SEP_MULTILINE | XN_FLAG_FN_SN) >= 0) {
        long length = BIO_get_mem_data(bio, &start);
        napi_create_string_utf8(napi, start, (size_t)length, &text);
    }
    BIO_free(bio);
    return text ? text : new_undefined(napi);
}

/* sessionAuthorities(session) -> the names of the authorities that the server accepts, as far as it says */
static napi_value session_authorities(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(session->ssl);
    napi_value list;
    napi_create_array(call->napi, &list);
    for (int i = 0; i < sk_X509_NAME_num(names); i++)
        napi_set_element(call->napi, list, (uint32_t)i,
                         new_distinguished_name(call->napi, sk_X509_NAME_value(names, i)));
    return list;
}

/* sessionSigalgs(session) -> the numbers of the signature algorithms that the peer accepts */
static napi_value session_sigalgs(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    napi_value list;
    unsigned char sign, hash;
    int count = SSL_get_sigalgs(session->ssl, -1, NULL, NULL, NULL, NULL, NULL);
    napi_create_array(call->napi, &list);
    for (int i = 0; i < count; i++) {
        SSL_get_sigalgs(session->ssl, i, NULL, NULL, NULL, &sign, &hash);
        napi_set_element(call->napi, list, (uint32_t)i, new_int(call->napi, hash << 8 | sign));
    }
    return list;
}

/* What OpenSSL has to find of a certificate. */
enum { SUITS = CERT_PKEY_VALID | CERT_PKEY_SIGN | CERT_PKEY_ISSUER_NAME };

/* sessionSuits(session, context) -> 1 when the certificate of the context is what the server asks for: of
 * an authority that it names, with a key and signatures that it accepts */
static int64_t session_suits(call_t *call) {
    session_t *session = call_session(call, 0);
    context_t *context = call_context(call, 1);
    STACK_OF(X509) *chain = NULL;
    if (!call_ok(call)) return -1;
    if (session->ssl == NULL) return -EBADF;
    SSL_CTX *ctx = context->ctx;
    SSL_CTX_get0_chain_certs(ctx, &chain);
    int found = SSL_check_chain(session->ssl, SSL_CTX_get0_certificate(ctx),
                                SSL_CTX_get0_privatekey(ctx), chain);
    /* TLS 1.3 knows no types of certificates, only signatures. */
    int needed = SUITS | (SSL_version(session->ssl) < TLS1_3_VERSION ? CERT_PKEY_CERT_TYPE : 0);
    return (found & needed) == needed;
}

/* Lets a session show each certificate of a context, and no other. */
static bool use_certificates(SSL *ssl, SSL_CTX *ctx) {
    bool good = true;
    SSL_certs_clear(ssl);
    for (long at = SSL_CERT_SET_FIRST; good && SSL_CTX_set_current_cert(ctx, at) == 1;
         at = SSL_CERT_SET_NEXT) {
        STACK_OF(X509) *chain = NULL;
        SSL_CTX_get0_chain_certs(ctx, &chain);
        good = SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(ctx),
                                    SSL_CTX_get0_privatekey(ctx), chain, 1) == 1;
    }
    return good;
}

/* sessionShow(session, refuses, context?): answers TLS_WANT_CERTIFICATE. The certificate of the context is
 * shown, without one what the session's own context has; or the handshake fails. */
static int64_t session_show(call_t *call) {
    session_t *session = call_session(call, 0);
    bool refuses = call_int(call, 1) != 0;
    context_t *context = call_has(call, 2) ? call_context(call, 2) : NULL;
    if (!call_ok(call)) return -1;
    if (session->ssl == NULL) return -EBADF;
    bool good = context == NULL || use_certificates(session->ssl, context->ctx);
    session->peer.shown = refuses || !good ? REFUSED : ACCEPTED;
    return tls_result(tls_of(call), good);
}

/* contextShows(context): sessions of a client stop when the server asks for a certificate */
static int64_t context_shows(call_t *call) {
    context_t *context = call_context(call, 0);
    if (!call_ok(call)) return -1;
    context->shows = true;
    return 0;
}

/* contextAuthorities(context, names) -> how many bytes the names of the authorities take that a server tells
 * its clients; without `names` it tells none */
static int64_t context_authorities(call_t *call) {
    context_t *context = call_context(call, 0);
    bool names = call_int(call, 1) != 0;
    if (!call_ok(call)) return -1;
    if (!names) SSL_CTX_set_client_CA_list(context->ctx, sk_X509_NAME_new_null());
    const STACK_OF(X509_NAME) *list = SSL_CTX_get_client_CA_list(context->ctx);
    int64_t bytes = 0;
    for (int i = 0; i < sk_X509_NAME_num(list); i++)
        bytes += 2 + i2d_X509_NAME(sk_X509_NAME_value(list, i), NULL);
    return bytes;
}

const method_t shown_methods[] = {
    {"sessionAuthorities", .value = session_authorities},
    {"sessionSigalgs", .value = session_sigalgs},
    {"sessionSuits", .number = session_suits},
    {"sessionShow", .number = session_show},
    {"contextShows", .number = context_shows},
    {"contextAuthorities", .number = context_authorities},
    {0},
};
