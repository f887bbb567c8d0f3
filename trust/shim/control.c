/* What JavaScript has of the shim; trust/faults/shim.ts describes it. */
#include <node_api.h>

#include "shim.h"

enum { CONTROL_ARGS = 8, PATH_ROOM = 4096 };

static long number(napi_env env, napi_value value) {
    int64_t result = 0;
    if (napi_get_value_int64(env, value, &result) != napi_ok)
        napi_throw_type_error(env, NULL, "the shim takes numbers");
    return (long)result;
}

static void numbers(napi_env env, napi_callback_info info, long *to) {
    napi_value argv[CONTROL_ARGS];
    size_t argc = CONTROL_ARGS;
    napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
    for (size_t i = 0; i < CONTROL_ARGS; i++) to[i] = i < argc ? number(env, argv[i]) : 0;
}

static call_t call_of(napi_env env, long call) {
    if (call >= 0 && call < CALL_COUNT) return (call_t)call;
    napi_throw_range_error(env, NULL, "the shim knows no such call");
    return 0;
}

static napi_value new_number(napi_env env, long value) {
    napi_value result = NULL;
    napi_create_int64(env, value, &result);
    return result;
}

/* attach(path) -> slots */
static napi_value attach(napi_env env, napi_callback_info info) {
    char path[PATH_ROOM];
    napi_value argv[1];
    size_t argc = 1, length;
    napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
    if (napi_get_value_string_utf8(env, argv[0], path, sizeof path, &length) != napi_ok) {
        napi_throw_type_error(env, NULL, "the shim takes a path");
        return NULL;
    }
    return new_number(env, slots_fill(path));
}

/* plan(call, action, result, error, limit, from, times, fd) */
static napi_value plan(napi_env env, napi_callback_info info) {
    long args[CONTROL_ARGS];
    numbers(env, info, args);
    plan_t plan = {
        .fault = {(action_t)args[1], (int)args[3], args[2], args[4]},
        .from = (int)args[5],
        .times = (int)args[6],
        .fd = (int)args[7],
    };
    faults_plan(call_of(env, args[0]), &plan);
    return NULL;
}

/* chance(call, kinds, perMillion) */
static napi_value chance(napi_env env, napi_callback_info info) {
    long args[CONTROL_ARGS];
    numbers(env, info, args);
    faults_at_random(call_of(env, args[0]), (int)args[1], (int)args[2]);
    return NULL;
}

/* seed(number) */
static napi_value seed(napi_env env, napi_callback_info info) {
    long args[CONTROL_ARGS];
    numbers(env, info, args);
    faults_seed((unsigned)args[0]);
    return NULL;
}

/* clear() */
static napi_value clear(napi_env env, napi_callback_info info) {
    (void)env, (void)info;
    faults_clear();
    return NULL;
}

/* seen(call) -> calls that a plan has counted */
static napi_value seen(napi_env env, napi_callback_info info) {
    long args[CONTROL_ARGS];
    numbers(env, info, args);
    return new_number(env, faults_seen(call_of(env, args[0])));
}

/* done(call) -> faults */
static napi_value done(napi_env env, napi_callback_info info) {
    long args[CONTROL_ARGS];
    numbers(env, info, args);
    return new_number(env, faults_done(call_of(env, args[0])));
}

static const struct {
    const char *name;
    napi_callback function;
} functions[] = {
    {"attach", attach}, {"plan", plan}, {"chance", chance}, {"seed", seed},
    {"clear", clear},   {"seen", seen}, {"done", done},
};

static napi_value shim_init(napi_env env, napi_value exports) {
    napi_value table, value;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL,
                             &value);
        napi_set_named_property(env, exports, functions[i].name, value);
    }
    napi_create_object(env, &table);
    for (int call = 0; call < CALL_COUNT; call++)
        napi_set_named_property(env, table, call_name((call_t)call), new_number(env, call));
    napi_set_named_property(env, exports, "calls", table);
    return exports;
}

NAPI_MODULE(shim, shim_init)
