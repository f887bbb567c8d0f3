/* Values, and the functions of Node-API that make and read them. */
#include "js.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static js_t *latest, *kept;

int js_memory = -1;

bool js_no_memory(void) {
    if (js_memory > 0) js_memory--;
    return js_memory == 0;
}

static void *room_for(size_t bytes) {
    void *room = calloc(1, bytes);
    if (room == NULL) abort();
    return room;
}

js_t *js_new(js_kind_t kind) {
    js_t *value = room_for(sizeof *value);
    value->kind = kind;
    value->before = latest;
    latest = value;
    return value;
}

js_t *js_undefined(void) {
    return js_new(JS_UNDEFINED);
}

js_t *js_number(double number) {
    js_t *value = js_new(JS_NUMBER);
    value->number = number;
    return value;
}

js_t *js_string(const void *from, size_t length) {
    js_t *value = js_new(JS_STRING);
    value->text = room_for(length + 1);
    if (length > 0) memcpy(value->text, from, length);
    value->length = length;
    return value;
}

js_t *js_array(size_t length) {
    js_t *value = js_new(JS_ARRAY);
    value->elements = room_for((length + 1) * sizeof(js_t *));
    value->length = length;
    return value;
}

/* V8 has no memory for an empty ArrayBuffer. */
js_t *js_buffer(size_t length) {
    js_t *value = js_new(JS_BUFFER);
    value->memory = length > 0 ? room_for(length) : NULL;
    value->length = length;
    return value;
}

js_t *js_view(js_kind_t kind, js_t *buffer, size_t offset, size_t length) {
    js_t *value = js_new(kind);
    value->buffer = buffer;
    value->offset = offset;
    value->length = length;
    return value;
}

js_t *js_bytes(const void *from, size_t length) {
    js_t *buffer = js_buffer(length);
    if (length > 0 && from != NULL) memcpy(buffer->memory, from, length);
    return js_view(JS_VIEW, buffer, 0, length);
}

js_t *js_getter(js_getter_t what, js_t *value, js_t *victim) {
    js_t *getter = js_new(JS_GETTER);
    getter->getter = what;
    getter->value = value;
    getter->victim = victim;
    return getter;
}

static bool is_view(const js_t *value) {
    return value != NULL && (value->kind == JS_VIEW || value->kind == JS_DATA_VIEW);
}

void js_detach(js_t *view) {
    if (!is_view(view)) return;
    free(view->buffer->memory);
    view->buffer->memory = NULL;
    view->buffer->length = 0;
    view->buffer->detached = true;
}

uint8_t *js_start(const js_t *view) {
    return view->buffer->memory ? view->buffer->memory + view->offset : NULL;
}

js_t *js_property(const js_t *object, const char *name) {
    for (size_t i = 0; i < object->length; i++)
        if (strcmp(object->properties[i].name, name) == 0) return object->properties[i].value;
    return NULL;
}

js_t *js_mark(void) {
    return latest;
}

static void js_free(js_t *value) {
    js_collect(value);
    for (size_t i = 0; value->properties != NULL && i < value->length; i++)
        free(value->properties[i].name);
    free(value->properties);
    free(value->elements);
    free(value->memory);
    free(value->text);
    free(value);
}

void js_release(const js_t *mark) {
    while (latest != mark) {
        js_t *value = latest;
        latest = value->before;
        js_free(value);
    }
}

void js_keep(js_t *value) {
    js_t **link = &latest;
    while (*link != value) link = &(*link)->before;
    *link = value->before;
    value->before = kept;
    kept = value;
}

void js_release_kept(void) {
    latest = kept;
    kept = NULL;
    js_release(NULL);
}

static napi_status give(napi_value *result, js_t *value) {
    *result = (napi_value)value;
    return napi_ok;
}

#define WANT(condition, status)                                                                    \
    if (!(condition)) return status

/* Numbers and texts */

static bool is(const void *value, js_kind_t kind) {
    return value != NULL && ((const js_t *)value)->kind == kind;
}

napi_status napi_typeof(napi_env env, napi_value value, napi_valuetype *result) {
    (void)env;
    WANT(value != NULL, napi_invalid_arg);
    switch (((js_t *)value)->kind) {
    case JS_UNDEFINED: *result = napi_undefined; break;
    case JS_NUMBER: *result = napi_number; break;
    case JS_STRING: *result = napi_string; break;
    case JS_FUNCTION: *result = napi_function; break;
    case JS_EXTERNAL: *result = napi_external; break;
    default: *result = napi_object;
    }
    return napi_ok;
}

