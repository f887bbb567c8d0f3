/* What the parts of the reactor have in common: reactor.c has the epoll set and its batches, and a waiter wakes
 * JavaScript when the set has something to report. */
#ifndef BERKELEY_REACTOR_H
#define BERKELEY_REACTOR_H

#include <stdbool.h>

#include "../env.h"

/* A way to wait. All of it is called on the thread of the environment. */
typedef struct waiter {
    /* 0, or -errno: then nothing was begun. From now on reactor_report() is called on the thread of the
     * environment when the set is readable. That alone does not keep the event loop alive. */
    int (*open)(struct reactor *reactor);
    void (*set_referenced)(struct reactor *reactor, bool referenced);
    /* The environment ends. It calls reactor_free(), at once or when its last callback has come. */
    void (*close)(struct reactor *reactor);
} waiter_t;

extern const waiter_t loop_waiter;   /* by libuv's event loop */
extern const waiter_t thread_waiter; /* by a thread of its own */

typedef struct reactor {
    env_t *env;
    int epoll;
    const waiter_t *waiter;
    void *waiting; /* what the waiter needs */
    struct shared_state *shared;
    bool was_short; /* whether the last batch took less than SHORT_BATCH_NS */
    napi_ref callback, shared_ref;
    cleanup_t cleanup;
} reactor_t;

/* Reports what is ready, in batches. */
void reactor_report(reactor_t *reactor);

void reactor_free(reactor_t *reactor);

#endif
