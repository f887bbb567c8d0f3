/* How a native function reads its JavaScript arguments and answers.
 *
 * Every function follows one pattern:
 *
 *     call_t call;
 *     call_begin(&call, env, info);
 *     int fd = call_int(&call, 0);
 *     bytes_t data = call_bytes(&call, 1);
 *     if (!call_good(&call)) return NULL;
 *     return call_result(&call, recv(fd, data.start, data.length, 0));
 *
 * A wrong argument marks the call as bad and yields a harmless value; call_good() then throws a
 * TypeError that numbers the argument. The TypeScript side has checked everything before, so
 * this is the second wall: it keeps a mistake there from becoming a stray read here. */
#ifndef BERKELEY_CALL_H
#define BERKELEY_CALL_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "env.h"

enum { CALL_ARGS_MAX = 8 };

typedef struct {
    napi_env env;
    addon_t *addon;
    napi_value argv[CALL_ARGS_MAX];
    int bad_argument; /* index of the first argument of a wrong type, or -1 */
} call_t;

/* A stretch of memory that JavaScript owns. Valid until JavaScript runs again, so it is taken
 * after every other argument and never kept across a callback. */
typedef struct {
    uint8_t *start;
    size_t length;
} bytes_t;

void call_begin(call_t *call, napi_env env, napi_callback_info info);

bool call_has(const call_t *call, size_t index);
int32_t call_int(call_t *call, size_t index);
int64_t call_int64(call_t *call, size_t index);
bytes_t call_bytes(call_t *call, size_t index);
/* Like call_bytes(), but undefined stands for "none" and gives start == NULL. */
bytes_t call_optional_bytes(call_t *call, size_t index);
/* The part [offset, offset + length) of the bytes in argument `index`; the two numbers are the
 * arguments that follow it. A part that does not lie inside throws a RangeError. */
bytes_t call_slice(call_t *call, size_t index);
/* Copies a string without NUL inside; false (and a bad call) when it does not fit `room`.
 * `undefined` gives false without a bad call. */
bool call_string(call_t *call, size_t index, char *to, size_t room);
/* Like call_string(), but it has to be there: `undefined` is a bad call. */
void call_text(call_t *call, size_t index, char *to, size_t room);

bool call_good(call_t *call);

/* What a system call returned, as a count or as -errno. Reads errno: call it at once. */
napi_value call_result(const call_t *call, ssize_t result);
/* A number as it is: a count, or a -errno that was kept. */
napi_value call_number(const call_t *call, int64_t value);

/* The memory of an ArrayBufferView, with the checks that keep the N-API calls from aborting. */
bool bytes_of(napi_env env, napi_value value, bytes_t *bytes);
/* An empty view may be one whose ArrayBuffer was transferred away: asked only when it is empty. */
bool is_detached(napi_env env, napi_value view);

napi_value new_string(napi_env env, const char *text);
napi_value new_int(napi_env env, int64_t value);
/* A fresh Uint8Array's worth of memory, copied: Buffer. */
napi_value new_bytes(napi_env env, const void *from, size_t length);
napi_value new_undefined(napi_env env);

/* Puts the functions of a module, and the registers, among the exports of an addon. False where there
 * is no memory; and, from Node 26 on, when the worker that loads the addon is terminated meanwhile:
 * then nothing can be made any more, and no JavaScript will ask for it. */
void export_methods(addon_t *addon, napi_value exports, const method_t *method);
bool export_registers(addon_t *addon, napi_value exports);

#endif
