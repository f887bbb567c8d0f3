/* Moving data: one function per system call, a count or -errno. MSG_NOSIGNAL is always set. */
#include <errno.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>

#include "napi_util.h"

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
    if (result < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe_only, NULL, &(struct timespec){0, 0});
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

const method_t io_methods[] = {
    {"recv", recv_},     {"recvfrom", recvfrom_}, {"send", send_},
    {"sendto", sendto_}, {"sendfile", sendfile_}, {NULL, NULL},
};
