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

static void env_close(napi_async_cleanup_hook_handle handle, void *data);
static void env_close_now(void *data);

static void env_free(env_t *env) {
    if (env->hook) napi_remove_async_cleanup_hook(env->hook);
    free(env);
}

void env_hold(env_t *env) {
    env->pending++;
    if (env->hook || env->closing || env->lacks_libuv) return;
    napi_add_async_cleanup_hook(env->napi, env_close, env, &env->hook);
    napi_remove_env_cleanup_hook(env->napi, env_close_now, env);
}

void env_release(env_t *env) {
    env->pending--;
    if (env->closing && env->pending == 0) env_free(env);
}

/* Cleans up. The state is freed when the last callbacks of libuv have come. */
static void env_close_now(void *data) {
    env_t *env = data;
    env->pending++; /* so that nothing below frees the state */
    for (cleanup_t *entry = env->cleanups, *next; entry != NULL; entry = next) {
        next = entry->next;
        entry->run(entry->data);
    }
    napi_delete_reference(env->napi, env->registers_ref);
    env->closing = true;
    env_release(env);
}

/* Node waits after this hook until it is removed. */
static void env_close(napi_async_cleanup_hook_handle handle, void *data) {
    (void)handle;
    env_close_now(data);
}

env_t *env_new(napi_env napi) {
    env_t *env = calloc(1, sizeof *env);
    if (env == NULL) return NULL;
    env->napi = napi;
    napi_add_env_cleanup_hook(napi, env_close_now, env);
    return env;
}
