/* Between OpenSSL and the socket: a BIO of our own. OpenSSL's BIO for sockets calls write(2), which
 * raises SIGPIPE, and receives twice for each record.
 *
 * Receiving: one recv(2) takes what has arrived into the scratch memory, and OpenSSL reads its
 * records from there. Sending: records gather in the scratch memory and leave by one send(2). Both
 * have MSG_DONTWAIT: other processes that share the socket may have made it blocking. */
#include <string.h>

#include "../syscall.h"
#include "tls.h"

/* A call receives at most so often. Otherwise records without data, such as key updates, could keep
 * it busy without end. */
enum { RECEIVES_MAX = 2 };

enum { RECORD = 16384, RECORD_MORE = 32 }; /* plaintext, and what encryption adds to it */

/* How much to receive: the records that the caller has room for, but at least one. More would have
 * to be kept. */
static size_t receive_size(const session_io_t *io) {
    size_t records = io->wanted > RECORD ? (io->wanted + RECORD - 1) / RECORD : 1;
    size_t bytes = records * (RECORD + RECORD_MORE);
    return bytes < SCRATCH_IN ? bytes : SCRATCH_IN;
}

/* Fills the empty scratch memory: a count, 0 at the end, -1 with errno. */
static ssize_t receive(session_io_t *io, tls_t *tls) {
    ssize_t count;
    /* Within another session there is what JavaScript has fed. */
    if (io->fd < 0) return io->eof ? 0 : fail_with(EAGAIN);
    if (io->drained && io->has_data) return fail_with(EAGAIN);
    if (io->receives == RECEIVES_MAX) {
        io->must_yield = true;
        return fail_with(EAGAIN);
    }
    io->receives++;
    size_t size = receive_size(io);
    do count = recv_bytes(io->fd, tls->in, size, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    tls->in_at = 0;
    tls->in_end = count > 0 ? (size_t)count : 0;
    io->drained = io->short_is_drained && count > 0 && (size_t)count < size;
    if (count == 0) io->eof = true;
    return count;
}

/* Receives what OpenSSL may not read yet: 1 when it may, 0 at the end, -1 with errno. */
static ssize_t hold_back(session_t *session) {
    session_io_t *io = &session->io;
    tls_t *tls = session->tls;
    while (psk_holds(session)) {
        if (psk_is_asked(session)) return fail_with(EAGAIN);
        ssize_t count = tls->in_at < tls->in_end ? 1 : receive(io, tls);
        if (count <= 0) return count;
        bool is_kept = queue_add(&io->in, tls->in + tls->in_at, tls->in_end - tls->in_at);
        tls->in_at = tls->in_end = 0;
        if (!is_kept) return fail_with(ENOMEM);
    }
    return 1;
}

static ssize_t fill(session_t *session) {
    session_io_t *io = &session->io;
    tls_t *tls = session->tls;
    ssize_t count = session->psk == NULL ? 1 : hold_back(session);
    if (count <= 0 || queue_length(&io->in) > 0 || tls->in_at < tls->in_end) return count;
    return receive(io, tls);
}

static int bio_read(BIO *bio, char *to, int length) {
    session_t *session = BIO_get_data(bio);
    session_io_t *io = &session->io;
    tls_t *tls = session->tls;
    BIO_clear_retry_flags(bio);
    if (to == NULL || length <= 0) return 0;
    ssize_t filled = fill(session);
    if (filled == 0) return 0;
    if (filled < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
    if (filled < 0 && !BIO_should_retry(bio)) io->error = errno;
    if (filled < 0) return -1;
    if (queue_length(&io->in) > 0) return (int)queue_take(&io->in, to, (size_t)length);
    size_t left = tls->in_end - tls->in_at;
    size_t count = (size_t)length < left ? (size_t)length : left;
    memcpy(to, tls->in + tls->in_at, count);
    tls->in_at += count;
    return (int)count;
}

/* Takes everything. What the socket has no room for waits in the session; a call makes only so
 * much, which bounds it. */
static int bio_write(BIO *bio, const char *from, int length) {
    session_t *session = BIO_get_data(bio);
    queue_t *out = &session->io.out;
    tls_t *tls = session->tls;
    BIO_clear_retry_flags(bio);
    if (from == NULL || length <= 0) return 0;
    size_t bytes = (size_t)length;
    if (queue_length(out) == 0 && bytes <= sizeof tls->out - tls->out_end) {
        memcpy(tls->out + tls->out_end, from, bytes);
        tls->out_end += bytes;
        return length;
    }
    /* What is in the scratch memory comes first. */
    bool added = queue_add(out, tls->out, tls->out_end) && queue_add(out, from, bytes);
    tls->out_end = 0;
    if (!added) session->io.broken = -ENOMEM;
    return added ? length : -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
    const session_t *session = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return session->io.eof;
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
    session_io_t *io = &session->io;
    tls_t *tls = session->tls;
    io->fd = fd;
    io->drained = io->has_data = io->must_yield = false;
    io->receives = 0;
    io->wanted = SCRATCH_IN;
    io->error = 0;
    tls->in_at = tls->in_end = tls->out_end = 0;
}

/* One send(2): how many bytes left, or -errno. */
static ssize_t send_some(const session_io_t *io, const uint8_t *from, size_t length) {
    ssize_t count;
    if (io->fd < 0) return 0;
    do count = send_bytes(io->fd, from, length, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count >= 0) return count;
    /* EINPROGRESS: a connection of TCP Fast Open has sent its SYN, and no data with it. */
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS) return 0;
    return -errno;
}

static int flush_queue(session_io_t *io) {
    queue_t *out = &io->out;
    if (queue_length(out) == 0) return 0;
    ssize_t count = send_some(io, out->start + out->at, queue_length(out));
    if (count < 0) return (int)count;
    out->at += (size_t)count;
    if (queue_length(out) == 0) queue_free(out);
    return 0;
}

static int flush_scratch(session_io_t *io, tls_t *tls) {
    size_t length = tls->out_end;
    tls->out_end = 0;
    if (length == 0) return 0;
    ssize_t count = queue_length(&io->out) > 0 ? 0 : send_some(io, tls->out, length);
    if (count < 0) return (int)count;
    return queue_add(&io->out, tls->out + count, length - (size_t)count) ? 0 : -ENOMEM;
}

/* Keeps everything in the session. */
static int hold(session_io_t *io, tls_t *tls) {
    bool is_kept = queue_add(&io->out, tls->out, tls->out_end);
    tls->out_end = 0;
    return is_kept ? 0 : -ENOMEM;
}

/* Any failure is final: records are lost with it, and none can follow. */
int bio_flush(session_t *session) {
    session_io_t *io = &session->io;
    if (io->broken == 0 && io->is_held) {
        io->broken = hold(io, session->tls);
    } else if (io->broken == 0) {
        int error = flush_queue(io);
        if (error == 0) error = flush_scratch(io, session->tls);
        io->broken = error;
    }
    if (io->broken == 0) return 0;
    queue_free(&io->out);
    session->tls->out_end = 0;
    return io->broken;
}

/* The session keeps what was received and not read. */
void bio_end(session_t *session) {
    session_io_t *io = &session->io;
    tls_t *tls = session->tls;
    if (tls->in_at < tls->in_end &&
        !queue_add(&io->in, tls->in + tls->in_at, tls->in_end - tls->in_at))
        io->deferred = -ENOMEM; /* bytes are lost: nothing after them may be read */
    tls->in_at = tls->in_end = tls->out_end = 0;
    io->fd = -1;
}
