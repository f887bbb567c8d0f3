/* What OpenSSL calls while it is at work. None of it enters JavaScript: where that has to decide, the
 * handshake stops, and goes on when the answer is there. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

session_t *session_of(const SSL *ssl) {
    return SSL_get_app_data(ssl);
}

/* The name in the server_name extension of a hello, RFC 6066: a list with one host name. */
static char *hello_servername(SSL *ssl) {
    const unsigned char *ext;
    size_t length;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext, &length)) return NULL;
    if (length < 5 || ext[2] != TLSEXT_NAMETYPE_host_name) return NULL;
    size_t list = (size_t)ext[0] << 8 | ext[1], name = (size_t)ext[3] << 8 | ext[4];
    if (list + 2 != length || name + 3 != list || name > TLSEXT_MAXLEN_host_name) return NULL;
    if (memchr(ext + 5, 0, name) != NULL) return NULL;
    char *copy = malloc(name + 1);
    if (copy == NULL) return NULL;
    memcpy(copy, ext + 5, name);
    copy[name] = 0;
    return copy;
}

static int on_hello(SSL *ssl, int *alert, void *data) {
    session_t *session = session_of(ssl);
    (void)data;
    if (!session->context->selects || session->hello == ANSWERED) return SSL_CLIENT_HELLO_SUCCESS;
    if (session->hello == REFUSED) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        session->refusal = "no context for this name";
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (session->hello == UNASKED) session->servername = hello_servername(ssl);
    session->hello = ASKED;
    return SSL_CLIENT_HELLO_RETRY;
}

/* The first of our protocols that the client has too, in our order. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                   const unsigned char *in, unsigned int in_length, void *data) {
    const context_t *context = context_of(ssl);
    (void)data;
    if (context->alpn == NULL) return SSL_TLSEXT_ERR_NOACK;
    unsigned char *chosen;
    int found = SSL_select_next_proto(&chosen, out_length, context->alpn, context->alpn_length, in,
                                      in_length);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int on_session(SSL *ssl, SSL_SESSION *resumption) {
    session_t *session = session_of(ssl);
    if (SSL_is_server(ssl)) return 0;
    SSL_SESSION_free(session->resumption);
    session->resumption = resumption;
    session->news |= NEWS_SESSION;
    return 1; /* ours now */
}

static void on_keylog(const SSL *ssl, const char *line) {
    session_t *session = session_of(ssl);
    if (!session->context->keylog) return;
    if (!queue_add(&session->keylog, line, strlen(line))) return;
    if (queue_add(&session->keylog, "\n", 1)) session->news |= NEWS_KEYLOG;
}

/* A server's own OCSP response goes out; a client's peer has sent one, or none. */
static int on_status(SSL *ssl, void *data) {
    const context_t *context = context_of(ssl);
    if (!SSL_is_server(ssl)) return verify_staple(ssl, data);
    if (context->staple == NULL) return SSL_TLSEXT_ERR_NOACK;
    uint8_t *copy = OPENSSL_memdup(context->staple, (size_t)context->staple_length);
    if (copy == NULL) return SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, context->staple_length);
    return SSL_TLSEXT_ERR_OK;
}

static const EVP_CIPHER *ticket_cipher(const context_t *context) {
    return context->ticket_key_length == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
}

static bool ticket_mac(const context_t *context, EVP_MAC_CTX *mac) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)context->ticket_mac,
                                          (size_t)context->ticket_key_length),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/* Tickets under keys that several processes share. 1 good, 2 good and to be followed by a new one, 0 not
 * ours, -1 failure. With TLS 1.3 a ticket is for one use: who comes back by it needs the next. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypting) {
    const context_t *context = session_of(ssl)->context;
    if (encrypting) {
        memcpy(name, context->ticket_name, sizeof context->ticket_name);
        if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) return -1;
    } else if (CRYPTO_memcmp(name, context->ticket_name, sizeof context->ticket_name) != 0) {
        return 0;
    }
    if (!ticket_mac(context, mac)) return -1;
    if (EVP_CipherInit_ex(cipher, ticket_cipher(context), NULL, context->ticket_key, iv,
                          encrypting) != 1)
        return -1;
    return !encrypting && SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
}

void context_listen(context_t *context) {
    SSL_CTX *ctx = context->ctx;
    SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, verify_peer, NULL);
    SSL_CTX_sess_set_new_cb(ctx, on_session);
    SSL_CTX_set_keylog_callback(ctx, on_keylog);
    SSL_CTX_set_tlsext_status_cb(ctx, on_status);
}

/* Only where keys were given: otherwise OpenSSL makes its own, and renews them. */
void context_use_tickets(context_t *context) {
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ctx, on_ticket);
}
