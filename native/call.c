#include "call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void call_begin(call_t *call, napi_env env, napi_callback_info info) {
    size_t argc = CALL_ARGS_MAX;
    void *data = NULL;
    call->env = env;
    call->bad_argument = -1;
    /* Missing arguments are filled with undefined by Node-API itself. */
    napi_get_cb_info(env, info, &argc, call->argv, NULL, &data);
    call->addon = data;
}

static void mark_bad(call_t *call, size_t index) {
    if (call->bad_argument < 0) call->bad_argument = (int)index;
}

bool call_has(const call_t *call, size_t index) {
    napi_valuetype type = napi_undefined;
    napi_typeof(call->env, call->argv[index], &type);
    return type != napi_undefined;
}

int32_t call_int(call_t *call, size_t index) {
    int32_t value = 0;
    if (napi_get_value_int32(call->env, call->argv[index], &value) != napi_ok) {
        mark_bad(call, index);
        return -1; /* no valid fd, family or length */
    }
    return value;
}

int64_t call_int64(call_t *call, size_t index) {
    int64_t value = 0;
    if (napi_get_value_int64(call->env, call->argv[index], &value) != napi_ok) {
        mark_bad(call, index);
        return -1;
    }
    return value;
}

bool bytes_of(napi_env env, napi_value value, bytes_t *bytes) {
    bool is_view = false;
    void *start = NULL;
    /* napi_get_buffer_info() aborts on anything that is no view, so ask first. */
    if (napi_is_buffer(env, value, &is_view) != napi_ok || !is_view) return false;
    if (napi_get_buffer_info(env, value, &start, &bytes->length) != napi_ok) return false;
    bytes->start = start;
    return true;
}

bool is_detached(napi_env env, napi_value view) {
    napi_value buffer;
    napi_typedarray_type type;
    size_t length, offset;
    void *data;
    bool detached = false;
    if (napi_get_typedarray_info(env, view, &type, &length, &data, &buffer, &offset) != napi_ok)
        return false;
    napi_is_detached_arraybuffer(env, buffer, &detached);
    return detached;
}

bytes_t call_bytes(call_t *call, size_t index) {
    bytes_t bytes = {NULL, 0};
    if (!bytes_of(call->env, call->argv[index], &bytes)) {
        mark_bad(call, index);
        return (bytes_t){NULL, 0};
    }
    if (bytes.length == 0 && is_detached(call->env, call->argv[index])) {
        napi_throw_type_error(call->env, "ERR_INVALID_STATE", "the ArrayBuffer is detached");
        mark_bad(call, index);
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
    if (call->bad_argument >= 0) return (bytes_t){NULL, 0};
    if (offset < 0 || length < 0 || (uint64_t)offset > whole.length ||
        (uint64_t)length > whole.length - (uint64_t)offset) {
        napi_throw_range_error(call->env, "ERR_OUT_OF_RANGE",
                               "offset and length must lie inside the buffer");
        mark_bad(call, index);
        return (bytes_t){NULL, 0};
    }
    /* Empty memory may be nowhere. */
    return (bytes_t){length ? whole.start + offset : whole.start, (size_t)length};
}

bool call_string(call_t *call, size_t index, char *to, size_t room) {
    size_t length = 0;
    if (!call_has(call, index)) return false;
    if (napi_get_value_string_utf8(call->env, call->argv[index], NULL, 0, &length) != napi_ok ||
        length >= room) {
        mark_bad(call, index);
        return false;
    }
    napi_get_value_string_utf8(call->env, call->argv[index], to, room, &length);
    if (memchr(to, '\0', length) != NULL) {
        mark_bad(call, index);
        return false;
    }
    return true;
}

void call_text(call_t *call, size_t index, char *to, size_t room) {
    if (!call_string(call, index, to, room)) mark_bad(call, index);
}

bool call_good(call_t *call) {
    if (call->bad_argument < 0) return true;
    bool thrown = false;
    napi_is_exception_pending(call->env, &thrown);
    if (!thrown) {
        char message[64];
        snprintf(message, sizeof message, "native argument %d has a wrong type",
                 call->bad_argument);
        napi_throw_type_error(call->env, "ERR_INVALID_ARG_TYPE", message);
    }
    return false;
}

napi_value call_result(const call_t *call, ssize_t result) {
    return call_number(call, result < 0 ? -errno : result);
}

napi_value call_number(const call_t *call, int64_t value) {
    return new_int(call->env, value);
}

napi_value new_int(napi_env env, int64_t value) {
    napi_value result = NULL;
    /* Small integers stay small integers in V8; a double would cost an allocation. */
    if (value >= INT32_MIN && value <= INT32_MAX)
        napi_create_int32(env, (int32_t)value, &result);
    else
        napi_create_int64(env, value, &result);
    return result;
}

napi_value new_string(napi_env env, const char *text) {
    napi_value result = NULL;
    napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
    return result;
}

napi_value new_bytes(napi_env env, const void *from, size_t length) {
    napi_value result = NULL;
    napi_create_buffer_copy(env, length, from, NULL, &result);
    return result;
}

napi_value new_undefined(napi_env env) {
    napi_value result = NULL;
    napi_get_undefined(env, &result);
    return result;
}

void export_methods(addon_t *addon, napi_value exports, const method_t *method) {
    for (; method->name != NULL; method++) {
        napi_value function = NULL;
        napi_create_function(addon->env, method->name, NAPI_AUTO_LENGTH, method->function, addon,
                             &function);
        napi_set_named_property(addon->env, exports, method->name, function);
    }
}

bool export_registers(addon_t *addon, napi_value exports) {
    napi_value buffer = NULL;
    void *start = NULL;
    size_t length = REGISTERS * sizeof(register_t_);
    if (napi_create_arraybuffer(addon->env, length, &start, &buffer) != napi_ok) return false;
    addon->registers = start;
    memset(start, 0, length);
    napi_create_reference(addon->env, buffer, 1, &addon->registers_ref);
    napi_set_named_property(addon->env, exports, "registers", buffer);
    return true;
}
