/* Moving bytes. MSG_NOSIGNAL is always set. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../linger.h"
#include "../port/port.h"
#include "../syscall.h"
#include "../work.h"
#include "sys.h"

/* recv(fd, buffer, offset, length, flags) */
static ssize_t sys_recv(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 4);
    bytes_t into = call_slice(call, 1);
    return call_ok(call) ? recv_bytes(fd, into.start, into.length, flags) : -1;
}

/* recvfrom(fd, buffer, offset, length, flags, sockaddr); address length in register 0 */
static ssize_t sys_recvfrom(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 4);
    bytes_t into = call_slice(call, 1);
    bytes_t addr = call_bytes(call, 5);
    if (!call_ok(call)) return -1;
    socklen_t length = (socklen_t)addr.length;
    ssize_t result = recvfrom(fd, into.start, into.length, flags, (struct sockaddr *)addr.start,
                              &length);
    call->env->registers[0].number = length;
    return result;
}

/* send(fd, buffer, offset, length, flags) */
static ssize_t sys_send(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 4);
    bytes_t from = call_slice(call, 1);
    return call_ok(call) ? send_bytes(fd, from.start, from.length, flags) : -1;
}

static ssize_t send_to(int fd, bytes_t from, int flags, bytes_t addr) {
    return sendto(fd, from.start, from.length, flags | MSG_NOSIGNAL, (struct sockaddr *)addr.start,
                  (socklen_t)addr.length);
}

/* sendto(fd, buffer, offset, length, flags, sockaddr) */
static ssize_t sys_sendto(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 4);
    bytes_t from = call_slice(call, 1);
    bytes_t addr = call_bytes(call, 5);
    return call_ok(call) ? send_to(fd, from, flags, addr) : -1;
}

/* sendShort(fd, length, flags, address length): send(2), or sendto(2) where there is an address, of what is behind the
 * registers */
static ssize_t sys_send_short(call_t *call) {
    int fd = call_int(call, 0), length = call_int(call, 1);
    int flags = call_int(call, 2), name_length = call_int(call, 3);
    if (!call_ok(call)) return -1;
    if (length < 0 || length > BEHIND_MOST || name_length < 0 ||
        name_length > BEHIND_DATA - BEHIND_NAME)
        return fail_with(EINVAL);
    uint8_t *memory = (uint8_t *)call->env->registers;
    bytes_t from = {memory + BEHIND_DATA, (size_t)length};
    bytes_t name = {memory + BEHIND_NAME, (size_t)name_length};
    return name_length > 0 ? send_to(fd, from, flags, name)
                           : send_bytes(fd, from.start, from.length, flags);
}

/* How SIGPIPE was handled before a call that may raise it. */
typedef struct {
    bool is_ignored;
    sigset_t mask, pending;
} sigpipe_t;

static sigset_t only_sigpipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

static void block_sigpipe(sigpipe_t *before) {
    struct sigaction action;
    before->is_ignored = sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
    if (before->is_ignored) return;
    const sigset_t set = only_sigpipe();
    sigpending(&before->pending);
    /* Of the calling thread: pthread_sigmask() would do the same and raise the glibc floor. */
    sigprocmask(SIG_BLOCK, &set, &before->mask);
}

/* Takes away the signal that the call raised, which may also have sent a part. Keeps errno. */
static void restore_sigpipe(const sigpipe_t *before) {
    if (before->is_ignored) return;
    int error = errno;
    if (!sigismember(&before->pending, SIGPIPE)) take_sigpipe();
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
    errno = error;
}

/* sendfile(2) has no MSG_NOSIGNAL. Node ignores SIGPIPE, but a program that embeds Node may not. */
static ssize_t sendfile_without_sigpipe(int socket, int file, off_t *offset, size_t count) {
    sigpipe_t before;
    block_sigpipe(&before);
    ssize_t result = send_file(socket, file, offset, count);
    restore_sigpipe(&before);
    return result;
}

/* sendfile(socket, file, offset, count); the file's own position is not moved */
static ssize_t sys_sendfile(call_t *call) {
    int socket = call_int(call, 0), file = call_int(call, 1);
    int64_t offset = call_int64(call, 2), count = call_int64(call, 3);
    if (!call_ok(call)) return -1;
    if (offset < 0 || count < 0) return fail_with(EINVAL);
    off_t position = offset;
    return sendfile_without_sigpipe(socket, file, &position, (size_t)count);
}

/* Bytes that one visit to the other thread sends at most, of one sendfile(2), and of one copy. */
enum { TRANSFER_MAX = 1 << 24, PART_MAX = 1 << 20, COPY_MAX = 1 << 17 };

