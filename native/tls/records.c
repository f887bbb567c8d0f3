/* Reading and writing records, and what surrounds each call that lets OpenSSL do so. A call does as
 * much as it can and says what it waits for; it is made again when the socket is ready. */
#include <openssl/err.h>

#include "tls.h"

enum {
    RECORD_MAX = 16384,
    RECORD_EXTRA = 512, /* header, padding, tag: more than any suite adds */
    /* While more than this waits to be sent, nothing is read, because reading could make more. One
     * write makes less: when both peers have filled their sockets, both must be able to read, or
     * neither could ever send again. */
    UNSENT_MAX = SCRATCH_OUT + 4 * RECORD_MAX
};

int fail_session(session_t *session, int result) {
    unsigned long reason = errors_take();
    /* A failure to send has no reason of OpenSSL; the alert that explains it may be read later. */
    if (session->failure == 0) session->failure = reason;
    session->failed = true;
    return result;
}

/* -EAGAIN, another -errno, 0 for the end of the data, or TLS_*. */
int result_of(session_t *session, int returned) {
    const session_io_t *io = &session->io;
    int error = SSL_get_error(session->ssl, returned);
    if (io->error) return fail_session(session, -io->error);
    switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        if (psk_is_asked(session)) return TLS_WANT_PSK;
        return io->must_yield ? TLS_WANT_TURN : -EAGAIN;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_WANT_CLIENT_HELLO_CB: return TLS_WANT_SERVER;
    case SSL_ERROR_WANT_RETRY_VERIFY: return TLS_WANT_VERDICT;
    case SSL_ERROR_WANT_X509_LOOKUP: return TLS_WANT_CERTIFICATE;
    default: break;
    }
    /* close_notify after user_canceled, from a peer that gives up one half of a connection: OpenSSL
     * 3.5 accepts it, and reports it as an error without a name. */
    bool nameless = error == SSL_ERROR_SYSCALL && ERR_peek_error() == 0 && !session->failed;
    if (nameless && !io->eof && (SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN)) return 0;
    return fail_session(session, io->eof ? TLS_TRUNCATED : TLS_FAILED);
}

/* Whether the next read can only wait: no byte is left anywhere, and no end or error either. */
static bool is_drained(const session_t *session) {
    const session_io_t *io = &session->io;
    return io->drained && queue_length(&io->in) == 0 && queue_length(&io->out) == 0 &&
           io->deferred == 0 && session->ssl != NULL && !SSL_has_pending(session->ssl) &&
           !(SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN);
}

static void write_registers(session_t *session) {
    register_value_t *registers = session->tls->env.registers;
    registers[REGISTER_UNSENT].number = (double)queue_length(&session->io.out);
    registers[REGISTER_DRAINED].number = is_drained(session);
    registers[REGISTER_NOTIFICATIONS].number = session->notifications;
    session->notifications = 0;
}

/* Before each call: sends what waits. If that fails, what has arrived can still be read. -EAGAIN
 * while too much waits to read anything. */
int begin_call(session_t *session, int fd, bool reads) {
    if (session->ssl == NULL) return -EBADF;
    bio_begin(session, fd);
    int error = bio_flush(session);
    if (error < 0 && !reads) return error;
    session->io.error = 0;
    return queue_length(&session->io.out) > UNSENT_MAX ? -EAGAIN : 0;
}

/* The same for a call that receives: what an earlier one has put off comes first. */
int begin_receive(session_t *session, int fd) {
    int deferred = session->io.deferred;
    return deferred ? deferred : begin_call(session, fd, true);
}

/* What the peer said before it went away: TLS_FAILED after an alert that refuses this side, else the
 * error of the failed send. Data that precedes an alert is not consumed: the alert is reported after it,
 * by the call that reads. */
static int alert_behind(session_t *session, int error) {
    uint8_t byte;
    size_t count = 0;
    bool is_gone = error == -EPIPE || error == -ECONNRESET;
    if (!is_gone || (SSL_get_shutdown(session->ssl) & SSL_SENT_SHUTDOWN)) return error;
    int good = SSL_peek_ex(session->ssl, &byte, 1, &count);
    bool was_refused = good != 1 && SSL_get_error(session->ssl, good) == SSL_ERROR_SSL;
    if (was_refused && session->io.error == 0) return fail_session(session, TLS_FAILED);
    errors_take();
    session->io.error = 0;
    return error;
}

/* After each call: sends what it made. A failure to send is the result, unless the call has data,
 * or a reason of OpenSSL: that says more than that the peer no longer receives. */
