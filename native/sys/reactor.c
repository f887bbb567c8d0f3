/* Readiness: one epoll set per environment, and a waiter (see reactor.h) that watches it as a whole. An
 * event carries a slot and a generation, because the number of an fd may be used again before the
 * event is seen. JavaScript gets events in batches, and decides what each of them wakes. Along with
 * an event it gets what the reader of the socket waits for, if that reader has left word here. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "../callback.h"
#include "../syscall.h"
#include "gathered.h"
#include "reactor.h"
#include "sys.h"

/* JavaScript reads the data of a socket right after the batch that reports it. Batches are small,
 * so that the kernel's memory of that socket is still in the cache then; and only so many are
 * reported before the rest of the event loop has its turn. */
enum { BATCH = 32, BATCHES = 8 };

/* Sockets with a higher slot get their data in the ordinary way. */
enum { READERS_MAX = 1 << 14 };

/* One for all readers of a batch: small messages, after which there is room for a large one. */
enum { DATA_BYTES = 1 << 17 };

/* In place of the answer of a call that was not made. */
enum { NOT_MADE = INT32_MIN };

/* What happened to one socket. */
typedef struct {
    int32_t slot, generation;
    int32_t events; /* EPOLL* bits */
    int32_t answer; /* of recv(2) for its reader: a count, -errno, or NOT_MADE */
    int32_t offset; /* where in the data that begins */
} event_t;

/* A reader that waits, and can take what recv(2) gives from the data. */
typedef struct {
    int32_t generation, fd;
    int32_t room;  /* bytes that it takes at most; 0 while there is no such reader */
    int32_t flags; /* MSG_* */
} reader_t;

/* What is written while a batch is handled leaves at its end: so many bytes, addresses included. */
enum { OUT_BYTES = 3 << 15 };

/* What of the data that is sent while a batch is handled leaves at its end. */
enum { GATHERS_NOTHING, GATHERS_WRITES, GATHERS_SENDS };

/* Memory shared with JavaScript. */
typedef struct shared_state {
    int32_t keepalive_count; /* waits that keep the event loop alive; written by JavaScript */
    int32_t referenced;      /* whether the loop is kept alive at the moment */
    int32_t gathers;         /* GATHERS_* */
    int32_t write_count;     /* written by JavaScript */
    int32_t awaited_count;   /* those of them that a call waits for; likewise */
    int32_t short_batch;     /* in µs: after it what calls wait for is gathered; likewise */
    event_t events[BATCH];
    write_t writes[WRITES_MAX];
    reader_t readers[READERS_MAX]; /* by slot; written by JavaScript */
    uint8_t data[DATA_BYTES], out[OUT_BYTES];
} shared_state_t;

/* JavaScript protects the memory, which takes a power of two. */
enum { STATE_BYTES = 1 << 19 };
_Static_assert(sizeof(shared_state_t) <= STATE_BYTES, "the shared state does not fit");

static void set_referenced(reactor_t *reactor, bool referenced) {
    reactor->waiter->set_referenced(reactor, referenced);
    reactor->shared->referenced = referenced;
}

/* The reader of a socket with plain data, and nothing else, to receive. The tag of an event may be that of a
 * former watch whose descriptor other code has closed. */
static reader_t *reader_of(shared_state_t *shared, const event_t *event) {
    const uint32_t others = EPOLLPRI | EPOLLERR;
    uint32_t events = (uint32_t)event->events;
    if ((events & EPOLLIN) == 0 || (events & others) != 0 || event->slot >= READERS_MAX)
        return NULL;
    reader_t *reader = &shared->readers[event->slot];
    return reader->room > 0 && reader->generation == event->generation ? reader : NULL;
}

/* Receives for the reader of a socket. What it takes of the data is returned. */
static size_t receive_for(reader_t *reader, event_t *event, uint8_t *to, size_t room) {
    if (reader == NULL || (size_t)reader->room > room) return 0;
    ssize_t count = recv_bytes(reader->fd, to, (size_t)reader->room, reader->flags);
    event->answer = count < 0 ? -errno : (int32_t)count;
    size_t taken = count < 0 ? 0 : (size_t)count;
    if (taken > (size_t)reader->room) taken = (size_t)reader->room; /* MSG_TRUNC counts more */
    reader->room = 0;
    return taken;
}

/* All receives of a batch are made in a row, before JavaScript is entered: neither has to come back into the
 * cache for each of them. */
