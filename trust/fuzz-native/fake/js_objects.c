/* Objects, and the environment: exceptions, references, the life of an addon. */
#include "js.h"

#include <stdlib.h>
#include <string.h>

struct napi_env__ {
    js_t *exports;
    void *instance;
    napi_finalize finalize_instance;
    napi_async_cleanup_hook hook;
    void *hook_data;
    void (*env_hook)(void *data);
    void *env_hook_data;
};

struct napi_callback_info__ {
    js_t *const *arguments;
    size_t count;
    void *data;
};

/* One environment, as there is one input at a time. */
static struct napi_env__ environment;

bool js_exception;

#define WANT(condition, status)                                                                    \
    if (!(condition)) return status

static napi_status give(napi_value *result, js_t *value) {
    *result = (napi_value)value;
    return napi_ok;
}

/* Exceptions */

static napi_status throw_(void) {
    WANT(!js_exception, napi_pending_exception);
    js_exception = true;
    return napi_ok;
}

napi_status napi_throw_error(napi_env env, const char *code, const char *message) {
    (void)env, (void)code, (void)message;
    return throw_();
}

napi_status napi_throw_type_error(napi_env env, const char *code, const char *message) {
    return napi_throw_error(env, code, message);
}

napi_status napi_throw_range_error(napi_env env, const char *code, const char *message) {
    return napi_throw_error(env, code, message);
}

napi_status napi_is_exception_pending(napi_env env, bool *result) {
    (void)env;
    *result = js_exception;
    return napi_ok;
}

/* Objects and arrays */

napi_status napi_create_object(napi_env env, napi_value *result) {
    (void)env;
    return give(result, js_new(JS_OBJECT));
}

napi_status napi_set_named_property(napi_env env, napi_value object, const char *name,
                                    napi_value value) {
    js_t *to = (js_t *)object;
    (void)env;
    WANT(!js_exception, napi_pending_exception);
    WANT(to != NULL && value != NULL && to->kind == JS_OBJECT, napi_invalid_arg);
    to->properties = realloc(to->properties, (to->length + 1) * sizeof to->properties[0]);
    if (to->properties == NULL) abort();
    to->properties[to->length].name = strdup(name);
    to->properties[to->length++].value = (js_t *)value;
    return napi_ok;
}

napi_status napi_object_freeze(napi_env env, napi_value object) {
    (void)env;
    return object != NULL ? napi_ok : napi_invalid_arg;
}

napi_status napi_create_array_with_length(napi_env env, size_t length, napi_value *result) {
    (void)env;
    return give(result, js_array(length));
}

napi_status napi_create_array(napi_env env, napi_value *result) {
    return napi_create_array_with_length(env, 0, result);
}

napi_status napi_is_array(napi_env env, napi_value value, bool *result) {
    (void)env;
    WANT(value != NULL, napi_invalid_arg);
    *result = ((js_t *)value)->kind == JS_ARRAY;
    return napi_ok;
}

napi_status napi_get_array_length(napi_env env, napi_value value, uint32_t *result) {
    (void)env;
    WANT(value != NULL && ((js_t *)value)->kind == JS_ARRAY, napi_array_expected);
    *result = (uint32_t)((js_t *)value)->length;
    return napi_ok;
}

napi_status napi_set_element(napi_env env, napi_value array, uint32_t index, napi_value value) {
    js_t *to = (js_t *)array;
    (void)env;
    WANT(!js_exception, napi_pending_exception);
    WANT(to != NULL && value != NULL && to->kind == JS_ARRAY, napi_invalid_arg);
    if (index >= to->length) {
        to->elements = realloc(to->elements, (index + 1) * sizeof(js_t *));
        if (to->elements == NULL) abort();
        memset(to->elements + to->length, 0, (index + 1 - to->length) * sizeof(js_t *));
        to->length = index + 1;
    }
    to->elements[index] = (js_t *)value;
    return napi_ok;
}

/* Reading an element is where JavaScript may run. */
static js_t *read_element(js_t *element) {
    if (element == NULL) return js_undefined();
    if (element->kind != JS_GETTER) return element;
    if (element->getter == GETTER_THROWS) js_exception = true;
    if (element->getter == GETTER_DETACHES) js_detach(element->victim);
    return element->value;
}

napi_status napi_get_element(napi_env env, napi_value array, uint32_t index, napi_value *result) {
    const js_t *from = (js_t *)array;
    (void)env;
    WANT(!js_exception, napi_pending_exception);
    WANT(from != NULL && from->kind == JS_ARRAY, napi_object_expected);
    js_t *value = read_element(index < from->length ? from->elements[index] : NULL);
    WANT(!js_exception, napi_pending_exception);
    return give(result, value);
}

