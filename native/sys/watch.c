/* Readiness by libuv alone, where there is no epoll: one uv_poll_t for each socket. libuv reports a state
 * for as long as it lasts, and not its changes: JavaScript decides what is polled for. What one turn of the
 * loop reports is gathered, and given to JavaScript as one batch right after it. An entry is known by its
 * number in a table, which nothing reports any more once the entry was removed. */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "../callback.h"
#include "../ledger.h"
#include "../syscall.h"
#include "sys.h"

#ifndef POLLRDHUP
#define POLLRDHUP   0x2000 /* as JavaScript has it; poll(2) is never asked for it here */
#define POLL_STATES (POLLIN | POLLPRI | POLLOUT)
#else
#define POLL_STATES (POLLIN | POLLPRI | POLLOUT | POLLRDHUP)
#endif

typedef struct watch {
    env_t *env;
    uv_poll_t poll;
    int fd;
    int32_t id;
    cleanup_t cleanup;
} watch_t;

/* What happened to one entry. */
typedef struct {
    int32_t id;    /* negative when it was removed since */
    int32_t state; /* POLL* bits */
} report_t;

enum { BATCH = SHARED_BYTES / sizeof(report_t) };

typedef struct watches {
    env_t *env;
    uv_check_t after_poll; /* keeps the event loop alive while it is referenced */
    napi_ref callback, shared_ref;
    cleanup_t cleanup;
    report_t *reports; /* shared with JavaScript */
    int32_t count;     /* of the reports that JavaScript has not seen whole */
    watch_t **entries; /* by id; NULL where one is free */
    int32_t room;
} watches_t;

/* POLL* to what libuv calls it, and back. */
static const struct {
    int poll, uv;
} names[] = {
    {POLLIN, UV_READABLE},
    {POLLOUT, UV_WRITABLE},
    {POLLPRI, UV_PRIORITIZED},
    {POLLRDHUP, UV_DISCONNECT},
};

static int to_uv(int events) {
    int result = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (events & names[i].poll) result |= names[i].uv;
    return result;
}

static int from_uv(int events) {
    int result = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (events & names[i].uv) result |= names[i].poll;
    return result;
}

/* libuv says nothing of hang-ups, names urgent data where there are only those, and stops polling at an
 * error: what is behind such a report, poll(2) tells. */
static int state_of(const watch_t *watch, int status, int events) {
    if (status == 0 && (events & (UV_DISCONNECT | UV_PRIORITIZED)) == 0) return from_uv(events);
    int state = poll_fd(watch->fd, POLL_STATES, 0);
    if (state < 0) state = 0;
    return status < 0 ? state | POLLERR : state | from_uv(events & UV_DISCONNECT);
}

/* Gives JavaScript what was gathered. */
static void report_batch(watches_t *watches) {
    callback_scope_t scope;
    if (watches->count == 0) return;
    if (callback_open(watches->env, &scope)) {
        callback_call(watches->env, watches->callback, new_int(scope.napi, watches->count));
        callback_close(&scope);
    }
    watches->count = 0;
}

static void after_poll(uv_check_t *check) {
    report_batch(check->data);
}

static void on_state(uv_poll_t *poll, int status, int events) {
    const watch_t *watch = poll->data;
    watches_t *watches = watch->env->watches;
    if (watches->count == BATCH) report_batch(watches);
    watches->reports[watches->count++] = (report_t){watch->id, state_of(watch, status, events)};
}

/* An id may be given to another entry while its reports wait. */
static void forget_reports(watches_t *watches, int32_t id) {
    for (int32_t i = 0; i < watches->count; i++)
        if (watches->reports[i].id == id) watches->reports[i].id = -1;
}

static void on_watch_closed(uv_handle_t *handle) {
    watch_t *watch = handle->data;
    env_t *env = watch->env;
    free(watch);
    env_release(env);
}

