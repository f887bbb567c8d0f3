/* A system call on a thread of the runtime's pool, and the callback that gets its result. */
#ifndef BERKELEY_WORK_H
#define BERKELEY_WORK_H

#include <node_api.h>
#include <sys/types.h>

#include "env.h"

/* The first member of a struct with what the call needs. */
typedef struct work {
    /* Makes the call, on the thread: a count, or -errno. */
    ssize_t (*run)(struct work *work);
    /* Releases what the call needed, this memory included. */
    void (*drop)(struct work *work);
    /* What the callback gets, made on the thread of the environment; NULL for the result. */
    napi_value (*answer)(struct work *work);
    /* Set by work_start(). */
    env_t *env;
    napi_async_work handle;
    napi_ref callback;
    ssize_t result;
} work_t;

/* Queues the work, and teardown waits for it: 0, or -ENOMEM. Then the work is neither run nor
 * dropped. */
int work_start(work_t *work, env_t *env, const char *name, napi_value callback);

#endif
