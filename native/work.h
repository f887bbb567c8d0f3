/* A system call on a thread of libuv's pool, and the callback that gets what it returned. */
#ifndef BERKELEY_WORK_H
#define BERKELEY_WORK_H

#include <node_api.h>
#include <stdbool.h>
#include <sys/types.h>

#include "env.h"

/* The first member of what a call needs. */
typedef struct work {
    /* Makes the call, on the thread: a count, or -errno. */
    ssize_t (*run)(struct work *work);
    /* Gives back what the call had, this memory included. */
    void (*drop)(struct work *work);
    /* It has to be made even when the environment goes away before a thread is free. */
    bool owed;
    /* Kept by work_start(). */
    addon_t *addon;
    napi_async_work handle;
    napi_ref callback;
    ssize_t result;
} work_t;

/* Hands it to the pool: 0, or -ENOMEM, and then it is neither made nor dropped. The addon waits for it. */
int work_start(work_t *work, addon_t *addon, const char *name, napi_value callback);

#endif
