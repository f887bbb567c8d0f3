/* Connections with TLS 1.3, by the OpenSSL whose symbols the Node that loads this exports.
 *
 * The client offers one suite and one group, so that every server does the same work, whatever it would
 * have preferred. It does not check the chain: that is its own work, and only the server's is measured. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tool.h"
#include "wire.h"

#define SUITE "TLS_AES_256_GCM_SHA384"
#define GROUP "X25519"

static SSL_CTX *context;
static bool is_server;

_Noreturn static void refuse(const char *what) {
    char reason[256];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    fprintf(stderr, "%s: %s\n", what, reason);
    errno = 0;
    die("OpenSSL does not take the configuration");
}

static void make_context(const SSL_METHOD *method) {
    context = SSL_CTX_new(method);
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context, SUITE) != 1)
        refuse("context");
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* One recv(2) for a small record instead of one for its header and one for its body. */
    SSL_CTX_set_read_ahead(context, 1);
    /* TLS 1.3 needs no memory of the sessions on either side: the ticket has all. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

void wire_serve(const char *certificate, const char *key) {
    is_server = true;
    make_context(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) refuse(certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) refuse(key);
    if (SSL_CTX_set_session_id_context(context, (const unsigned char *)"bench", 5) != 1)
        refuse("session id context");
}

/* A ticket came. The newest one is for the next connection of the same lane. */
static int keep_session(SSL *ssl, SSL_SESSION *session) {
    wire_t *wire = SSL_get_app_data(ssl);
    SSL_SESSION_free(wire->session);
    wire->session = session;
    return 1;
}

void wire_dial(bool resumes) {
    make_context(TLS_client_method());
    if (SSL_CTX_set1_groups_list(context, GROUP) != 1) refuse("groups");
    if (!resumes) return;
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, keep_session);
}

/* A copy, because OpenSSL lets each session of TLS 1.3 serve once, and not every server sends a new ticket on a
 * resumption: Node does not. */
static void resume(SSL *ssl, const SSL_SESSION *session) {
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    if (copy == NULL || SSL_set_session(ssl, copy) != 1) refuse("session");
    SSL_SESSION_free(copy);
}

void wire_open(wire_t *wire, int fd) {
    SSL *ssl = SSL_new(context);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) refuse("connection");
    SSL_set_app_data(ssl, wire);
    if (is_server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    if (wire->session != NULL) resume(ssl, wire->session);
    wire->fd = fd;
    wire->ssl = ssl;
    wire->wants = EPOLLIN;
}

void wire_close(wire_t *wire) {
    ERR_clear_error();
    if (SSL_is_init_finished(wire->ssl)) SSL_shutdown(wire->ssl);
    SSL_free(wire->ssl);
    close(wire->fd);
    wire->ssl = NULL;
    wire->fd = -1;
}

static ssize_t result(wire_t *wire, int count) {
    if (count > 0) return count;
    switch (SSL_get_error(wire->ssl, count)) {
    case SSL_ERROR_WANT_READ: wire->wants = EPOLLIN; return WIRE_AGAIN;
    case SSL_ERROR_WANT_WRITE: wire->wants = EPOLLOUT; return WIRE_AGAIN;
    case SSL_ERROR_ZERO_RETURN: return WIRE_END;
    default: return WIRE_FAILED;
    }
}

ssize_t wire_read(wire_t *wire, void *to, size_t length) {
    ERR_clear_error();
    return result(wire, SSL_read(wire->ssl, to, (int)length));
}

ssize_t wire_write(wire_t *wire, const void *from, size_t length) {
    ERR_clear_error();
    return result(wire, SSL_write(wire->ssl, from, (int)length));
}

bool wire_holds(const wire_t *wire) {
    return SSL_has_pending(wire->ssl) == 1;
}

bool wire_resumed(const wire_t *wire) {
    return SSL_session_reused(wire->ssl) == 1;
}
