/* Waits by a single uv_poll_t on the epoll set: libuv sees one descriptor, whatever the number of sockets. One more is
 * for the socket that is watched for itself, if there is one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

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
    return 0;
}

static void loop_set_referenced(reactor_t *reactor, bool referenced) {
    if (referenced)
        uv_ref(reactor->waiting);
    else
        uv_unref(reactor->waiting);
}

/* The socket that is watched for itself. */
typedef struct {
    uv_poll_t poll; /* first, so that it is the handle too */
    reactor_t *reactor;
    env_t *env;
    int fd;
} alone_t;

static void watch_state(alone_t *alone);

static void on_alone_ready(uv_poll_t *poll, int status, int events) {
    uint32_t bits = status < 0 ? EPOLLERR : 0;
    if (events & UV_READABLE) bits |= EPOLLIN;
    if (events & UV_PRIORITIZED) bits |= EPOLLPRI;
    if (events & UV_DISCONNECT) bits |= EPOLLRDHUP;
    reactor_t *reactor = ((alone_t *)poll)->reactor;
    reactor_report_alone(reactor, bits);
    /* libuv has stopped after an error, which may still be looked at here. */
    if (status < 0 && reactor->alone == (void *)poll) watch_state((alone_t *)poll);
}

static void watch_state(alone_t *alone) {
    uv_poll_start(&alone->poll, UV_READABLE | UV_PRIORITIZED | UV_DISCONNECT, on_alone_ready);
}

static void on_alone_closed(uv_handle_t *handle) {
    env_t *env = ((alone_t *)handle)->env;
    free(handle);
    env_release(env);
}

/* libuv aborts when the kernel refuses a descriptor that other code has closed: so it gets one that no other
 * code knows. It would also make the socket non-blocking, which is not for us to do if another owner wants it to block. */
static int own_duplicate(int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return -errno;
    if ((flags & O_NONBLOCK) == 0) return -ENOTSUP;
    int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return duplicate < 0 ? -errno : duplicate;
}

static int loop_watch_alone(reactor_t *reactor, int fd) {
    uv_loop_t *loop;
    if (napi_get_uv_event_loop(reactor->env->napi, &loop) != napi_ok) return -ENOTSUP;
    alone_t *alone = malloc(sizeof *alone);
    if (alone == NULL) return -ENOMEM;
    *alone = (alone_t){.reactor = reactor, .env = reactor->env, .fd = own_duplicate(fd)};
    int error = alone->fd < 0 ? alone->fd : uv_poll_init(loop, &alone->poll, alone->fd);
    if (error < 0) {
        if (alone->fd >= 0) close(alone->fd);
        free(alone);
        return error;
    }
    env_hold(reactor->env);
    watch_state(alone);
    uv_unref((uv_handle_t *)&alone->poll);
    reactor->alone = alone;
    return 0;
}

static void loop_forget_alone(reactor_t *reactor) {
    alone_t *alone = reactor->alone;
    if (alone == NULL) return;
    reactor->alone = NULL;
    uv_close((uv_handle_t *)&alone->poll, on_alone_closed);
    close(alone->fd);
}

static void loop_close(reactor_t *reactor) {
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
