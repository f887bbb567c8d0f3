/* Readiness: one epoll set per environment, watched by a single uv_poll_t of its event loop. An
 * event carries a slot and a generation, because the number of an fd may be used again before the
 * event is seen. JavaScript gets events in batches, and decides what each of them wakes. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

#include "../callback.h"
#include "sys.h"

/* JavaScript reads the data of a socket right after the batch that reports it. Batches are small,
 * so that the kernel's memory of that socket is still in the cache then; and only so many are
 * reported before the rest of the event loop has its turn. */
enum { BATCH = 32, BATCHES = 8, INTS_PER_EVENT = 3 };

/* Memory shared with JavaScript, as an Int32Array. */
typedef struct {
    int32_t keepalive_count; /* waits that keep the event loop alive; written by JavaScript */
    int32_t referenced;      /* whether the loop is kept alive at the moment */
    int32_t events[BATCH * INTS_PER_EVENT]; /* slot, generation, EPOLL* bits */
} shared_state_t;

typedef struct reactor {
    env_t *env;
    int epoll;
    uv_poll_t poll;
    napi_ref callback, shared_ref;
    shared_state_t *shared;
    cleanup_t cleanup;
    struct epoll_event batch[BATCH];
} reactor_t;

static void set_referenced(reactor_t *reactor, bool referenced) {
    if (referenced)
        uv_ref((uv_handle_t *)&reactor->poll);
    else
        uv_unref((uv_handle_t *)&reactor->poll);
    reactor->shared->referenced = referenced;
}

/* Reports one batch to JavaScript. Returns whether there may be more. */
static bool report_events(reactor_t *reactor) {
    callback_scope_t scope;
    int count = epoll_wait(reactor->epoll, reactor->batch, BATCH, 0);
    if (count <= 0 || !callback_open(reactor->env, &scope)) return false;
    int32_t *row = reactor->shared->events;
    for (int i = 0; i < count; i++, row += INTS_PER_EVENT) {
        uint64_t tag = reactor->batch[i].data.u64;
        row[0] = (int32_t)(tag & UINT32_MAX);
        row[1] = (int32_t)(tag >> 32);
        row[2] = (int32_t)reactor->batch[i].events;
    }
    callback_call(reactor->env, reactor->callback, new_int(scope.napi, count));
    callback_close(&scope);
    return count == BATCH && !reactor->env->closing;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
    reactor_t *reactor = poll->data;
    (void)status;
    (void)events;
    for (int batches = 0; batches < BATCHES && report_events(reactor); batches++) {
    }
    /* Most wait again while the batch is handled. So the event loop is released here, and not as
     * soon as the count is 0. */
    shared_state_t *shared = reactor->shared;
    if (!reactor->env->closing && shared->keepalive_count == 0 && shared->referenced)
        set_referenced(reactor, false);
}

static void on_closed(uv_handle_t *handle) {
    reactor_t *reactor = handle->data;
    env_t *env = reactor->env;
    close(reactor->epoll);
    env_remove_cleanup(&reactor->cleanup);
    free(reactor);
    env_release(env);
}

static void reactor_close(void *data) {
    reactor_t *reactor = data;
    napi_env napi = reactor->env->napi;
    napi_delete_reference(napi, reactor->callback);
    napi_delete_reference(napi, reactor->shared_ref);
    uv_poll_stop(&reactor->poll);
    uv_close((uv_handle_t *)&reactor->poll, on_closed);
}

static int watch(reactor_t *reactor) {
    env_t *env = reactor->env;
    uv_loop_t *loop;
    if (napi_get_uv_event_loop(env->napi, &loop) != napi_ok) return -ENOTSUP;
    int error = uv_poll_init(loop, &reactor->poll, reactor->epoll);
    if (error < 0) return error;
    reactor->poll.data = reactor;
    env->reactor = reactor;
    env_add_cleanup(env, &reactor->cleanup, reactor_close, reactor);
    env_hold(env);
    uv_poll_start(&reactor->poll, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)&reactor->poll);
    return 0;
}

/* The shared state as an ArrayBuffer, which a reference keeps alive. */
static napi_value new_shared_state(reactor_t *reactor) {
    napi_env napi = reactor->env->napi;
    napi_value buffer;
    void *start = NULL;
    if (napi_create_arraybuffer(napi, SHARED_BYTES, &start, &buffer) != napi_ok) return NULL;
    memset(start, 0, SHARED_BYTES);
    reactor->shared = start;
    if (napi_create_reference(napi, buffer, 1, &reactor->shared_ref) != napi_ok) return NULL;
    return buffer;
}

static int keep_callback(reactor_t *reactor, napi_value callback) {
    napi_env napi = reactor->env->napi;
    return napi_create_reference(napi, callback, 1, &reactor->callback) == napi_ok ? 0 : -ENOMEM;
}

/* reactorOpen(callback) -> the shared state, or -errno. Once per environment. */
static napi_value reactor_open(call_t *call) {
    napi_env napi = call->napi;
    if (call->env->reactor != NULL) return new_int(napi, -EEXIST);
    reactor_t *reactor = calloc(1, sizeof *reactor);
    if (reactor == NULL) return new_int(napi, -ENOMEM);
    reactor->env = call->env;
    reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
    int error = reactor->epoll < 0 ? -errno : 0;
    napi_value shared = error < 0 ? NULL : new_shared_state(reactor);
    if (error == 0) error = shared == NULL ? -ENOMEM : keep_callback(reactor, call->argv[0]);
    if (error == 0) error = watch(reactor);
    if (error == 0) return shared;
    if (reactor->callback) napi_delete_reference(napi, reactor->callback);
    if (reactor->shared_ref) napi_delete_reference(napi, reactor->shared_ref);
    if (reactor->epoll >= 0) close(reactor->epoll);
    free(reactor);
    return new_int(napi, error);
}

/* epollCtl(operation, fd, events, slot, generation) */
static ssize_t sys_epoll_ctl(call_t *call) {
    int operation = call_int(call, 0), fd = call_int(call, 1), events = call_int(call, 2);
    int slot = call_int(call, 3), generation = call_int(call, 4);
    if (!call_ok(call)) return -1;
    const reactor_t *reactor = call->env->reactor;
    if (reactor == NULL) return fail_with(EBADF);
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = (uint32_t)events;
    event.data.u64 = (uint64_t)(uint32_t)generation << 32 | (uint32_t)slot;
    return epoll_ctl(reactor->epoll, operation, fd, &event);
}

/* reactorHold(held): keeps the event loop alive, or lets it end */
static int64_t reactor_hold(call_t *call) {
    int held = call_int(call, 0);
    if (!call_ok(call)) return -1;
    if (call->env->reactor == NULL) return -EBADF;
    set_referenced(call->env->reactor, held != 0);
    return 0;
}

/* callOutside(function): calls it outside of every asynchronous context */
static napi_value call_outside(call_t *call) {
    napi_value result = NULL;
    callback_outside(call->napi, call->argv[0], 0, NULL, &result);
    return result;
}

const method_t reactor_methods[] = {
    {"callOutside", .value = call_outside},
    {"reactorOpen", .value = reactor_open},
    {"reactorHold", .number = reactor_hold},
    {"epollCtl", .syscall = sys_epoll_ctl},
    {0},
};
