/* From a libuv callback into JavaScript, and safely back. */
#ifndef BERKELEY_CALLBACK_H
#define BERKELEY_CALLBACK_H

#include <node_api.h>
#include <stdbool.h>

#include "env.h"

typedef struct {
    napi_env env;
    napi_handle_scope handles;
} callback_scope_t;

/* False when the environment goes away: then JavaScript must not be touched. */
bool callback_open(addon_t *addon, callback_scope_t *scope);
void callback_close(callback_scope_t *scope);

/* Calls a referenced function with one argument and runs the microtasks behind it. What it
 * throws becomes an uncaught exception, as from any Node callback. */
void callback_call(addon_t *addon, napi_ref function, napi_value argument);

#endif
