/* Callbacks of OpenSSL. None of them calls JavaScript: where JavaScript has to decide, the handshake
 * stops, and goes on when the decision is there. */
#include <stdlib.h>
#include <string.h>

#include "tls.h"

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
    session_peer_t *peer = &session->peer;
    (void)data;
    if (!session->context->selects || peer->hello == ACCEPTED) return SSL_CLIENT_HELLO_SUCCESS;
    if (peer->hello == REFUSED) {
        bool is_of_key = session->psk != NULL && session->psk->refuses;
        *alert = is_of_key ? SSL_AD_INTERNAL_ERROR : SSL_AD_UNRECOGNIZED_NAME;
        peer->refusal = "no context for this name";
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (peer->hello == UNASKED) {
        peer->servername = hello_servername(ssl);
        hello_keep(ssl, &peer->client_hello);
    }
    peer->hello = ASKED;
    return SSL_CLIENT_HELLO_RETRY;
}

/* Whether the client offers a protocol; `out` is its place in the list. */
static bool is_offered(const protocol_t *protocol, const unsigned char *list, unsigned int length,
                       const unsigned char **out) {
    for (unsigned int at = 0; at < length; at += 1 + (unsigned int)list[at]) {
        unsigned int size = list[at];
        if (size > length - at - 1) return false;
        *out = list + at + 1;
        if (size == protocol->length && memcmp(*out, protocol->name, size) == 0) return true;
    }
    return false;
}

/* Takes the protocol that JavaScript has chosen, or the first of the server's that the client offers
 * too. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                   const unsigned char *in, unsigned int in_length, void *data) {
    const context_t *context = context_of(ssl);
    const protocol_t *protocol = &session_of(ssl)->peer.protocol;
    (void)data;
    if (protocol->decision != UNASKED) {
        *out_length = protocol->length;
        bool is_good = protocol->decision == ACCEPTED && is_offered(protocol, in, in_length, out);
        return is_good ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (context->alpn == NULL) return SSL_TLSEXT_ERR_NOACK;
    unsigned char *chosen;
    int found = SSL_select_next_proto(&chosen, out_length, context->alpn, context->alpn_length, in,
                                      in_length);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int on_session(SSL *ssl, SSL_SESSION *resumption) {
    session_t *session = session_of(ssl);
    if (SSL_is_server(ssl) || psk_was_used(session)) return 0;
    SSL_SESSION_free(session->peer.resumption);
    session->peer.resumption = resumption;
    session->notifications |= NOTIFY_SESSION;
    return 1; /* takes over the reference */
}

static void on_keylog(const SSL *ssl, const char *line) {
    session_t *session = session_of(ssl);
    if (!session->context->keylog) return;
    if (!queue_add(&session->keylog, line, strlen(line))) return;
    if (queue_add(&session->keylog, "\n", 1)) session->notifications |= NOTIFY_KEYLOG;
}

/* A server staples its OCSP response; a client checks the one that the server sent. */
static int on_status(SSL *ssl, void *data) {
    const context_t *context = context_of(ssl);
    if (!SSL_is_server(ssl)) return verify_ocsp(ssl, data);
    if (context->ocsp == NULL) return SSL_TLSEXT_ERR_NOACK;
    uint8_t *copy = OPENSSL_memdup(context->ocsp, (size_t)context->ocsp_length);
    if (copy == NULL) return SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, context->ocsp_length);
    return SSL_TLSEXT_ERR_OK;
}

void context_install_callbacks(context_t *context) {
    SSL_CTX *ctx = context->ctx;
    SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, verify_peer, NULL);
    SSL_CTX_sess_set_new_cb(ctx, on_session);
    SSL_CTX_set_keylog_callback(ctx, on_keylog);
    SSL_CTX_set_tlsext_status_cb(ctx, on_status);
    verdict_install(ctx);
}
