/* Native functions: how they read their JavaScript arguments and answer.
 *
 * A native function gets the call, reads its arguments, and answers unless one of them is bad:
 *
 *     static ssize_t sys_recv(call_t *call) {
 *         int fd = call_int(call, 0), flags = call_int(call, 4);
 *         bytes_t into = call_slice(call, 1);
 *         return call_ok(call) ? recv_bytes(fd, into.start, into.length, flags) : -1;
 *     }
 *
 * Its row in a table of methods says what kind of answer it gives. The dispatcher in call.c, the
 * only function that Node-API calls, makes the JavaScript value of it.
 *
 * A wrong argument marks the call as bad and reads as a harmless value. After the function has
 * returned, the dispatcher throws a TypeError that numbers the argument. TypeScript has checked
 * every argument before; this second check keeps a mistake there from becoming a stray read here. */
#ifndef BERKELEY_CALL_H
#define BERKELEY_CALL_H

#include <errno.h>
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "env.h"

enum { CALL_ARGS_MAX = 8 };

typedef struct {
    napi_env napi;
    env_t *env;
    napi_value argv[CALL_ARGS_MAX];
    int bad_argument; /* index of the first wrong argument, or -1 */
} call_t;

/* A native function and its name in JavaScript. Exactly one of the three is set. Each file lists
 * its functions in a table that ends with a row of zeros. */
typedef struct method {
    const char *name;
    ssize_t (*syscall)(call_t *call);  /* answers a count, or -1 with errno: -errno in JavaScript */
    int64_t (*number)(call_t *call);   /* answers a number, which JavaScript gets as it is */
    napi_value (*value)(call_t *call); /* answers any value, NULL for undefined */
} method_t;

/* A stretch of memory that JavaScript owns. Reading an element of an array may run JavaScript (a
 * getter), which may detach memory. By rule bytes are taken after all other arguments, and never kept
 * across a callback. */
typedef struct {
    uint8_t *start;
    size_t length;
} bytes_t;

/* False when an argument was wrong: the function must return without having done anything. */
static inline bool call_ok(const call_t *call) {
    return call->bad_argument < 0;
}

void call_mark_bad(call_t *call, size_t index);

/* Whether the argument is anything but undefined. */
bool call_has(const call_t *call, size_t index);
int32_t call_int(call_t *call, size_t index);
int64_t call_int64(call_t *call, size_t index);
bytes_t call_bytes(call_t *call, size_t index);
/* Like call_bytes(), but undefined gives start == NULL. */
bytes_t call_optional_bytes(call_t *call, size_t index);
/* The part [offset, offset + length) of the bytes in argument `index`; the two numbers are the
 * arguments that follow it. A part that is not inside the bytes throws a RangeError. */
bytes_t call_slice(call_t *call, size_t index);
/* Copies a string without NUL inside; false (and a bad call) when it does not fit `room`.
 * `undefined` gives false without a bad call. */
bool call_string(call_t *call, size_t index, char *to, size_t room);
/* Like call_string(), but `undefined` is a bad call. */
void call_text(call_t *call, size_t index, char *to, size_t room);

/* The answer of a syscall function that made no system call. Only for those: a number function
 * returns -errno itself. */
static inline ssize_t fail_with(int error) {
    errno = error;
    return -1;
}

/* The memory of an ArrayBufferView, with the checks that keep the N-API calls from aborting. */
bool bytes_of(napi_env napi, napi_value value, bytes_t *bytes);
/* Whether the ArrayBuffer of an empty view was transferred away. */
bool is_detached(napi_env napi, napi_value view);

napi_value new_string(napi_env napi, const char *text);
napi_value new_int(napi_env napi, int64_t value);
/* A Buffer with a copy of the bytes. */
napi_value new_bytes(napi_env napi, const void *from, size_t length);
napi_value new_undefined(napi_env napi);

/* Adds the functions of a table to the exports of an addon. */
void export_methods(env_t *env, napi_value exports, const method_t *method);
/* Adds the registers. False without memory; and, from Node 26 on, when the worker that loads the
 * addon is being terminated: then nothing can be made any more, and nothing will be used. */
bool export_registers(env_t *env, napi_value exports);

#endif
