/* Readiness: one epoll set per environment, watched by a single uv_poll_t of its event loop.
 * Events are named by slot and generation, never by a bare fd, and cross into JavaScript in
 * batches. Who waits for what is decided there; this file only carries the news. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

#include "../callback.h"
#include "../call.h"

/* Small batches: what a reader does with its data comes right after the batch, when the kernel's memory of that
 * socket is still in the cache. So many of them before the rest of the event loop has its turn. */
enum { BATCH = 32, BATCHES = 8, INTS_PER_EVENT = 3 };

/* Memory that JavaScript shares. `holders` counts the waits that keep the event loop alive;
 * `referenced` says whether the loop is held at the moment. */
typedef struct {
    int32_t holders, referenced;
    int32_t events[BATCH * INTS_PER_EVENT]; /* slot, generation, EPOLL* bits */
} board_t;

struct reactor {
    addon_t *addon;
    int epoll;
    uv_poll_t poll;
    napi_ref callback, board_ref;
    board_t *board;
    struct epoll_event batch[BATCH];
};

static void set_referenced(reactor_t *reactor, bool referenced) {
    if (referenced)
        uv_ref((uv_handle_t *)&reactor->poll);
    else
        uv_unref((uv_handle_t *)&reactor->poll);
    reactor->board->referenced = referenced;
}

/* One batch: tells JavaScript what epoll knows. Returns whether there may be more. */
static bool tell(reactor_t *reactor) {
    callback_scope_t scope;
    int count = epoll_wait(reactor->epoll, reactor->batch, BATCH, 0);
    if (count <= 0 || !callback_open(reactor->addon, &scope)) return false;
    int32_t *row = reactor->board->events;
    for (int i = 0; i < count; i++, row += INTS_PER_EVENT) {
        uint64_t tag = reactor->batch[i].data.u64;
        row[0] = (int32_t)(tag & UINT32_MAX);
        row[1] = (int32_t)(tag >> 32);
        row[2] = (int32_t)reactor->batch[i].events;
    }
    callback_call(reactor->addon, reactor->callback, new_int(scope.env, count));
    callback_close(&scope);
    return count == BATCH && !reactor->addon->closing;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
    reactor_t *reactor = poll->data;
    (void)status;
    (void)events;
    for (int batches = 0; batches < BATCHES && tell(reactor); batches++) {
    }
    /* A conversation waits again within the batch; only when nobody does is the loop let go. */
    if (!reactor->addon->closing && reactor->board->holders == 0 && reactor->board->referenced)
        set_referenced(reactor, false);
}

static void on_closed(uv_handle_t *handle) {
    reactor_t *reactor = handle->data;
    addon_t *addon = reactor->addon;
    close(reactor->epoll);
    free(reactor);
    addon_settled(addon);
}

void reactor_close(reactor_t *reactor) {
    napi_env env = reactor->addon->env;
    napi_delete_reference(env, reactor->callback);
    napi_delete_reference(env, reactor->board_ref);
    uv_poll_stop(&reactor->poll);
    uv_close((uv_handle_t *)&reactor->poll, on_closed);
}

static int watch(reactor_t *reactor) {
    uv_loop_t *loop;
    if (napi_get_uv_event_loop(reactor->addon->env, &loop) != napi_ok) return -ENOTSUP;
    int error = uv_poll_init(loop, &reactor->poll, reactor->epoll);
    if (error < 0) return error;
    reactor->poll.data = reactor;
    reactor->addon->outstanding++;
    reactor->addon->reactor = reactor;
    uv_poll_start(&reactor->poll, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)&reactor->poll);
    return 0;
}

/* The board as an ArrayBuffer, kept alive by a reference of ours. */
static napi_value new_board(reactor_t *reactor) {
    napi_env env = reactor->addon->env;
    napi_value buffer;
    void *start = NULL;
    if (napi_create_arraybuffer(env, sizeof(board_t), &start, &buffer) != napi_ok) return NULL;
    memset(start, 0, sizeof(board_t));
    reactor->board = start;
    napi_create_reference(env, buffer, 1, &reactor->board_ref);
    return buffer;
}

/* reactorOpen(callback) -> the board, or -errno. Once per environment. */
static napi_value reactorOpen_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    if (call.addon->reactor != NULL) return call_number(&call, -EEXIST);
    reactor_t *reactor = calloc(1, sizeof *reactor);
    if (reactor == NULL) return call_number(&call, -ENOMEM);
    reactor->addon = call.addon;
    reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
    int error = reactor->epoll < 0 ? -errno : 0;
    napi_value board = error < 0 ? NULL : new_board(reactor);
    if (error == 0) error = board == NULL ? -ENOMEM : watch(reactor);
    if (error == 0) {
        napi_create_reference(env, call.argv[0], 1, &reactor->callback);
        return board;
    }
    if (reactor->board_ref) napi_delete_reference(env, reactor->board_ref);
    if (reactor->epoll >= 0) close(reactor->epoll);
    free(reactor);
    return call_number(&call, error);
}

/* epollCtl(operation, fd, events, slot, generation) */
static napi_value epollCtl_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int operation = call_int(&call, 0), fd = call_int(&call, 1), events = call_int(&call, 2);
    int slot = call_int(&call, 3), generation = call_int(&call, 4);
    if (!call_good(&call)) return NULL;
    if (call.addon->reactor == NULL) return call_number(&call, -EBADF);
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = (uint32_t)events;
    event.data.u64 = (uint64_t)(uint32_t)generation << 32 | (uint32_t)slot;
    return call_result(&call, epoll_ctl(call.addon->reactor->epoll, operation, fd, &event));
}

/* reactorHold(held): keep the event loop alive, or let it end */
static napi_value reactorHold_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int held = call_int(&call, 0);
    if (!call_good(&call)) return NULL;
    if (call.addon->reactor == NULL) return call_number(&call, -EBADF);
    set_referenced(call.addon->reactor, held != 0);
    return call_number(&call, 0);
}

const method_t reactor_methods[] = {
    {"reactorOpen", reactorOpen_},
    {"reactorHold", reactorHold_},
    {"epollCtl", epollCtl_},
    {NULL, NULL},
};
