/* Sockets of other network namespaces, and descriptors of other processes. */
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../ledger.h"
#include "../syscall.h"
#include "../thread.h"
#include "sys.h"

enum { PATH_ROOM = 4096 }; /* PATH_MAX */

/* Their numbers are the same on every architecture; older headers lack them. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

typedef struct {
    int netns, family, type, protocol;
    int result; /* the descriptor, or -errno */
    bool has_entered;
} making_t;

static void *make_socket(void *data) {
    making_t *making = data;
    making->result = -1;
    making->has_entered = setns(making->netns, CLONE_NEWNET) == 0;
    if (making->has_entered)
        making->result = socket(making->family, making->type | SOCK_CLOEXEC, making->protocol);
    if (making->result < 0) making->result = -errno;
    return NULL;
}

/* On a thread of its own, which ends with the call: a namespace belongs to a thread, and one that could not
 * go back would have all of its later sockets in the wrong network. */
static int socket_in(making_t *making) {
    pthread_t thread;
    int error = thread_start(&thread, make_socket, making);
    if (error < 0) return error;
    thread_join(thread);
    return making->result;
}

/* socketIn(netns or -1, path?, family, type, protocol) -> fd, close-on-exec, or -errno; register 0: 1 when it
 * was socket(2) that failed, and not open(2) or setns(2) */
static int64_t make_socket_in(call_t *call) {
    char path[PATH_ROOM] = "";
    int netns = call_int(call, 0);
    bool has_path = call_string(call, 1, path, sizeof path);
    making_t making = {.netns = netns,
                       .family = call_int(call, 2),
                       .type = call_int(call, 3),
                       .protocol = call_int(call, 4)};
    if (!call_ok(call)) return -1;
    if (has_path) making.netns = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int result = making.netns < 0 ? -errno : socket_in(&making);
    if (has_path && making.netns >= 0) close(making.netns);
    call->env->registers[0].number = making.has_entered;
    return result < 0 ? result : ledger_add(call->env, result);
}

/* pidfdOpen(pid) -> fd, close-on-exec, which belongs to the caller */
static ssize_t sys_pidfd_open(call_t *call) {
    int pid = call_int(call, 0);
    return call_ok(call) ? syscall(SYS_pidfd_open, pid, 0) : -1;
}

/* pidfdGetfd(pidfd, fd) -> fd, close-on-exec, which belongs to the caller */
static ssize_t sys_pidfd_getfd(call_t *call) {
    int pidfd = call_int(call, 0), fd = call_int(call, 1);
    return call_ok(call) ? syscall(SYS_pidfd_getfd, pidfd, fd, 0) : -1;
}

const method_t netns_methods[] = {
    {"socketIn", .number = make_socket_in},
    {"pidfdOpen", .syscall = sys_pidfd_open},
    {"pidfdGetfd", .syscall = sys_pidfd_getfd},
    {0},
};
