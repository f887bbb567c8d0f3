/* The life and the names of a socket. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../ledger.h"
#include "../linger.h"
#include "../port/port.h"
#include "../syscall.h"
#include "sys.h"

/* socket(family, type, protocol) -> fd, close-on-exec */
static ssize_t sys_socket(call_t *call) {
    int family = call_int(call, 0), type = call_int(call, 1), protocol = call_int(call, 2);
    if (!call_ok(call)) return -1;
    return ledger_add(call->env, new_socket(family, type, protocol));
}

/* socketpair(family, type, protocol) -> 0; the fds in registers 0 and 1, close-on-exec */
static ssize_t sys_socketpair(call_t *call) {
    int family = call_int(call, 0), type = call_int(call, 1), protocol = call_int(call, 2);
    if (!call_ok(call)) return -1;
    int fds[2] = {-1, -1};
    int result = new_pair(family, type, protocol, fds);
    for (int i = 0; i < 2; i++) call->env->registers[i].number = ledger_add(call->env, fds[i]);
    return result;
}

/* bind(fd, sockaddr) */
static ssize_t sys_bind(call_t *call) {
    int fd = call_int(call, 0);
    bytes_t addr = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    return bind(fd, (struct sockaddr *)addr.start, (socklen_t)addr.length);
}

/* connect(fd, sockaddr) */
static ssize_t sys_connect(call_t *call) {
    int fd = call_int(call, 0);
    bytes_t addr = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    return connect(fd, (struct sockaddr *)addr.start, (socklen_t)addr.length);
}

/* connectNonblocking(fd, sockaddr): does not wait, whatever else shares the socket */
static ssize_t sys_connect_nonblocking(call_t *call) {
    int fd = call_int(call, 0);
    bytes_t addr = call_bytes(call, 1);
    if (!call_ok(call) || make_nonblocking(fd) < 0) return -1;
    return connect(fd, (struct sockaddr *)addr.start, (socklen_t)addr.length);
}

/* Whether both ends of a connection are the same socket. A connection over loopback to a free ephemeral port may meet
 * itself. */
static bool is_own_peer(int fd, const struct sockaddr_storage *peer, socklen_t peer_length) {
    struct sockaddr_storage local;
    socklen_t length = sizeof local;
    memset(&local, 0, sizeof local);
    return peer->ss_family != AF_UNIX && getsockname(fd, (struct sockaddr *)&local, &length) == 0 &&
           length == peer_length && memcmp(&local, peer, length) == 0;
}

/* connectError(fd) -> what an attempt to connect has failed by, as -errno; 0 for nothing. It can be read only once. */
static ssize_t sys_connect_error(call_t *call) {
    int fd = call_int(call, 0), error = 0;
    if (!call_ok(call)) return -1;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -1;
    return error == 0 ? 0 : fail_with(error);
}

/* connectPeer(fd) -> 0 when there is a connection, -ENOTCONN when there is none, -ECONNREFUSED for one to itself: nothing
 * listens there */
static ssize_t sys_connect_peer(call_t *call) {
    int fd = call_int(call, 0);
    if (!call_ok(call)) return -1;
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    memset(&peer, 0, sizeof peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &length) < 0) return -1;
    return is_own_peer(fd, &peer, length) ? fail_with(ECONNREFUSED) : 0;
}

/* listen(fd, backlog) */
static ssize_t sys_listen(call_t *call) {
    int fd = call_int(call, 0), backlog = call_int(call, 1);
    return call_ok(call) ? listen(fd, backlog) : -1;
}

/* accept4(fd, flags, sockaddr?) -> fd, close-on-exec; address length in register 0 */
static ssize_t sys_accept4(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 1);
    bytes_t addr = call_optional_bytes(call, 2);
    if (!call_ok(call)) return -1;
    socklen_t length = (socklen_t)addr.length;
    int result = accept_socket(fd, (struct sockaddr *)addr.start, addr.start ? &length : NULL,
                               flags);
    call->env->registers[0].number = length;
    return ledger_add(call->env, result);
}

/* acceptNonblocking(fd, flags) -> fd, close-on-exec; -EAGAIN without a connection, whatever else shares
 * the socket. accept4(2) has no MSG_DONTWAIT. poll(2) alone would leave a moment in which another process
 * accepts the connection, O_NONBLOCK alone one in which another process clears it: here both have to
 * happen at once. A poll(2) that finds nothing is also cheaper than an accept4(2). */
static ssize_t sys_accept_nonblocking(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 1);
    if (!call_ok(call)) return -1;
    int events = poll_fd(fd, POLLIN, 0);
    if (events == 0) return fail_with(EAGAIN);
    if (events < 0 || make_nonblocking(fd) < 0) return -1;
    return ledger_add(call->env, accept_socket(fd, NULL, NULL, flags));
}

/* shutdown(fd, how) */
static ssize_t sys_shutdown(call_t *call) {
    int fd = call_int(call, 0), how = call_int(call, 1);
    return call_ok(call) ? shutdown(fd, how) : -1;
}

/* close(fd): must not be called again after an error, because the fd is gone in any case */
static ssize_t sys_close(call_t *call) {
    int fd = call_int(call, 0);
    if (!call_ok(call)) return -1;
    ledger_remove(call->env, fd);
    return close(fd);
}

