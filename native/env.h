/* State of one environment: the main thread, or one worker. There is no other state, but for the table
 * of owned fds in ledger.c: nothing else is global or shared between threads. */
#ifndef BERKELEY_ENV_H
#define BERKELEY_ENV_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers carry what a call returns beside its count: an address length, a pair of fds, the
 * fields of a struct. JavaScript sees the same memory as a Float64Array and a BigUint64Array, so
 * no object is built for them. Valid until the next native call. */
enum { REGISTERS = 80 };

/* The size of memory that is shared with JavaScript: what the protection against detaching it needs,
 * see src/native/memory.ts. */
enum { SHARED_BYTES = 4096 };

typedef union {
    double number;
    uint64_t u64;
} register_value_t;

/* An entry of the list of what to do before the environment ends. It is a member of the thing that
 * is cleaned up, so that adding it needs no memory. */
typedef struct cleanup {
    void (*run)(void *data);
    void *data;
    struct cleanup *next, **link;
} cleanup_t;

/* A native function in one environment: what Node-API hands to the dispatcher, see call.c. */
typedef struct {
    struct env *env;
    const struct method *method;
} bound_method_t;

enum { METHODS_MAX = 128 }; /* of one addon */

/* Behind the registers: short data that JavaScript sends, and the address that it goes to; or control messages that it
 * receives. To find the memory of a view costs more than to copy so few bytes to memory that is known. */
enum { BEHIND_NAME = 1024, BEHIND_DATA = BEHIND_NAME + 128, BEHIND_MOST = 2048 };

typedef struct env {
    napi_env napi;
    register_value_t *registers;
    napi_ref registers_ref;
    /* What the dispatcher does around each function, or NULL. */
    void (*begin)(struct env *env), (*end)(struct env *env);
    cleanup_t *cleanups; /* the one that was added last */
    int pending;         /* callbacks of libuv that teardown has to wait for */
    bool closing;        /* the environment ends: JavaScript must not be touched any more */
    napi_async_cleanup_hook_handle hook; /* NULL until something is pending */
    bool closes_fds;                     /* what it owns is closed with it: see ledger.h */
    bool lacks_libuv;                    /* the runtime has neither its loop nor its threads */
    cleanup_t ledger_cleanup;
    cleanup_t closers;       /* see linger.h */
    struct reactor *reactor; /* see sys/reactor.c; NULL until the first wait */
    struct watches *watches; /* see sys/watch.c; likewise */
    struct inbox *inbox;     /* see sys/inbox.c; NULL until the first loop over datagrams */
    bound_method_t methods[METHODS_MAX];
    size_t method_count;
} env_t;

/* NULL without memory. Frees itself when the environment has ended and nothing is pending. */
env_t *env_new(napi_env napi);

/* Calls run(data) when the environment ends, unless the entry is removed before. What was added last
 * runs first. */
void env_add_cleanup(env_t *env, cleanup_t *entry, void (*run)(void *data), void *data);
void env_remove_cleanup(cleanup_t *entry);

/* The state outlives the environment until each hold is released: for callbacks of libuv that are still
 * to come. Only then is there a cleanup hook that waits, and never on a runtime without libuv's loop: Deno
 * frees it twice. There the state is lost with callbacks that do not come any more. */
void env_hold(env_t *env);
void env_release(env_t *env);

#endif