napi_status napi_get_value_int32(napi_env env, napi_value value, int32_t *result) {
    (void)env;
    WANT(value != NULL, napi_invalid_arg);
    WANT(is(value, JS_NUMBER), napi_number_expected);
    double number = trunc(((js_t *)value)->number);
    *result = isfinite(number) ? (int32_t)(uint32_t)(int64_t)fmod(number, 4294967296.0) : 0;
    return napi_ok;
}

napi_status napi_get_value_int64(napi_env env, napi_value value, int64_t *result) {
    (void)env;
    WANT(value != NULL, napi_invalid_arg);
    WANT(is(value, JS_NUMBER), napi_number_expected);
    double number = ((js_t *)value)->number;
    if (!isfinite(number))
        *result = 0;
    else if (number >= 9223372036854775808.0)
        *result = INT64_MAX;
    else
        *result = number <= -9223372036854775808.0 ? INT64_MIN : (int64_t)number;
    return napi_ok;
}

napi_status napi_create_int32(napi_env env, int32_t number, napi_value *result) {
    (void)env;
    return give(result, js_number(number));
}

napi_status napi_create_int64(napi_env env, int64_t number, napi_value *result) {
    (void)env;
    return give(result, js_number((double)number));
}

napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char *to, size_t room,
                                       size_t *result) {
    (void)env;
    WANT(value != NULL, napi_invalid_arg);
    WANT(is(value, JS_STRING), napi_string_expected);
    const js_t *text = (js_t *)value;
    size_t length = text->length;
    if (to != NULL && room == 0) length = 0;
    if (to != NULL && room > 0) {
        if (length > room - 1) length = room - 1;
        memcpy(to, text->text, length);
        to[length] = '\0';
    }
    if (result != NULL) *result = length;
    return napi_ok;
}

static napi_status new_text(const char *from, size_t length, napi_value *result) {
    WANT(from != NULL || length == 0, napi_invalid_arg);
    WANT(length == NAPI_AUTO_LENGTH || length <= INT32_MAX, napi_invalid_arg);
    return give(result, js_string(from, length == NAPI_AUTO_LENGTH ? strlen(from) : length));
}

napi_status napi_create_string_utf8(napi_env env, const char *from, size_t length,
                                    napi_value *result) {
    (void)env;
    return new_text(from, length, result);
}

napi_status napi_create_string_latin1(napi_env env, const char *from, size_t length,
                                      napi_value *result) {
    (void)env;
    return new_text(from, length, result);
}

napi_status napi_get_undefined(napi_env env, napi_value *result) {
    (void)env;
    return give(result, js_undefined());
}

/* Memory */

napi_status napi_is_buffer(napi_env env, napi_value value, bool *result) {
    (void)env;
    WANT(value != NULL, napi_invalid_arg);
    *result = is_view((js_t *)value);
    return napi_ok;
}

napi_status napi_get_buffer_info(napi_env env, napi_value value, void **data, size_t *length) {
    (void)env;
    WANT(value != NULL, napi_invalid_arg);
    const js_t *view = (js_t *)value;
    if (!is_view(view)) abort(); /* as Node does */
    *length = view->buffer->detached ? 0 : view->length;
    *data = js_start(view);
    return napi_ok;
}

napi_status napi_get_typedarray_info(napi_env env, napi_value value, napi_typedarray_type *type,
                                     size_t *length, void **data, napi_value *buffer,
                                     size_t *offset) {
    WANT(value != NULL && is(value, JS_VIEW), napi_invalid_arg);
    js_t *view = (js_t *)value;
    *type = napi_uint8_array;
    *offset = view->offset;
    *buffer = (napi_value)view->buffer;
    return napi_get_buffer_info(env, value, data, length);
}

napi_status napi_is_detached_arraybuffer(napi_env env, napi_value value, bool *result) {
    (void)env;
    WANT(value != NULL, napi_invalid_arg);
    *result = is(value, JS_BUFFER) && ((js_t *)value)->detached;
    return napi_ok;
}

napi_status napi_create_arraybuffer(napi_env env, size_t length, void **data, napi_value *result) {
    (void)env;
    js_t *buffer = js_buffer(length);
    *data = buffer->memory;
    return give(result, buffer);
}

napi_status napi_create_buffer(napi_env env, size_t length, void **data, napi_value *result) {
    (void)env;
    WANT(!js_no_memory(), napi_generic_failure);
    js_t *view = js_bytes(NULL, length);
    *data = js_start(view);
    return give(result, view);
}

napi_status napi_create_buffer_copy(napi_env env, size_t length, const void *from, void **data,
                                    napi_value *result) {
    (void)env;
    js_t *view = js_bytes(from, length);
    if (data != NULL) *data = js_start(view);
    return give(result, view);
}
