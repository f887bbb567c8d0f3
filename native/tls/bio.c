/* Between the engine and the socket: a BIO of our own, instead of OpenSSL's for sockets, because that
 * one calls write(2), which raises SIGPIPE, and asks the kernel twice for each record.
 *
 * Receiving: one recv(2) takes what is there into the scratch memory, and the engine reads its
 * records from that. Sending: records gather in the scratch memory and leave by one send(2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tls.h"

size_t queue_length(const queue_t *queue) {
    return queue->end - queue->at;
}

void queue_free(queue_t *queue) {
    free(queue->start);
    memset(queue, 0, sizeof *queue);
}

bool queue_add(queue_t *queue, const void *from, size_t length) {
    if (length == 0) return true;
    size_t there = queue_length(queue);
    if (queue->at > 0 && there > 0) memmove(queue->start, queue->start + queue->at, there);
    queue->at = 0;
    queue->end = there;
    if (length > queue->room - there) {
        uint8_t *more = realloc(queue->start, there + length);
        if (more == NULL) return false;
        queue->start = more;
        queue->room = there + length;
    }
    memcpy(queue->start + there, from, length);
    queue->end = there + length;
    return true;
}

static size_t queue_take(queue_t *queue, void *to, size_t length) {
    size_t count = length < queue_length(queue) ? length : queue_length(queue);
    if (count == 0) return 0;
    memcpy(to, queue->start + queue->at, count);
    queue->at += count;
    if (queue_length(queue) == 0) queue_free(queue);
    return count;
}

enum { RECORD = 16384, RECORD_MORE = 32 }; /* plaintext, and what encryption adds to it */

/* How much to receive: the records that the caller has room for, at least one. What is beyond would have
 * to be kept. */
static size_t asked(const session_t *session) {
    size_t records = session->wanted > RECORD ? (session->wanted + RECORD - 1) / RECORD : 1;
    size_t most = records * (RECORD + RECORD_MORE);
    return most < SCRATCH_IN ? most : SCRATCH_IN;
}

/* Fills the empty scratch memory; a count, 0 at the end, -1 with `io_error` or when nothing is there. */
static ssize_t receive(session_t *session) {
    tls_t *tls = session->tls;
    ssize_t count;
    if (session->drained && session->has_data) {
        errno = EAGAIN;
        return -1;
    }
    if (session->fills == FILLS_MAX) {
        session->had_enough = true;
        errno = EAGAIN;
        return -1;
    }
    session->fills++;
    size_t most = asked(session);
    do count = recv(session->fd, tls->in, most, 0);
    while (count < 0 && errno == EINTR);
    tls->in_at = 0;
    tls->in_end = count > 0 ? (size_t)count : 0;
    session->drained = session->short_is_all && count > 0 && (size_t)count < most;
    if (count == 0) session->eof = true;
    return count;
}

static int bio_read(BIO *bio, char *to, int length) {
    session_t *session = BIO_get_data(bio);
    tls_t *tls = session->tls;
    BIO_clear_retry_flags(bio);
    if (to == NULL || length <= 0) return 0;
    if (queue_length(&session->in) > 0) return (int)queue_take(&session->in, to, (size_t)length);
    if (tls->in_at == tls->in_end) {
        ssize_t count = receive(session);
        if (count == 0) return 0;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
        if (count < 0 && !BIO_should_retry(bio)) session->io_error = errno;
        if (count < 0) return -1;
    }
    size_t there = tls->in_end - tls->in_at;
    size_t count = (size_t)length < there ? (size_t)length : there;
    memcpy(to, tls->in + tls->in_at, count);
    tls->in_at += count;
    return (int)count;
}

/* Takes everything: what the socket has no room for waits here, bounded by what a call makes. */
static int bio_write(BIO *bio, const char *from, int length) {
    session_t *session = BIO_get_data(bio);
    tls_t *tls = session->tls;
    BIO_clear_retry_flags(bio);
    if (from == NULL || length <= 0) return 0;
    size_t bytes = (size_t)length;
    if (queue_length(&session->out) == 0 && bytes <= sizeof tls->out - tls->out_end) {
        memcpy(tls->out + tls->out_end, from, bytes);
        tls->out_end += bytes;
        return length;
    }
    /* Order: what is in the scratch memory goes before. */
    bool kept = queue_add(&session->out, tls->out, tls->out_end) &&
                queue_add(&session->out, from, bytes);
    tls->out_end = 0;
    if (!kept) session->broken = -ENOMEM;
    return kept ? length : -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
    session_t *session = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return session->eof;
    return 0;
}

static int bio_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *bio_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "berkeley socket");
    if (method == NULL) return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_ctrl);
    BIO_meth_set_create(method, bio_create);
    return method;
}

bool bio_attach(session_t *session) {
    BIO *bio = BIO_new(session->tls->method);
    if (bio == NULL) return false;
    BIO_set_data(bio, session);
    SSL_set_bio(session->ssl, bio, bio);
    return true;
}

void bio_begin(session_t *session, int fd) {
    tls_t *tls = session->tls;
    session->fd = fd;
    session->drained = session->has_data = session->had_enough = false;
    session->fills = 0;
    session->wanted = SCRATCH_IN;
    session->io_error = 0;
    tls->in_at = tls->in_end = tls->out_end = 0;
}

/* One send(2) of a stretch; how much of it left, or -errno. */
static ssize_t transmit(session_t *session, const uint8_t *from, size_t length) {
    ssize_t count;
    do count = send(session->fd, from, length, MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    if (count >= 0) return count;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    return -errno;
}

static int flush_queue(session_t *session) {
    queue_t *out = &session->out;
    if (queue_length(out) == 0) return 0;
    ssize_t count = transmit(session, out->start + out->at, queue_length(out));
    if (count < 0) return (int)count;
    out->at += (size_t)count;
    if (queue_length(out) == 0) queue_free(out);
    return 0;
}

static int flush_scratch(session_t *session) {
    tls_t *tls = session->tls;
    size_t length = tls->out_end;
    tls->out_end = 0;
    if (length == 0) return 0;
    ssize_t count = queue_length(&session->out) > 0 ? 0 : transmit(session, tls->out, length);
    if (count < 0) return (int)count;
    return queue_add(&session->out, tls->out + count, length - (size_t)count) ? 0 : -ENOMEM;
}

/* A failure is final, whatever it was: records are lost with it, and none can follow. */
int bio_flush(session_t *session) {
    if (session->broken == 0) {
        int error = flush_queue(session);
        if (error == 0) error = flush_scratch(session);
        session->broken = error;
    }
    if (session->broken == 0) return 0;
    queue_free(&session->out);
    session->tls->out_end = 0;
    return session->broken;
}

/* What was received and not read stays with the session. */
void bio_end(session_t *session) {
    tls_t *tls = session->tls;
    if (tls->in_at < tls->in_end &&
        !queue_add(&session->in, tls->in + tls->in_at, tls->in_end - tls->in_at))
        session->later = -ENOMEM; /* bytes are gone: nothing after them may be read */
    tls->in_at = tls->in_end = tls->out_end = 0;
    session->fd = -1;
}
