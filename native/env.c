#include "env.h"

#include <stdlib.h>

void env_add_cleanup(env_t *env, cleanup_t *entry, void (*run)(void *data), void *data) {
    entry->run = run;
    entry->data = data;
    entry->next = env->cleanups;
    entry->link = &env->cleanups;
    if (entry->next) entry->next->link = &entry->next;
    env->cleanups = entry;
}

void env_remove_cleanup(cleanup_t *entry) {
    if (entry->next) entry->next->link = entry->link;
    *entry->link = entry->next;
}

static void env_free(env_t *env) {
    napi_remove_async_cleanup_hook(env->hook);
    free(env);
}

void env_hold(env_t *env) {
    env->pending++;
}

void env_release(env_t *env) {
    env->pending--;
    if (env->closing && env->pending == 0) env_free(env);
}

/* The hook of Node-API: cleans up, then waits for the last callbacks of libuv. */
static void env_close(napi_async_cleanup_hook_handle handle, void *data) {
    env_t *env = data;
    (void)handle;
    env_hold(env); /* so that nothing below frees the state */
    for (cleanup_t *entry = env->cleanups, *next; entry != NULL; entry = next) {
        next = entry->next;
        entry->run(entry->data);
    }
    napi_delete_reference(env->napi, env->registers_ref);
    env->closing = true;
    env_release(env);
}

env_t *env_new(napi_env napi) {
    env_t *env = calloc(1, sizeof *env);
    if (env == NULL) return NULL;
    env->napi = napi;
    napi_add_async_cleanup_hook(napi, env_close, env, &env->hook);
    return env;
}
