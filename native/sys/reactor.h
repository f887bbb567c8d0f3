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
    /* Watches a socket for itself, edge-triggered: reactor_report_alone() is called when it is ready. 0, or -errno:
     * -ENOTSUP where there is no such way. One socket at a time. When other code closes it that ends, without a
     * word, as in the set. */
    int (*watch_alone)(struct reactor *reactor, int fd, int32_t slot, int32_t generation);
    /* Ends that, if there is one. */
    void (*forget_alone)(struct reactor *reactor);
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
    void *alone;   /* what it needs for the socket that it watches for itself */
    struct shared_state *shared;
    bool was_short; /* whether the last batch took less than `short_batch` */
    napi_ref callback, shared_ref;
    cleanup_t cleanup;
} reactor_t;

/* Reports what is ready, in batches. */
void reactor_report(reactor_t *reactor);

/* Reports events, EPOLL* bits, of the socket that is watched for itself. */
void reactor_report_alone(reactor_t *reactor, int32_t slot, int32_t generation, uint32_t events);

void reactor_free(reactor_t *reactor);

#endif
