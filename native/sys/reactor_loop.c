/* Waits by a single uv_poll_t on the epoll set: libuv sees one descriptor, whatever the number of sockets. One more is
 * for the socket that is watched for itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include "../port/port.h"
#include "reactor.h"

static void on_readable(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    reactor_report(poll->data);
}

static void on_closed(uv_handle_t *handle) {
    reactor_t *reactor = handle->data;
    env_t *env = reactor->env;
    free(handle);
    reactor_free(reactor);
    env_release(env);
}

static void loop_set_referenced(reactor_t *reactor, bool referenced) {
    if (referenced)
        uv_ref(reactor->waiting);
    else
        uv_unref(reactor->waiting);
}

/* A socket that is watched for itself is in the set of libuv, so that no call is needed to learn that it is ready. It has
 * no handle of libuv, which would abort when other code closes the descriptor, and would cost a call for each change. In its
 * place there is one handle for good, on an eventfd that is never ready: the socket is registered with the number of
 * that one, by which libuv finds what to call. */
typedef struct {
    uv_poll_t poll; /* first, so that it is the handle too */
    reactor_t *reactor;
    env_t *env;
    int eventfd;
    bool is_found; /* whether libuv is known to find the handle by that number */
    int fd;        /* of the socket, or -1 */
    uint64_t cookie;
    int32_t slot, generation;
} alone_t;

static void on_alone_ready(uv_poll_t *poll, int status, int events);

static void start_alone(alone_t *alone) {
    uv_poll_start(&alone->poll, UV_READABLE | UV_PRIORITIZED | UV_DISCONNECT, on_alone_ready);
}

static void on_alone_ready(uv_poll_t *poll, int status, int events) {
    alone_t *alone = (alone_t *)poll;
    uint32_t bits = status < 0 ? EPOLLERR : 0;
    if (events & UV_READABLE) bits |= EPOLLIN;
    if (events & UV_PRIORITIZED) bits |= EPOLLPRI;
    if (events & UV_DISCONNECT) bits |= EPOLLRDHUP;
    /* After an error libuv has stopped. */
    if (status < 0) start_alone(alone);
    if (alone->fd >= 0) reactor_report_alone(alone->reactor, alone->slot, alone->generation, bits);
}

static void on_alone_closed(uv_handle_t *handle) {
    /* The reactor is gone by now. */
    env_t *env = ((alone_t *)handle)->env;
    free(handle);
    env_release(env);
}

/* Where that cannot be, all sockets stay in the set. Here, and not when it is needed, so that the descriptors of a
 * program are those that it had when it first waited. */
static void open_alone(reactor_t *reactor, uv_loop_t *loop) {
    alone_t *alone = calloc(1, sizeof *alone);
    if (alone == NULL) return;
    alone->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (alone->eventfd < 0 || uv_poll_init(loop, &alone->poll, alone->eventfd) < 0) {
        if (alone->eventfd >= 0) close(alone->eventfd);
        free(alone);
        return;
    }
    alone->reactor = reactor;
    alone->env = reactor->env;
    alone->fd = -1;
    reactor->alone = alone;
    env_hold(reactor->env);
    start_alone(alone);
    uv_unref((uv_handle_t *)&alone->poll);
}

static int loop_open(reactor_t *reactor) {
    uv_loop_t *loop;
    if (napi_get_uv_event_loop(reactor->env->napi, &loop) != napi_ok) return -ENOTSUP;
    uv_poll_t *poll = malloc(sizeof *poll);
    if (poll == NULL) return -ENOMEM;
    int error = uv_poll_init(loop, poll, reactor->epoll);
    if (error < 0) {
        free(poll);
        return error;
    }
    poll->data = reactor;
    reactor->waiting = poll;
    env_hold(reactor->env);
    uv_poll_start(poll, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)poll);
    open_alone(reactor, loop);
    return 0;
}

/* Whether libuv has registered the eventfd with its number, and nothing else: the kernel shows that. How libuv finds
 * its handles is its own affair, and may be another in a later version. */
static bool is_found(const alone_t *alone) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", uv_backend_fd(alone->poll.loop));
    FILE *info = fopen(path, "re");
    if (info == NULL) return false;
    bool found = false;
    while (!found && fgets(line, sizeof line, info) != NULL) {
        int number = -1;
        unsigned events = 0;
        unsigned long long data = 0;
        int fields = sscanf(line, "tfd: %d events: %x data: %llx", &number, &events, &data);
        found = fields == 3 && number == alone->eventfd && data == (unsigned)alone->eventfd;
    }
    fclose(info);
    return found;
}

static int control_alone(const alone_t *alone, int operation, int fd) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
    event.data.fd = alone->eventfd;
    return epoll_ctl(uv_backend_fd(alone->poll.loop), operation, fd, &event) < 0 ? -errno : 0;
}

static int loop_watch_alone(reactor_t *reactor, int fd, int32_t slot, int32_t generation) {
    alone_t *alone = reactor->alone;
    if (alone == NULL) return -ENOTSUP;
    if (!alone->is_found) alone->is_found = is_found(alone);
    if (!alone->is_found || socket_cookie(fd, &alone->cookie) < 0) return -ENOTSUP;
    int error = control_alone(alone, EPOLL_CTL_ADD, fd);
    if (error < 0) return error;
    alone->fd = fd;
    alone->slot = slot;
    alone->generation = generation;
    return 0;
}

static void loop_forget_alone(reactor_t *reactor) {
    alone_t *alone = reactor->alone;
    if (alone == NULL || alone->fd < 0) return;
    int fd = alone->fd;
    uint64_t cookie;
    alone->fd = -1;
    /* If other code has closed it, the number may be that of a socket of Node's, which is in the same set. */
    if (socket_cookie(fd, &cookie) == 0 && cookie == alone->cookie)
        control_alone(alone, EPOLL_CTL_DEL, fd);
}

static void close_alone(alone_t *alone) {
    uv_close((uv_handle_t *)&alone->poll, on_alone_closed);
    close(alone->eventfd);
}

static void loop_close(reactor_t *reactor) {
    if (reactor->alone != NULL) close_alone(reactor->alone);
    uv_poll_stop(reactor->waiting);
    uv_close(reactor->waiting, on_closed);
}

const waiter_t loop_waiter = {
    .open = loop_open,
    .set_referenced = loop_set_referenced,
    .watch_alone = loop_watch_alone,
    .forget_alone = loop_forget_alone,
    .close = loop_close,
};
