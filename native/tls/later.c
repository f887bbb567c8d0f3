/* A certificate of the client after the handshake, in TLS 1.3 (RFC 8446, section 4.6.2). The server asks for
 * it, and the answer comes among the data. OpenSSL verifies it while it reads. Where JavaScript has to
 * decide about it as well, no data that comes behind it is read before the verdict. */
#include "tls.h"

/* Called with each message before OpenSSL acts on it. The last of an answer is Finished. */
static void on_message(int is_sent, int version, int type, const void *bytes, size_t length,
                       SSL *ssl, void *data) {
    const uint8_t *message = bytes;
    (void)version;
    (void)data;
    if (is_sent || type != SSL3_RT_HANDSHAKE || length == 0) return;
    if (message[0] == SSL3_MT_FINISHED) session_of(ssl)->peer.later = LATER_ANSWERED;
}

static void forget(session_t *session) {
    session->peer.later = LATER_NONE;
    SSL_set_msg_callback(session->ssl, NULL);
}

/* What follows from an answer: 0, TLS_WANT_VERDICT, or TLS_FAILED. */
static int conclude(session_t *session) {
    session_peer_t *peer = &session->peer;
    if (context_of(session->ssl)->asks && SSL_get0_peer_certificate(session->ssl) != NULL) {
        if (peer->verdict == UNASKED) peer->verdict = ASKED;
        if (peer->verdict == ASKED) return TLS_WANT_VERDICT;
    }
    forget(session);
    if (peer->verdict == REFUSED) return verdict_refuse(session);
    session->notifications |= NOTIFY_CERTIFICATE;
    return 0;
}

bool later_must_look(const session_t *session) {
    return session->peer.later != LATER_NONE;
}

int later_look(session_t *session) {
    uint8_t byte;
    size_t count = 0;
    if (session->peer.later == LATER_ASKED) {
        session->io.wanted = 1;
        int good = SSL_peek_ex(session->ssl, &byte, 1, &count);
        int result = good == 1 ? 0 : result_of(session, good);
        if (session->failed) return result;
        /* That nothing more is there, and the end of the data, are for the call that reads. */
    }
    return session->peer.later == LATER_ANSWERED ? conclude(session) : 0;
}

static int request(session_t *session) {
    SSL *ssl = session->ssl;
    session_peer_t *peer = &session->peer;
    if (peer->later != LATER_NONE) return 0;
    int mode = context_of(ssl)->later_mode;
    if (!SSL_is_server(ssl) || SSL_version(ssl) != TLS1_3_VERSION || mode == 0) return -EOPNOTSUPP;
    SSL_set_verify(ssl, mode, NULL);
    if (SSL_verify_client_post_handshake(ssl) != 1) {
        errors_take();
        return -EOPNOTSUPP; /* the client has not said that it would answer */
    }
    peer->later = LATER_ASKED;
    peer->verdict = UNASKED;
    peer->verify_result = X509_V_OK;
    SSL_set_msg_callback(ssl, on_message);
    int done = SSL_do_handshake(ssl);
    return done == 1 ? 0 : result_of(session, done);
}

/* sessionRequest(session, fd): asks the client for a certificate, unless that was done before; 0, or
 * -EOPNOTSUPP where it cannot be asked */
static int64_t session_request(call_t *call) {
    session_t *session = call_session(call, 0);
    int fd = call_int(call, 1);
    if (!call_ok(call)) return -1;
    int result = begin_call(session, fd, false);
    if (result < 0) return abort_call(session, result);
    return finish_call(session, request(session), false);
}

/* sessionAnswer(session, fd): 0 when the client has answered, or was not asked; -EAGAIN while it has not,
 * or data comes first */
static int64_t session_answer(call_t *call) {
    session_t *session = call_session(call, 0);
    int fd = call_int(call, 1);
    if (!call_ok(call)) return -1;
    int error = begin_receive(session, fd);
    if (error < 0) return abort_call(session, error);
    int result = later_look(session);
    if (result == 0 && later_must_look(session)) result = -EAGAIN;
    return finish_call(session, result, true);
}

/* contextAnswersLater(context): a client tells servers that they may ask for its certificate at any time */
static int64_t context_answers_later(call_t *call) {
    context_t *context = call_context(call, 0);
    if (call_ok(call)) SSL_CTX_set_post_handshake_auth(context->ctx, 1);
    return 0;
}

const method_t later_methods[] = {
    {"contextAnswersLater", .number = context_answers_later},
    {"sessionRequest", .number = session_request},
    {"sessionAnswer", .number = session_answer},
    {0},
};
