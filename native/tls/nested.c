/* A session within another one: it has no socket. Its ciphertext is the data of the session around it, and
 * JavaScript carries it from one to the other. */
#include <string.h>

#include "tls.h"

/* sessionFeed(session, buffer, offset, length): ciphertext that has arrived; 0 bytes are its end */
static int64_t session_feed(call_t *call) {
    session_t *session = call_session(call, 0);
    bytes_t from = call_slice(call, 1);
    if (!call_ok(call)) return -1;
    if (session->ssl == NULL) return -EBADF;
    if (from.length == 0) session->io.eof = true;
    return queue_add(&session->io.in, from.start, from.length) ? 0 : -ENOMEM;
}

/* sessionOutput(session, buffer, offset, length): a copy of the first bytes that have to be sent -> how many */
static int64_t session_output(call_t *call) {
    session_t *session = call_session(call, 0);
    bytes_t into = call_slice(call, 1);
    if (!call_ok(call)) return -1;
    const queue_t *out = &session->io.out;
    size_t count = queue_length(out) < into.length ? queue_length(out) : into.length;
    if (count > 0) memcpy(into.start, out->start + out->at, count);
    return (int64_t)count;
}

/* sessionSent(session, count): so many of them have been sent -> how many are left */
static int64_t session_sent(call_t *call) {
    session_t *session = call_session(call, 0);
    int count = call_int(call, 1);
    if (!call_ok(call)) return -1;
    queue_t *out = &session->io.out;
    if (count < 0 || (size_t)count > queue_length(out)) return -EINVAL;
    out->at += (size_t)count;
    if (queue_length(out) == 0) queue_free(out);
    return (int64_t)queue_length(out);
}

const method_t nested_methods[] = {
    {"sessionFeed", .number = session_feed},
    {"sessionOutput", .number = session_output},
    {"sessionSent", .number = session_sent},
    {0},
};