static void receive_batch(shared_state_t *shared, int count) {
    enum { ALIGNMENT = 8 };
    size_t used = 0;
    for (event_t *event = shared->events; event < shared->events + count; event++) {
        event->answer = NOT_MADE;
        event->offset = (int32_t)used;
        reader_t *reader = reader_of(shared, event);
        used += receive_for(reader, event, shared->data + used, DATA_BYTES - used);
        used = (used + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    }
}

/* Returns how many of the first writes JavaScript has to look at. */
static int32_t send_writes(shared_state_t *shared) {
    int32_t failed = gathered_send(shared->writes, shared->write_count, shared->out);
    shared->write_count = 0;
    return failed;
}

/* Ends a batch: negative numbers tell JavaScript of writes. */
static void finish_writes(reactor_t *reactor, napi_env napi) {
    shared_state_t *shared = reactor->shared;
    if (reactor->env->closing) return;
    shared->gathers = GATHERS_NOTHING;
    int32_t count = shared->write_count, awaited = shared->awaited_count;
    if (count == 0) return;
    int32_t failed = send_writes(shared);
    int32_t told = awaited > 0 ? count : failed;
    if (told > 0) callback_call(reactor->env, reactor->callback, new_int(napi, -told));
}

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Lets JavaScript handle a batch. */
static void call_handlers(reactor_t *reactor, napi_env napi, int count) {
    shared_state_t *shared = reactor->shared;
    /* Of one socket nothing is gained by it, and its peer would wait. */
    if (count > 1) shared->gathers = reactor->was_short ? GATHERS_SENDS : GATHERS_WRITES;
    int64_t begin = nanoseconds();
    callback_call(reactor->env, reactor->callback, new_int(napi, count));
    reactor->was_short = nanoseconds() - begin < (int64_t)shared->short_batch * 1000;
}

/* Reports one batch to JavaScript. */
static void report_batch(reactor_t *reactor, int count) {
    callback_scope_t scope;
    if (!callback_open(reactor->env, &scope)) return;
    receive_batch(reactor->shared, count);
    call_handlers(reactor, scope.napi, count);
    finish_writes(reactor, scope.napi);
    callback_close(&scope);
}

/* Returns whether there may be more. */
static bool report_events(reactor_t *reactor) {
    struct epoll_event batch[BATCH];
    event_t *events = reactor->shared->events;
    int count = epoll_wait(reactor->epoll, batch, BATCH, 0);
    if (count <= 0) return false;
    for (int i = 0; i < count; i++) {
        uint64_t tag = batch[i].data.u64;
        events[i].slot = (int32_t)(tag & UINT32_MAX);
        events[i].generation = (int32_t)(tag >> 32);
        events[i].events = (int32_t)batch[i].events;
    }
    report_batch(reactor, count);
    return count == BATCH && !reactor->env->closing;
}

/* Most wait again while the batch is handled. So the event loop is released after it, and not as soon as the
 * count is 0. */
static void release_loop(reactor_t *reactor) {
    const shared_state_t *shared = reactor->shared;
    if (!reactor->env->closing && shared->keepalive_count == 0 && shared->referenced)
        set_referenced(reactor, false);
}

void reactor_report(reactor_t *reactor) {
    for (int batches = 0; batches < BATCHES && report_events(reactor); batches++) {
    }
    release_loop(reactor);
}

void reactor_report_alone(reactor_t *reactor, int32_t slot, int32_t generation, uint32_t events) {
    event_t *event = reactor->shared->events;
    event->slot = slot;
    event->generation = generation;
    event->events = (int32_t)events;
    report_batch(reactor, 1);
    release_loop(reactor);
}

void reactor_free(reactor_t *reactor) {
    close(reactor->epoll);
    env_remove_cleanup(&reactor->cleanup);
    free(reactor);
}

static void reactor_close(void *data) {
    reactor_t *reactor = data;
    napi_env napi = reactor->env->napi;
    /* The environment may end in the middle of a batch, by process.exit(). */
    send_writes(reactor->shared);
    napi_delete_reference(napi, reactor->callback);
    napi_delete_reference(napi, reactor->shared_ref);
    reactor->waiter->forget_alone(reactor);
    reactor->waiter->close(reactor);
}

static int watch(reactor_t *reactor) {
    env_t *env = reactor->env;
    int error = reactor->waiter->open(reactor);
    if (error < 0) return error;
    env->reactor = reactor;
    env_add_cleanup(env, &reactor->cleanup, reactor_close, reactor);
    return 0;
}

/* The shared state as an ArrayBuffer, which a reference keeps alive. */
static napi_value new_shared_state(reactor_t *reactor) {
    napi_env napi = reactor->env->napi;
    napi_value buffer;
    void *start = NULL;
    /* It is zeroed, mostly without being touched. */
    if (napi_create_arraybuffer(napi, STATE_BYTES, &start, &buffer) != napi_ok) return NULL;
    reactor->shared = start;
    if (napi_create_reference(napi, buffer, 1, &reactor->shared_ref) != napi_ok) return NULL;
    return buffer;
}

static int keep_callback(reactor_t *reactor, napi_value callback) {
    napi_env napi = reactor->env->napi;
    return napi_create_reference(napi, callback, 1, &reactor->callback) == napi_ok ? 0 : -ENOMEM;
}

/* reactorOpen(callback, on a thread) -> the shared state, or -errno. Once per environment. */
static napi_value reactor_open(call_t *call) {
    napi_env napi = call->napi;
    int on_thread = call_int(call, 1);
    if (!call_ok(call)) return NULL;
    if (call->env->reactor != NULL) return new_int(napi, -EEXIST);
    reactor_t *reactor = calloc(1, sizeof *reactor);
    if (reactor == NULL) return new_int(napi, -ENOMEM);
    reactor->env = call->env;
    reactor->waiter = on_thread ? &thread_waiter : &loop_waiter;
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

/* reactorAlone(fd, slot, generation): watches a socket for itself; none, if fd is negative */
static int64_t reactor_alone(call_t *call) {
    int fd = call_int(call, 0), slot = call_int(call, 1), generation = call_int(call, 2);
    if (!call_ok(call)) return -1;
    reactor_t *reactor = call->env->reactor;
    if (reactor == NULL) return -EBADF;
    reactor->waiter->forget_alone(reactor);
    return fd < 0 ? 0 : reactor->waiter->watch_alone(reactor, fd, slot, generation);
}

/* reactorFlush() -> how many of the first writes have to be looked at. Sends what was written. */
static int64_t reactor_flush(call_t *call) {
    reactor_t *reactor = call->env->reactor;
    return reactor == NULL ? -EBADF : send_writes(reactor->shared);
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
    {"reactorFlush", .number = reactor_flush},
    {"reactorHold", .number = reactor_hold},
    {"epollCtl", .syscall = sys_epoll_ctl},
    {"reactorAlone", .number = reactor_alone},
    {0},
};
