#include "call.h"

#include <stdio.h>
#include <string.h>

/* The dispatcher */

/* Reading an argument may have thrown already, with words of its own. */
static void throw_bad_argument(const call_t *call) {
    bool thrown = false;
    napi_is_exception_pending(call->napi, &thrown);
    if (thrown) return;
    char message[64];
    snprintf(message, sizeof message, "native argument %d has a wrong type", call->bad_argument);
    napi_throw_type_error(call->napi, "ERR_INVALID_ARG_TYPE", message);
}

static int64_t number_of(const method_t *method, call_t *call) {
    if (method->number) return method->number(call);
    ssize_t result = method->syscall(call);
    return result < 0 ? -errno : result;
}

/* The callback of every function of an addon: calls its method and makes the answer. */
static napi_value dispatch(napi_env napi, napi_callback_info info) {
    call_t call;
    size_t argc = CALL_ARGS_MAX;
    void *data = NULL;
    /* Node-API fills missing arguments with undefined. */
    napi_get_cb_info(napi, info, &argc, call.argv, NULL, &data);
    const bound_method_t *bound = data;
    const method_t *method = bound->method;
    call.napi = napi;
    call.env = bound->env;
    call.bad_argument = -1;
    if (call.env->begin) call.env->begin(call.env);
    napi_value value = method->value ? method->value(&call) : NULL;
    int64_t number = method->value ? 0 : number_of(method, &call);
    if (call.env->end) call.env->end(call.env);
    if (!call_ok(&call)) {
        throw_bad_argument(&call);
        return NULL;
    }
    if (!method->value) return new_int(napi, number);
    return value ? value : new_undefined(napi);
}

/* Arguments */

void call_mark_bad(call_t *call, size_t index) {
    if (call->bad_argument < 0) call->bad_argument = (int)index;
}

bool call_has(const call_t *call, size_t index) {
    napi_valuetype type = napi_undefined;
    napi_typeof(call->napi, call->argv[index], &type);
    return type != napi_undefined;
}

int32_t call_int(call_t *call, size_t index) {
    int32_t value = 0;
    if (napi_get_value_int32(call->napi, call->argv[index], &value) != napi_ok) {
        call_mark_bad(call, index);
        return -1; /* no valid fd, family or length */
    }
    return value;
}

int64_t call_int64(call_t *call, size_t index) {
    int64_t value = 0;
    if (napi_get_value_int64(call->napi, call->argv[index], &value) != napi_ok) {
        call_mark_bad(call, index);
        return -1;
    }
    return value;
}

bool bytes_of(napi_env napi, napi_value value, bytes_t *bytes) {
    bool is_view = false;
    void *start = NULL;
    /* napi_get_buffer_info() aborts on anything but a view, so ask first. */
    if (napi_is_buffer(napi, value, &is_view) != napi_ok || !is_view) return false;
    if (napi_get_buffer_info(napi, value, &start, &bytes->length) != napi_ok) return false;
    bytes->start = start;
    return true;
}

bool is_detached(napi_env napi, napi_value view) {
    napi_value buffer;
    napi_typedarray_type type;
    size_t length, offset;
    void *data;
    bool detached = false;
    if (napi_get_typedarray_info(napi, view, &type, &length, &data, &buffer, &offset) != napi_ok)
        return false;
    napi_is_detached_arraybuffer(napi, buffer, &detached);
    return detached;
}

bytes_t call_bytes(call_t *call, size_t index) {
    bytes_t bytes = {NULL, 0};
    if (!bytes_of(call->napi, call->argv[index], &bytes)) {
        call_mark_bad(call, index);
        return (bytes_t){NULL, 0};
    }
    if (bytes.length == 0 && is_detached(call->napi, call->argv[index])) {
        napi_throw_type_error(call->napi, "ERR_INVALID_STATE", "the ArrayBuffer is detached");
        call_mark_bad(call, index);
    }
    return bytes;
}