/* Functions, externals, references */

napi_status napi_create_function(napi_env env, const char *name, size_t length,
                                 napi_callback function, void *data, napi_value *result) {
    (void)env, (void)name, (void)length;
    js_t *value = js_new(JS_FUNCTION);
    value->function = function;
    value->data = data;
    return give(result, value);
}

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *count, napi_value *to,
                             napi_value *receiver, void **data) {
    (void)env, (void)receiver;
    for (size_t i = 0; i < *count; i++)
        to[i] = (napi_value)(i < info->count ? info->arguments[i] : js_undefined());
    *count = info->count;
    *data = info->data;
    return napi_ok;
}

napi_status napi_create_external(napi_env env, void *data, napi_finalize finalize, void *hint,
                                 napi_value *result) {
    (void)env, (void)hint;
    WANT(!js_exception, napi_pending_exception);
    WANT(!js_no_memory(), napi_generic_failure);
    js_t *value = js_new(JS_EXTERNAL);
    value->data = data;
    value->finalize = finalize;
    return give(result, value);
}

napi_status napi_get_value_external(napi_env env, napi_value value, void **result) {
    (void)env;
    WANT(value != NULL && ((js_t *)value)->kind == JS_EXTERNAL, napi_invalid_arg);
    *result = ((js_t *)value)->data;
    return napi_ok;
}

void js_collect(js_t *external) {
    if (external->kind != JS_EXTERNAL) return;
    napi_finalize finalize = external->finalize;
    external->kind = JS_UNDEFINED;
    if (finalize != NULL) finalize(&environment, external->data, NULL);
}

/* What was told must be taken back by the end: see js_unload(). */
static int64_t told;

napi_status napi_adjust_external_memory(napi_env env, int64_t change, int64_t *total) {
    (void)env;
    told += change;
    *total = told;
    return napi_ok;
}

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t count,
                                  napi_ref *result) {
    (void)env, (void)count;
    WANT(value != NULL, napi_invalid_arg);
    *result = (napi_ref)value;
    return napi_ok;
}

napi_status napi_delete_reference(napi_env env, napi_ref reference) {
    (void)env;
    return reference != NULL ? napi_ok : napi_invalid_arg;
}

/* The environment */

napi_status napi_set_instance_data(napi_env env, void *data, napi_finalize finalize, void *hint) {
    (void)hint;
    env->instance = data;
    env->finalize_instance = finalize;
    return napi_ok;
}

napi_status napi_add_async_cleanup_hook(napi_env env, napi_async_cleanup_hook hook, void *data,
                                        napi_async_cleanup_hook_handle *handle) {
    env->hook = hook;
    env->hook_data = data;
    *handle = (napi_async_cleanup_hook_handle)(void *)env;
    return napi_ok;
}

napi_status napi_remove_async_cleanup_hook(napi_async_cleanup_hook_handle handle) {
    if ((void *)handle != &environment) abort();
    environment.hook = NULL;
    return napi_ok;
}

napi_status napi_add_env_cleanup_hook(napi_env env, void (*hook)(void *data), void *data) {
    env->env_hook = hook;
    env->env_hook_data = data;
    return napi_ok;
}

napi_status napi_remove_env_cleanup_hook(napi_env env, void (*hook)(void *data), void *data) {
    if (env->env_hook != hook || env->env_hook_data != data) abort();
    env->env_hook = NULL;
    return napi_ok;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports);

js_t *js_load(void) {
    environment.exports = js_new(JS_OBJECT);
    napi_value loaded = napi_register_module_v1(&environment, (napi_value)environment.exports);
    if (js_exception || loaded == NULL) abort();
    return (js_t *)loaded;
}

/* In Node's order: hooks, then the externals that are left, then the instance. */
void js_unload(void) {
    if (environment.hook) environment.hook(NULL, environment.hook_data);
    if (environment.env_hook) environment.env_hook(environment.env_hook_data);
    environment.env_hook = NULL;
    if (environment.hook) abort(); /* nothing is pending, so it must have finished */
    js_release(NULL);
    js_release_kept();
    if (told != 0) abort();
    if (environment.finalize_instance)
        environment.finalize_instance(&environment, environment.instance, NULL);
}

js_t *js_call(const js_t *function, js_t *const *arguments, size_t count, bool *thrown) {
    struct napi_callback_info__ info = {arguments, count, function->data};
    js_t *result = (js_t *)function->function(&environment, &info);
    *thrown = js_exception;
    js_exception = false;
    return result;
}
