/* Life and names of a socket: one function per system call, a count or -errno. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../callback.h"
#include "../ledger.h"
#include "../call.h"
#include "../work.h"

/* socket(family, type, protocol) -> fd, close-on-exec from birth */
static napi_value socket_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int family = call_int(&call, 0), type = call_int(&call, 1), protocol = call_int(&call, 2);
    if (!call_good(&call)) return NULL;
    return call_result(&call,
                       ledger_born(call.addon, socket(family, type | SOCK_CLOEXEC, protocol)));
}

/* socketpair(family, type, protocol) -> 0; the fds in registers 0 and 1 */
static napi_value socketpair_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int family = call_int(&call, 0), type = call_int(&call, 1), protocol = call_int(&call, 2);
    if (!call_good(&call)) return NULL;
    int fds[2] = {-1, -1};
    int result = socketpair(family, type | SOCK_CLOEXEC, protocol, fds);
    ledger_born(call.addon, fds[0]);
    ledger_born(call.addon, fds[1]);
    call.addon->registers[0].number = fds[0];
    call.addon->registers[1].number = fds[1];
    return call_result(&call, result);
}

/* bind(fd, sockaddr) */
static napi_value bind_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0);
    bytes_t addr = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    return call_result(&call, bind(fd, (struct sockaddr *)addr.start, (socklen_t)addr.length));
}

/* connect(fd, sockaddr) */
static napi_value connect_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0);
    bytes_t addr = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    return call_result(&call, connect(fd, (struct sockaddr *)addr.start, (socklen_t)addr.length));
}

/* listen(fd, backlog) */
static napi_value listen_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), backlog = call_int(&call, 1);
    if (!call_good(&call)) return NULL;
    return call_result(&call, listen(fd, backlog));
}

/* accept4(fd, flags, sockaddr?) -> fd, close-on-exec; address length in register 0 */
static napi_value accept4_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), flags = call_int(&call, 1);
    bytes_t addr = call_optional_bytes(&call, 2);
    if (!call_good(&call)) return NULL;
    socklen_t length = (socklen_t)addr.length;
    int result = accept4(fd, (struct sockaddr *)addr.start, addr.start ? &length : NULL,
                         flags | SOCK_CLOEXEC);
    ledger_born(call.addon, result);
    call.addon->registers[0].number = length;
    return call_result(&call, result);
}

/* shutdown(fd, how) */
static napi_value shutdown_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), how = call_int(&call, 1);
    if (!call_good(&call)) return NULL;
    return call_result(&call, shutdown(fd, how));
}

/* close(fd); never to be called again after an error: the number is gone whatever close said */
static napi_value close_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0);
    if (!call_good(&call)) return NULL;
    ledger_mark(call.addon, fd, false);
    return call_result(&call, close(fd));
}

/* A close(2) that waits: with SO_LINGER for the peer. */
typedef struct {
    work_t work;
    int fd;
} farewell_t;

static ssize_t farewell_run(work_t *work) {
    return close(((farewell_t *)work)->fd) < 0 ? -errno : 0;
}

static void farewell_drop(work_t *work) {
    free(work);
}

/* closeAsync(callback, fd) -> 0, and later callback(0 or -errno); fd is gone at once, unless the
 * answer is an error */
static napi_value closeAsync_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 1);
    if (!call_good(&call)) return NULL;
    farewell_t *farewell = calloc(1, sizeof *farewell);
    if (farewell == NULL) return call_number(&call, -ENOMEM);
    farewell->work = (work_t){.run = farewell_run, .drop = farewell_drop, .owed = true};
    farewell->fd = fd;
    int error = work_start(&farewell->work, call.addon, "berkeley.close", call.argv[0]);
    if (error < 0)
        free(farewell);
    else
        ledger_mark(call.addon, fd, false);
    return call_number(&call, error);
}

/* dup(fd) -> fd, close-on-exec (F_DUPFD_CLOEXEC: dup(2) has no flag for it) */
static napi_value dup_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0);
    if (!call_good(&call)) return NULL;
    return call_result(&call, ledger_born(call.addon, fcntl(fd, F_DUPFD_CLOEXEC, 0)));
}

typedef int (*name_call_t)(int, struct sockaddr *, socklen_t *);

static napi_value name_of(napi_env env, napi_callback_info info, name_call_t name_call) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0);
    bytes_t addr = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    socklen_t length = (socklen_t)addr.length;
    int result = name_call(fd, (struct sockaddr *)addr.start, &length);
    return call_result(&call, result < 0 ? result : (ssize_t)length);
}

/* getsockname(fd, sockaddr) -> length of the address, which may exceed the room */
static napi_value getsockname_(napi_env env, napi_callback_info info) {
    return name_of(env, info, getsockname);
}

/* getpeername(fd, sockaddr) -> length of the address, which may exceed the room */
static napi_value getpeername_(napi_env env, napi_callback_info info) {
    return name_of(env, info, getpeername);
}

/* fcntl(fd, command, argument): only the four commands whose argument is a plain int */
static napi_value fcntl_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), command = call_int(&call, 1), argument = call_int(&call, 2);
    if (!call_good(&call)) return NULL;
    if (command != F_GETFD && command != F_SETFD && command != F_GETFL && command != F_SETFL)
        return call_number(&call, -EINVAL);
    return call_result(&call, fcntl(fd, command, argument));
}

/* sockatmark(fd) -> 1 at the out-of-band mark, else 0 */
static napi_value sockatmark_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0);
    if (!call_good(&call)) return NULL;
    return call_result(&call, sockatmark(fd));
}

/* poll(fd, events, milliseconds) -> the events that hold, 0 when the time is over */
static napi_value poll_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), events = call_int(&call, 1), timeout = call_int(&call, 2);
    if (!call_good(&call)) return NULL;
    struct pollfd one = {.fd = fd, .events = (short)events, .revents = 0};
    int result = poll(&one, 1, timeout);
    return call_result(&call, result > 0 ? one.revents : result);
}

const method_t socket_methods[] = {
    {"socket", socket_},
    {"socketpair", socketpair_},
    {"bind", bind_},
    {"connect", connect_},
    {"listen", listen_},
    {"accept4", accept4_},
    {"shutdown", shutdown_},
    {"close", close_},
    {"closeAsync", closeAsync_},
    {"dup", dup_},
    {"getsockname", getsockname_},
    {"getpeername", getpeername_},
    {"fcntl", fcntl_},
    {"sockatmark", sockatmark_},
    {"poll", poll_},
    {NULL, NULL},
};