int finish_call(session_t *session, int result, bool reads) {
    int error = bio_flush(session);
    bool has_priority = result == -EAGAIN || result == TLS_WANT_TURN || (result >= 0 && !reads);
    if (error < 0 && has_priority) result = fail_session(session, alert_behind(session, error));
    /* OpenSSL had no room for a record, and has it again: no event would say so. */
    bool goes_on = result == -EAGAIN && SSL_want_write(session->ssl) &&
                   queue_length(&session->io.out) == 0;
    if (goes_on) result = TLS_WANT_TURN;
    bio_end(session);
    session->io.has_buffers = true;
    memory_of_session(session);
    write_registers(session);
    return result;
}

/* After a call that could not begin. */
int abort_call(session_t *session, int result) {
    bio_end(session);
    write_registers(session);
    return result;
}

/* Whether another SSL_read_ex() of this call can only wait. */
static bool nothing_more(const session_t *session) {
    const session_io_t *io = &session->io;
    const tls_t *tls = session->tls;
    return io->drained && queue_length(&io->in) == 0 && tls->in_at == tls->in_end &&
           !SSL_has_pending(session->ssl);
}

/* Reads records until there is no more room, or no more data. */
static int read_records(session_t *session, bytes_t into) {
    session_io_t *io = &session->io;
    size_t total = 0;
    int result = later_must_look(session) ? later_look(session) : 0;
    if (result < 0) return result;
    while (total < into.length) {
        size_t count = 0;
        io->wanted = into.length - total;
        int good = SSL_read_ex(session->ssl, into.start + total, into.length - total, &count);
        if (good != 1) {
            result = result_of(session, good);
            break;
        }
        total += count;
        io->has_data = true;
        /* Behind an answer there may be data for which the verdict has to be known. */
        if (nothing_more(session) || later_must_look(session)) break;
    }
    if (total == 0) return result;
    /* Data before a failure is good: the next call reports the failure. */
    if (result != -EAGAIN && result != TLS_WANT_TURN && result != 0) io->deferred = result;
    return (int)total;
}

/* sessionRead(session, fd, buffer, offset, length) -> a count, 0 at the end */
static int64_t session_read(call_t *call) {
    session_t *session = call_session(call, 0);
    int fd = call_int(call, 1);
    bytes_t into = call_slice(call, 2);
    if (!call_ok(call)) return -1;
    int error = begin_receive(session, fd);
    if (error < 0) return abort_call(session, error);
    if (into.length > INT32_MAX) into.length = INT32_MAX;
    return finish_call(session, read_records(session, into), true);
}

/* sessionPeek(session, fd) -> 1 when there is data to read, 0 at the end. It stays in the session. */
static int64_t session_peek(call_t *call) {
    session_t *session = call_session(call, 0);
    int fd = call_int(call, 1);
    if (!call_ok(call)) return -1;
    int error = begin_receive(session, fd);
    if (error < 0) return abort_call(session, error);
    int looked = later_must_look(session) ? later_look(session) : 0;
    if (looked < 0) return finish_call(session, looked, true);
    session->io.wanted = 1;
    uint8_t byte;
    size_t count = 0;
    int good = SSL_peek_ex(session->ssl, &byte, 1, &count);
    return finish_call(session, good == 1 ? 1 : result_of(session, good), true);
}

/* Writes records while the scratch memory has room for them; a count, or why there is none. */
static int write_records(session_t *session, bytes_t from) {
    size_t total = 0;
    int result = -EAGAIN;
    while (total < from.length) {
        size_t count = 0, length = from.length - total;
        if (length > RECORD_MAX) length = RECORD_MAX;
        if (session->tls->out_end + length + RECORD_EXTRA > SCRATCH_OUT) break;
        int good = SSL_write_ex(session->ssl, from.start + total, length, &count);
        if (good != 1) {
            result = result_of(session, good);
            if (result == 0) result = -EPIPE;
            break;
        }
        total += count;
    }
    return total > 0 ? (int)total : result;
}

/* sessionWrite(session, fd, buffer, offset, length) -> how many bytes OpenSSL took. What the socket
 * has no room for waits here: the call is made again, with nothing to write, until it has left. */
static int64_t session_write(call_t *call) {
    session_t *session = call_session(call, 0);
    int fd = call_int(call, 1);
    bytes_t from = call_slice(call, 2);
    if (!call_ok(call)) return -1;
    int result = begin_call(session, fd, false);
    if (result < 0) return abort_call(session, alert_behind(session, result));
    /* Not once more: room that came meanwhile is announced to a call that leaves something unsent. */
    if (queue_length(&session->io.out) > 0) return abort_call(session, -EAGAIN);
    return finish_call(session, from.length > 0 ? write_records(session, from) : 0, false);
}

const method_t record_methods[] = {
    {"sessionPeek", .number = session_peek},
    {"sessionRead", .number = session_read},
    {"sessionWrite", .number = session_write},
    {0},
};