/* lingers(fd) -> whether close(2) may wait */
static int64_t fd_lingers(call_t *call) {
    int fd = call_int(call, 0);
    return call_ok(call) ? lingers(fd) : -1;
}

/* closeAtOnce(fd): close(2) without lingering */
static ssize_t sys_close_at_once(call_t *call) {
    int fd = call_int(call, 0);
    if (!call_ok(call)) return -1;
    ledger_remove(call->env, fd);
    return close_at_once(fd);
}

/* closeOnThread(fd): close(2) on a thread of its own. 0, or -errno: then fd is still open */
static int64_t fd_close_on_thread(call_t *call) {
    int fd = call_int(call, 0);
    if (!call_ok(call)) return -1;
    int error = close_on_thread(fd, -1);
    if (error == 0) ledger_remove(call->env, fd);
    return error;
}

/* closeReporting(fd) -> as closeOnThread(), but on success a socket, over which the answer of close(2) comes */
static int64_t fd_close_reporting(call_t *call) {
    int fd = call_int(call, 0), ends[2];
    if (!call_ok(call)) return -1;
    if (new_pair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) < 0) return -errno;
    int error = close_on_thread(fd, ends[1]);
    if (error < 0) {
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    ledger_remove(call->env, fd);
    return ledger_add(call->env, ends[0]);
}

/* dup(fd) -> fd, close-on-exec */
static ssize_t sys_dup(call_t *call) {
    int fd = call_int(call, 0);
    return call_ok(call) ? ledger_add(call->env, duplicate_fd(fd)) : -1;
}

/* getsockname(2) and getpeername(2): (fd, sockaddr) -> length of the address, which may exceed the
 * room */
static ssize_t name_of(call_t *call, int (*get_name)(int, struct sockaddr *, socklen_t *)) {
    int fd = call_int(call, 0);
    bytes_t addr = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    socklen_t length = (socklen_t)addr.length;
    int result = get_name(fd, (struct sockaddr *)addr.start, &length);
    return result < 0 ? result : (ssize_t)length;
}

static ssize_t sys_getsockname(call_t *call) {
    return name_of(call, getsockname);
}

static ssize_t sys_getpeername(call_t *call) {
    return name_of(call, getpeername);
}

/* fcntl(fd, command, argument): only the four commands whose argument is a plain int */
static ssize_t sys_fcntl(call_t *call) {
    int fd = call_int(call, 0), command = call_int(call, 1), argument = call_int(call, 2);
    if (!call_ok(call)) return -1;
    if (command != F_GETFD && command != F_SETFD && command != F_GETFL && command != F_SETFL)
        return fail_with(EINVAL);
    return fcntl(fd, command, argument);
}

/* sockatmark(fd) -> 1 at the out-of-band mark, else 0 */
static ssize_t sys_sockatmark(call_t *call) {
    int fd = call_int(call, 0);
    return call_ok(call) ? sockatmark(fd) : -1;
}

/* What queuedBytes() asks for. */
enum { UNREAD, UNACKNOWLEDGED, UNSENT };

/* queuedBytes(fd, which) -> bytes: 0 received and not read, 1 sent and not acknowledged, 2 not sent */
static ssize_t sys_queued_bytes(call_t *call) {
    int fd = call_int(call, 0), which = call_int(call, 1);
    if (!call_ok(call)) return -1;
    if (which < UNREAD || which > UNSENT) return fail_with(EINVAL);
    return queued_bytes(fd, which);
}

/* poll(fd, events, milliseconds) -> the events that are ready, 0 when the time is over */
static ssize_t sys_poll(call_t *call) {
    int fd = call_int(call, 0), events = call_int(call, 1), milliseconds = call_int(call, 2);
    return call_ok(call) ? poll_fd(fd, events, milliseconds) : -1;
}

const method_t socket_methods[] = {
    {"socket", .syscall = sys_socket},
    {"socketpair", .syscall = sys_socketpair},
    {"bind", .syscall = sys_bind},
    {"connect", .syscall = sys_connect},
    {"connectNonblocking", .syscall = sys_connect_nonblocking},
    {"connectError", .syscall = sys_connect_error},
    {"connectPeer", .syscall = sys_connect_peer},
    {"listen", .syscall = sys_listen},
    {"accept4", .syscall = sys_accept4},
    {"acceptNonblocking", .syscall = sys_accept_nonblocking},
    {"shutdown", .syscall = sys_shutdown},
    {"close", .syscall = sys_close},
    {"lingers", .number = fd_lingers},
    {"closeAtOnce", .syscall = sys_close_at_once},
    {"closeOnThread", .number = fd_close_on_thread},
    {"closeReporting", .number = fd_close_reporting},
    {"dup", .syscall = sys_dup},
    {"getsockname", .syscall = sys_getsockname},
    {"getpeername", .syscall = sys_getpeername},
    {"fcntl", .syscall = sys_fcntl},
    {"sockatmark", .syscall = sys_sockatmark},
    {"queuedBytes", .syscall = sys_queued_bytes},
    {"poll", .syscall = sys_poll},
    {0},
};
