/* Moving data: one function per system call, a count or -errno. MSG_NOSIGNAL is always set. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../call.h"
#include "../work.h"

/* recv(fd, buffer, offset, length, flags) */
static napi_value recv_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), flags = call_int(&call, 4);
    bytes_t into = call_slice(&call, 1);
    if (!call_good(&call)) return NULL;
    return call_result(&call, recv(fd, into.start, into.length, flags));
}

/* recvfrom(fd, buffer, offset, length, flags, sockaddr); address length in register 0 */
static napi_value recvfrom_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), flags = call_int(&call, 4);
    bytes_t into = call_slice(&call, 1);
    bytes_t addr = call_bytes(&call, 5);
    if (!call_good(&call)) return NULL;
    socklen_t length = (socklen_t)addr.length;
    ssize_t result = recvfrom(fd, into.start, into.length, flags, (struct sockaddr *)addr.start,
                              &length);
    call.addon->registers[0].number = length;
    return call_result(&call, result);
}

/* send(fd, buffer, offset, length, flags) */
static napi_value send_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), flags = call_int(&call, 4);
    bytes_t from = call_slice(&call, 1);
    if (!call_good(&call)) return NULL;
    return call_result(&call, send(fd, from.start, from.length, flags | MSG_NOSIGNAL));
}

/* sendto(fd, buffer, offset, length, flags, sockaddr) */
static napi_value sendto_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), flags = call_int(&call, 4);
    bytes_t from = call_slice(&call, 1);
    bytes_t addr = call_bytes(&call, 5);
    if (!call_good(&call)) return NULL;
    return call_result(&call, sendto(fd, from.start, from.length, flags | MSG_NOSIGNAL,
                                     (struct sockaddr *)addr.start, (socklen_t)addr.length));
}

/* sendfile(2) has no MSG_NOSIGNAL. Node ignores SIGPIPE, an embedder may not: then the signal is
 * blocked during the call and the one that the call raised is taken away. */
static ssize_t sendfile_without_sigpipe(int socket, int file, off_t *offset, size_t count) {
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        return sendfile(socket, file, offset, count);
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    /* sigprocmask() works on the calling thread here; pthread_sigmask() would raise the glibc floor. */
    sigprocmask(SIG_BLOCK, &pipe_only, &before);
    ssize_t result = sendfile(socket, file, offset, count);
    int error = errno;
    /* A call that sent a part may have raised it too, with the part that failed. */
    const struct timespec at_once = {0, 0};
    if (!sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR) {
        }
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return result;
}

/* sendfile(socket, file, offset, count); the file's own position is not moved */
static napi_value sendfile_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int socket = call_int(&call, 0), file = call_int(&call, 1);
    int64_t offset = call_int64(&call, 2), count = call_int64(&call, 3);
    if (!call_good(&call)) return NULL;
    if (offset < 0 || count < 0) return call_number(&call, -EINVAL);
    off_t position = offset;
    return call_result(&call, sendfile_without_sigpipe(socket, file, &position, (size_t)count));
}

/* A sendfile(2) on another thread, because reading the file may wait for a disk. It works on
 * duplicates: the socket may be closed meanwhile, and its number may be somebody else's. */
enum { TRANSFER_MAX = 1 << 24 }; /* bytes of one call */

typedef struct {
    work_t work;
    int socket, file;
    off_t offset;
    size_t count;
} transfer_t;

/* A unix stream that is full is not writable after shutdown(2) either: only a send says that it is over. */
static ssize_t full_or_over(int socket) {
    return send(socket, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : -EAGAIN;
}

static ssize_t transfer_some(transfer_t *transfer) {
    /* Somebody else who has the socket may have made it blocking: a thread must not stay in here. */
    struct pollfd writable = {.fd = transfer->socket, .events = POLLOUT, .revents = 0};
    if (poll(&writable, 1, 0) == 0) return full_or_over(transfer->socket);
    size_t most = transfer->count < TRANSFER_MAX ? transfer->count : TRANSFER_MAX;
    ssize_t count = sendfile_without_sigpipe(transfer->socket, transfer->file, &transfer->offset,
                                             most);
    return count < 0 ? -errno : count;
}

/* The socket may have been closed meanwhile: then the duplicate is the last one, and with SO_LINGER
 * close(2) waits. So it is closed here, and not where the event loop goes on. */
static ssize_t transfer_run(work_t *work) {
    transfer_t *transfer = (transfer_t *)work;
    ssize_t result = transfer_some(transfer);
    close(transfer->socket);
    transfer->socket = -1;
    return result;
}

static void transfer_drop(work_t *work) {
    transfer_t *transfer = (transfer_t *)work;
    if (transfer->socket >= 0) close(transfer->socket);
    if (transfer->file >= 0) close(transfer->file);
    free(transfer);
}

static int duplicate(int fd) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? -errno : copy;
}

/* sendfileAsync(callback, socket, file, offset, count) -> 0, and later callback(count or -errno) */
static napi_value sendfileAsync_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int socket = call_int(&call, 1), file = call_int(&call, 2);
    int64_t offset = call_int64(&call, 3), count = call_int64(&call, 4);
    if (!call_good(&call)) return NULL;
    if (offset < 0 || count < 0) return call_number(&call, -EINVAL);
    transfer_t *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL) return call_number(&call, -ENOMEM);
    transfer->work = (work_t){.run = transfer_run, .drop = transfer_drop};
    transfer->offset = offset;
    transfer->count = (size_t)count;
    transfer->socket = duplicate(socket);
    transfer->file = transfer->socket < 0 ? transfer->socket : duplicate(file);
    int error = transfer->file < 0 ? transfer->file : 0;
    if (error == 0)
        error = work_start(&transfer->work, call.addon, "berkeley.sendfile", call.argv[0]);
    if (error < 0) transfer_drop(&transfer->work);
    return call_number(&call, error);
}

const method_t io_methods[] = {
    {"recv", recv_},     {"recvfrom", recvfrom_}, {"send", send_},
    {"sendto", sendto_}, {"sendfile", sendfile_}, {"sendfileAsync", sendfileAsync_},
    {NULL, NULL},
};
