/* Verdicts that OpenSSL does not wait for: those of servers, and those about resumed sessions, for which
 * it asks nothing. The handshake comes to its end, but nothing of its last flight leaves before the
 * verdict is there, and no ticket is made for a peer that is refused. */
#include "tls.h"

/* Whether a ticket may be made. In TLS 1.3 that is also how a server refuses a client after the
 * handshake: an alert is only sent when something fails. */
static int on_new_ticket(SSL *ssl, void *data) {
    (void)data;
    return session_of(ssl)->peer.verdict != REFUSED;
}

void verdict_install(SSL_CTX *ctx) {
    SSL_CTX_set_session_ticket_cb(ctx, on_new_ticket, NULL, NULL);
}

/* The tickets of TLS 1.3 follow after the verdict. */
void verdict_prepare(session_t *session) {
    size_t count = SSL_CTX_get_num_tickets(session->context->ctx);
    SSL_set_num_tickets(session->ssl, context_of(session->ssl)->asks ? 0 : count);
}

static bool makes_tickets(SSL *ssl) {
    return SSL_is_server(ssl) && SSL_version(ssl) == TLS1_3_VERSION;
}

static int accept_peer(session_t *session) {
    SSL *ssl = session->ssl;
    if (!makes_tickets(ssl) || psk_was_used(session)) return 0;
    size_t count = SSL_CTX_get_num_tickets(session->context->ctx);
    if (SSL_session_reused(ssl) && count > 1) count = 1;
    for (size_t i = 0; i < count; i++)
        if (SSL_new_session_ticket(ssl) != 1) return fail_session(session, TLS_FAILED);
    int done = SSL_do_handshake(ssl);
    return done == 1 ? 0 : result_of(session, done);
}

int verdict_conclude(session_t *session) {
    SSL *ssl = session->ssl;
    session_peer_t *peer = &session->peer;
    if (!context_of(ssl)->asks || peer->verdict != UNASKED) return 0;
    bool is_anonymous = SSL_get0_peer_certificate(ssl) == NULL;
    peer->verdict = is_anonymous ? ACCEPTED : ASKED;
    if (is_anonymous) return accept_peer(session);
    session->io.is_held = true;
    return TLS_WANT_VERDICT;
}

/* The peer has not seen that this side encrypts, so that an alert in the clear is the one that it
 * understands. */
static void refuse_in_the_clear(session_io_t *io) {
    static const uint8_t alert[] = {SSL3_RT_ALERT,         3, 3, 0, 2, SSL3_AL_FATAL,
                                    SSL_AD_BAD_CERTIFICATE};
    if (queue_length(&io->out) == 0) return;
    queue_free(&io->out);
    queue_add(&io->out, alert, sizeof alert);
}

int verdict_refuse(session_t *session) {
    SSL *ssl = session->ssl;
    if (!makes_tickets(ssl))
        refuse_in_the_clear(&session->io);
    else if (SSL_new_session_ticket(ssl) == 1)
        SSL_do_handshake(ssl);
    return fail_session(session, TLS_FAILED);
}

int verdict_follow(session_t *session) {
    decision_t verdict = session->peer.verdict;
    if (verdict == ASKED) return TLS_WANT_VERDICT;
    session->io.is_held = false;
    return verdict == ACCEPTED ? accept_peer(session) : verdict_refuse(session);
}
