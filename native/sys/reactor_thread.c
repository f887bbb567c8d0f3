/* Waits by a thread of its own, for runtimes without libuv's event loop. The thread takes nothing from the epoll
 * set: it sees that there is something, calls a threadsafe function, and sleeps until JavaScript has taken it. So
 * there is never more than one such call under way, and between the threads there is nothing but the descriptors
 * and the word that it is to end. */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../call.h"
#include "../thread.h"
#include "reactor.h"

typedef struct {
    pthread_t thread;
    napi_threadsafe_function report;
    int epoll;
    int taken; /* an eventfd: what was reported has been taken, or the thread is to end */
    atomic_bool ends;
} watcher_t;

static void wake(const watcher_t *watcher) {
    /* The count is read before the next report, so that it never overflows. */
    eventfd_write(watcher->taken, 1);
}

/* Waits until the set is readable. False when the thread is to end. */
static bool wait_for_events(watcher_t *watcher) {
    struct pollfd fds[] = {{watcher->epoll, POLLIN, 0}, {watcher->taken, POLLIN, 0}};
    while (poll(fds, 2, -1) < 0) {
    }
    return !atomic_load(&watcher->ends);
}

static bool wait_until_taken(watcher_t *watcher) {
    eventfd_t count;
    while (eventfd_read(watcher->taken, &count) < 0) {
    }
    return !atomic_load(&watcher->ends);
}

/* False when the runtime takes no calls any more, because the environment ends. */
static bool report(watcher_t *watcher) {
    return napi_call_threadsafe_function(watcher->report, NULL, napi_tsfn_nonblocking) == napi_ok;
}

static void *watch(void *data) {
    while (wait_for_events(data) && report(data) && wait_until_taken(data)) {
    }
    return NULL;
}

/* On the thread of the environment. Without one, the call comes too late. */
static void on_report(napi_env napi, napi_value callback, void *context, void *data) {
    reactor_t *reactor = context;
    (void)callback;
    (void)data;
    if (napi == NULL || reactor->env->closing) return;
    reactor_report(reactor);
    if (!reactor->env->closing) wake(reactor->waiting);
}

static int open_function(reactor_t *reactor, watcher_t *watcher) {
    napi_env napi = reactor->env->napi;
    napi_value name = new_string(napi, "berkeley.reactor");
    napi_status status = napi_create_threadsafe_function(napi, NULL, NULL, name, 0, 1, NULL, NULL,
                                                         reactor, on_report, &watcher->report);
    return status == napi_ok ? 0 : -ENOMEM;
}

static void close_function(watcher_t *watcher) {
    napi_release_threadsafe_function(watcher->report, napi_tsfn_abort);
}

static int start_thread(reactor_t *reactor, watcher_t *watcher) {
    int error = open_function(reactor, watcher);
    if (error < 0) return error;
    napi_unref_threadsafe_function(reactor->env->napi, watcher->report);
    if (thread_start(&watcher->thread, watch, watcher) == 0) return 0;
    close_function(watcher);
    return -ENOMEM; /* or EAGAIN for the limit of threads: both pass with time */
}

static int thread_open(reactor_t *reactor) {
    watcher_t *watcher = calloc(1, sizeof *watcher);
    if (watcher == NULL) return -ENOMEM;
    watcher->epoll = reactor->epoll;
    watcher->taken = eventfd(0, EFD_CLOEXEC);
    int error = watcher->taken < 0 ? -errno : start_thread(reactor, watcher);
    if (error == 0) {
        reactor->waiting = watcher;
        return 0;
    }
    if (watcher->taken >= 0) close(watcher->taken);
    free(watcher);
    return error;
}

static void thread_set_referenced(reactor_t *reactor, bool referenced) {
    const watcher_t *watcher = reactor->waiting;
    if (referenced)
        napi_ref_threadsafe_function(reactor->env->napi, watcher->report);
    else
        napi_unref_threadsafe_function(reactor->env->napi, watcher->report);
}

/* The thread has ended before anything that it uses is released. It does not wait for JavaScript. */
static void thread_close(reactor_t *reactor) {
    watcher_t *watcher = reactor->waiting;
    atomic_store(&watcher->ends, true);
    wake(watcher);
    thread_join(watcher->thread);
    close_function(watcher);
    close(watcher->taken);
    free(watcher);
    reactor_free(reactor);
}

/* The thread watches the set as a whole. */
static int thread_watch_alone(reactor_t *reactor, int fd, int32_t slot, int32_t generation) {
    (void)reactor;
    (void)fd;
    (void)slot;
    (void)generation;
    return -ENOTSUP;
}

static void thread_forget_alone(reactor_t *reactor) {
    (void)reactor;
}

const waiter_t thread_waiter = {
    .open = thread_open,
    .set_referenced = thread_set_referenced,
    .watch_alone = thread_watch_alone,
    .forget_alone = thread_forget_alone,
    .close = thread_close,
};
