/* Runs a program inside of a Node, for the sake of the OpenSSL that this Node has: run(arguments) calls it with them on the
 * main thread, and does not come back before it has ended. */
#define NAPI_VERSION 8
#include <errno.h>
#include <node_api.h>
#include <stdlib.h>

#include "tool.h"

static char *text_of(napi_env env, napi_value value) {
    size_t length = 0;
    if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) die("not a string");
    char *text = malloc(length + 1);
    if (text == NULL) die("memory");
    napi_get_value_string_utf8(env, value, text, length + 1, &length);
    return text;
}

static napi_value run(napi_env env, napi_callback_info info) {
    size_t argc = 1;
    uint32_t count = 0;
    napi_value list, element, result;
    errno = 0;
    napi_get_cb_info(env, info, &argc, &list, NULL, NULL);
    if (argc != 1 || napi_get_array_length(env, list, &count) != napi_ok) die("not an array");
    char **argv = calloc(count + 2, sizeof *argv);
    if (argv == NULL) die("memory");
    argv[0] = "program";
    for (uint32_t i = 0; i < count; i++) {
        napi_get_element(env, list, i, &element);
        argv[i + 1] = text_of(env, element);
    }
    napi_create_int32(env, program_main((int)count + 1, argv), &result);
    return result;
}

NAPI_MODULE_INIT() {
    napi_value function;
    napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, NULL, &function);
    napi_set_named_property(env, exports, "run", function);
    return exports;
}