/* A sendfile(2) on another thread, because reading the file may wait for a disk. It works on
 * duplicates: the fds may be closed meanwhile, and their numbers used again. */
typedef struct {
    work_t work;
    int socket, file;
    off_t offset;
    size_t count;
} transfer_t;

/* After shutdown(2) a full unix stream does not become writable either, so a send of nothing
 * decides: -EPIPE, or -EAGAIN. */
static ssize_t full_or_shut_down(int socket) {
    return send_bytes(socket, "", 0, MSG_DONTWAIT) < 0 ? -errno : -EAGAIN;
}

/* In place of sendfile(2), which has no MSG_DONTWAIT. */
static ssize_t copy_part(transfer_t *transfer, size_t most) {
    uint8_t copy[COPY_MAX];
    size_t room = most < sizeof copy ? most : sizeof copy;
    ssize_t count = pread(transfer->file, copy, room, transfer->offset);
    if (count > 0) count = send_bytes(transfer->socket, copy, (size_t)count, MSG_DONTWAIT);
    if (count > 0) transfer->offset += count;
    return count;
}

/* A process that shares the socket may have made it blocking, and then sendfile(2) would hold the thread for
 * as long as the peer does not read. So it is asked before each part. A part is small: where O_NONBLOCK
 * is cleared in the middle of it, there is mostly room for the rest. */
static ssize_t send_part(transfer_t *transfer, size_t most) {
    int nonblocking = is_nonblocking(transfer->socket);
    if (nonblocking < 0) return -1;
    if (!nonblocking) return copy_part(transfer, most);
    return sendfile_without_sigpipe(transfer->socket, transfer->file, &transfer->offset, most);
}

/* Sends parts as long as there is room. An error after the first is not consumed: the next visit
 * reports it. */
static ssize_t transfer_some(transfer_t *transfer) {
    size_t all = transfer->count < TRANSFER_MAX ? transfer->count : TRANSFER_MAX, sent = 0;
    if (poll_fd(transfer->socket, POLLOUT, 0) == 0) return full_or_shut_down(transfer->socket);
    do {
        size_t most = all - sent < PART_MAX ? all - sent : PART_MAX;
        ssize_t count = send_part(transfer, most);
        if (count < 0) return sent > 0 ? (ssize_t)sent : -errno;
        sent += (size_t)count;
        if ((size_t)count < most) break;
    } while (sent < all && poll_fd(transfer->socket, POLLOUT, 0) == POLLOUT);
    return (ssize_t)sent;
}

/* If the socket was closed meanwhile, the duplicate is the last one, and with SO_LINGER its close(2) would
 * hold up the pool. */
static ssize_t transfer_run(work_t *work) {
    transfer_t *transfer = (transfer_t *)work;
    ssize_t result = transfer_some(transfer);
    close_unattended(transfer->socket);
    transfer->socket = -1;
    return result;
}

static void transfer_drop(work_t *work) {
    transfer_t *transfer = (transfer_t *)work;
    if (transfer->socket >= 0) close_unattended(transfer->socket);
    if (transfer->file >= 0) close(transfer->file);
    free(transfer);
}

/* The file first: the number of one that is not open could be that of the socket's duplicate. */
static int duplicate_both(transfer_t *transfer, int socket, int file) {
    transfer->file = duplicate_fd(file);
    transfer->socket = transfer->file < 0 ? -1 : duplicate_fd(socket);
    return transfer->socket < 0 ? -errno : 0;
}

/* sendfileAsync(callback, socket, file, offset, count) -> 0, and later callback(count or -errno) */
static int64_t sendfile_async(call_t *call) {
    int socket = call_int(call, 1), file = call_int(call, 2);
    int64_t offset = call_int64(call, 3), count = call_int64(call, 4);
    if (!call_ok(call)) return -1;
    if (offset < 0 || count < 0) return -EINVAL;
    transfer_t *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL) return -ENOMEM;
    transfer->work = (work_t){.run = transfer_run, .drop = transfer_drop};
    transfer->offset = offset;
    transfer->count = (size_t)count;
    int error = duplicate_both(transfer, socket, file);
    if (error == 0)
        error = work_start(&transfer->work, call->env, "berkeley.sendfile", call->argv[0]);
    if (error < 0) transfer_drop(&transfer->work);
    return error;
}

const method_t io_methods[] = {
    {"recv", .syscall = sys_recv},
    {"recvfrom", .syscall = sys_recvfrom},
    {"send", .syscall = sys_send},
    {"sendto", .syscall = sys_sendto},
    {"sendShort", .syscall = sys_send_short},
    {"sendfile", .syscall = sys_sendfile},
    {"sendfileAsync", .number = sendfile_async},
    {0},
};