/* Afterwards nothing is reported any more, and the fd may be closed. */
static void close_watch(watch_t *watch) {
    watches_t *watches = watch->env->watches;
    forget_reports(watches, watch->id);
    watches->entries[watch->id] = NULL;
    env_remove_cleanup(&watch->cleanup);
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

static void close_with_environment(void *data) {
    close_watch(data);
}

static void on_check_closed(uv_handle_t *handle) {
    watches_t *watches = handle->data;
    env_t *env = watches->env;
    free(watches->entries);
    free(watches);
    env_release(env);
}

static void drop_shared(watches_t *watches) {
    napi_env napi = watches->env->napi;
    if (watches->shared_ref) napi_delete_reference(napi, watches->shared_ref);
    if (watches->callback) napi_delete_reference(napi, watches->callback);
}

/* Watches were added later, so that they are closed by now. */
static void watches_close(void *data) {
    watches_t *watches = data;
    drop_shared(watches);
    uv_close((uv_handle_t *)&watches->after_poll, on_check_closed);
}

/* What JavaScript sees of the reports, and the callback; NULL without memory. */
static napi_value share(watches_t *watches, napi_value callback) {
    napi_env napi = watches->env->napi;
    napi_value buffer;
    void *start = NULL;
    if (napi_create_arraybuffer(napi, SHARED_BYTES, &start, &buffer) != napi_ok) return NULL;
    watches->reports = start;
    if (napi_create_reference(napi, buffer, 1, &watches->shared_ref) != napi_ok) return NULL;
    if (napi_create_reference(napi, callback, 1, &watches->callback) != napi_ok) return NULL;
    return buffer;
}

/* watchOpen(callback) -> the reports as an ArrayBuffer, or -errno. Once per environment. The callback gets how
 * many there are: each is the id of an entry, and its state as POLL*. */
static napi_value watch_open(call_t *call) {
    env_t *env = call->env;
    uv_loop_t *loop;
    if (env->watches != NULL) return new_int(env->napi, -EEXIST);
    if (napi_get_uv_event_loop(env->napi, &loop) != napi_ok) return new_int(env->napi, -ENOTSUP);
    watches_t *watches = calloc(1, sizeof *watches);
    if (watches == NULL) return new_int(env->napi, -ENOMEM);
    watches->env = env;
    napi_value shared = share(watches, call->argv[0]);
    if (shared == NULL) {
        drop_shared(watches);
        free(watches);
        return new_int(env->napi, -ENOMEM);
    }
    /* Neither can fail. */
    uv_check_init(loop, &watches->after_poll);
    uv_check_start(&watches->after_poll, after_poll);
    watches->after_poll.data = watches;
    uv_unref((uv_handle_t *)&watches->after_poll);
    env->watches = watches;
    env_add_cleanup(env, &watches->cleanup, watches_close, watches);
    env_hold(env);
    return shared;
}

/* watchHold(held): keeps the event loop alive, or lets it end */
static int64_t watch_hold(call_t *call) {
    int held = call_int(call, 0);
    if (!call_ok(call)) return -1;
    if (call->env->watches == NULL) return -EBADF;
    uv_handle_t *holder = (uv_handle_t *)&call->env->watches->after_poll;
    if (held)
        uv_ref(holder);
    else
        uv_unref(holder);
    return 0;
}

static watch_t *entry_of(const env_t *env, int32_t id) {
    const watches_t *watches = env->watches;
    return watches != NULL && id >= 0 && id < watches->room ? watches->entries[id] : NULL;
}

/* Makes room for an id; false without memory. */
static bool has_room(watches_t *watches, int32_t id) {
    enum { STEP = 64 };
    if (id < watches->room) return true;
    int32_t room = id + STEP;
    watch_t **entries = realloc(watches->entries, (size_t)room * sizeof *entries);
    if (entries == NULL) return false;
    memset(entries + watches->room, 0, (size_t)(room - watches->room) * sizeof *entries);
    watches->entries = entries;
    watches->room = room;
    return true;
}

/* libuv makes the open socket non-blocking, for every process that shares it: what it was before is put back. */
static int init_poll(uv_loop_t *loop, uv_poll_t *poll, int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    int error = uv_poll_init(loop, poll, fd);
    if (error == 0 && flags >= 0 && (flags & O_NONBLOCK) == 0) fcntl(fd, F_SETFL, flags);
    return error;
}

/* An entry whose handle is ready to be started. libuv asks the kernel whether the fd can be polled. */
static int new_watch(env_t *env, int32_t id, int fd) {
    watch_t *watch = calloc(1, sizeof *watch);
    if (watch == NULL) return -ENOMEM;
    uv_loop_t *loop = env->watches->after_poll.loop;
    int error = init_poll(loop, &watch->poll, fd);
    if (error < 0) {
        free(watch);
        return error;
    }
    watch->env = env;
    watch->fd = fd;
    watch->id = id;
    watch->poll.data = watch;
    env->watches->entries[id] = watch;
    env_add_cleanup(env, &watch->cleanup, close_with_environment, watch);
    env_hold(env);
    uv_unref((uv_handle_t *)&watch->poll);
    return 0;
}

enum { IDS_MAX = 1 << 24 };

/* watchAdd(id, fd, events) -> 0 or -errno. The id must be free. */
static int64_t watch_add(call_t *call) {
    int32_t id = call_int(call, 0);
    int fd = call_int(call, 1), events = call_int(call, 2);
    env_t *env = call->env;
    if (!call_ok(call)) return -1;
    if (env->watches == NULL || fd < 0) return -EBADF;
    if (id < 0 || id >= IDS_MAX) return -EINVAL;
    if (!has_room(env->watches, id)) return -ENOMEM;
    if (env->watches->entries[id] != NULL) return -EEXIST;
    int error = new_watch(env, id, fd);
    if (error < 0) return error;
    watch_t *watch = env->watches->entries[id];
    error = uv_poll_start(&watch->poll, to_uv(events), on_state);
    if (error < 0) close_watch(watch);
    return error;
}

/* watchSet(id, events) -> 0 or -errno: what an entry is polled for from now on; nothing, for 0. libuv aborts the
 * process when it is to poll what other code has closed: -EBADF then, and the entry stays as it was. */
static int64_t watch_set(call_t *call) {
    int32_t id = call_int(call, 0);
    int events = call_int(call, 1);
    if (!call_ok(call)) return -1;
    watch_t *watch = entry_of(call->env, id);
    if (watch == NULL) return -ENOENT;
    if (events == 0) return uv_poll_stop(&watch->poll);
    if (!ledger_owns(call->env, watch->fd)) return -EBADF;
    return uv_poll_start(&watch->poll, to_uv(events), on_state);
}

/* watchRemove(id): afterwards its callback does not come any more, and the id is free */
static int64_t watch_remove(call_t *call) {
    int32_t id = call_int(call, 0);
    if (!call_ok(call)) return -1;
    watch_t *watch = entry_of(call->env, id);
    if (watch == NULL) return -ENOENT;
    close_watch(watch);
    return 0;
}

const method_t watch_methods[] = {
    {"watchOpen", .value = watch_open},      {"watchHold", .number = watch_hold},
    {"watchAdd", .number = watch_add},       {"watchSet", .number = watch_set},
    {"watchRemove", .number = watch_remove}, {0},
};
