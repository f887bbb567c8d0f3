/* Waits by a single uv_poll_t on the epoll set: libuv sees one descriptor, whatever the number of sockets. */
#include <errno.h>
#include <stdlib.h>
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

static void loop_close(reactor_t *reactor) {
    uv_poll_stop(reactor->waiting);
    uv_close(reactor->waiting, on_closed);
}

const waiter_t loop_waiter = {loop_open, loop_set_referenced, loop_close};