bytes_t call_optional_bytes(call_t *call, size_t index) {
    if (!call_has(call, index)) return (bytes_t){NULL, 0};
    return call_bytes(call, index);
}

bytes_t call_slice(call_t *call, size_t index) {
    int64_t offset = call_int64(call, index + 1);
    int64_t length = call_int64(call, index + 2);
    bytes_t whole = call_bytes(call, index);
    if (!call_ok(call)) return (bytes_t){NULL, 0};
    if (offset < 0 || length < 0 || (uint64_t)offset > whole.length ||
        (uint64_t)length > whole.length - (uint64_t)offset) {
        napi_throw_range_error(call->napi, "ERR_OUT_OF_RANGE",
                               "offset and length must lie inside the buffer");
        call_mark_bad(call, index);
        return (bytes_t){NULL, 0};
    }
    /* The start of an empty view may be NULL, which takes no offset. */
    return (bytes_t){length ? whole.start + offset : whole.start, (size_t)length};
}

bool call_string(call_t *call, size_t index, char *to, size_t room) {
    size_t length = 0;
    if (!call_has(call, index)) return false;
    if (napi_get_value_string_utf8(call->napi, call->argv[index], NULL, 0, &length) != napi_ok ||
        length >= room) {
        call_mark_bad(call, index);
        return false;
    }
    napi_get_value_string_utf8(call->napi, call->argv[index], to, room, &length);
    if (memchr(to, '\0', length) != NULL) {
        call_mark_bad(call, index);
        return false;
    }
    return true;
}

void call_text(call_t *call, size_t index, char *to, size_t room) {
    if (!call_string(call, index, to, room)) call_mark_bad(call, index);
}

/* Answers */

napi_value new_int(napi_env napi, int64_t value) {
    napi_value result = NULL;
    /* Small integers stay small integers in V8; a double would cost an allocation. */
    if (value >= INT32_MIN && value <= INT32_MAX)
        napi_create_int32(napi, (int32_t)value, &result);
    else
        napi_create_int64(napi, value, &result);
    return result;
}

napi_value new_string(napi_env napi, const char *text) {
    napi_value result = NULL;
    napi_create_string_utf8(napi, text, NAPI_AUTO_LENGTH, &result);
    return result;
}

napi_value new_bytes(napi_env napi, const void *from, size_t length) {
    napi_value result = NULL;
    napi_create_buffer_copy(napi, length, from, NULL, &result);
    return result;
}

napi_value new_undefined(napi_env napi) {
    napi_value result = NULL;
    napi_get_undefined(napi, &result);
    return result;
}

/* Exports */

void export_methods(env_t *env, napi_value exports, const method_t *method) {
    for (; method->name != NULL; method++) {
        napi_value function = NULL;
        if (env->method_count == METHODS_MAX) {
            /* The addon cannot be loaded at all, so that the mistake is seen at once. */
            napi_throw_error(env->napi, NULL, "METHODS_MAX is too small");
            return;
        }
        bound_method_t *bound = &env->methods[env->method_count++];
        *bound = (bound_method_t){env, method};
        napi_create_function(env->napi, method->name, NAPI_AUTO_LENGTH, dispatch, bound, &function);
        napi_set_named_property(env->napi, exports, method->name, function);
    }
}

_Static_assert(REGISTERS * sizeof(register_value_t) <= BEHIND_NAME,
               "registers overlap what is behind");
_Static_assert(BEHIND_DATA + BEHIND_MOST <= SHARED_BYTES, "no room behind the registers");

bool export_registers(env_t *env, napi_value exports) {
    napi_value buffer = NULL;
    void *start = NULL;
    size_t length = SHARED_BYTES;
    if (napi_create_arraybuffer(env->napi, length, &start, &buffer) != napi_ok) return false;
    env->registers = start;
    memset(start, 0, length);
    if (napi_create_reference(env->napi, buffer, 1, &env->registers_ref) != napi_ok) return false;
    napi_set_named_property(env->napi, exports, "registers", buffer);
    return true;
}
