/* From a callback of libuv into JavaScript, and safely back. */
#ifndef BERKELEY_CALLBACK_H
#define BERKELEY_CALLBACK_H

#include <node_api.h>
#include <stdbool.h>

#include "env.h"

typedef struct {
    napi_env napi;
    napi_handle_scope handles;
} callback_scope_t;

/* False when the environment is closing: then JavaScript must not be touched. */
bool callback_open(env_t *env, callback_scope_t *scope);
void callback_close(callback_scope_t *scope);

/* Calls a function outside of every asynchronous context: without one of Node-API's, the receiver acts
 * as the context, and a fresh object has no AsyncLocalStorage's store. A context that was made when
 * the addon is loaded would keep the stores of the code that loads it, and pass them to all. */
napi_status callback_outside(napi_env napi, napi_value function, size_t count,
                             const napi_value *arguments, napi_value *result);

/* Calls a referenced function with one argument, then runs the microtasks. What the function
 * throws becomes an uncaught exception, as from any Node callback. */
void callback_call(env_t *env, napi_ref function, napi_value argument);

#endif
