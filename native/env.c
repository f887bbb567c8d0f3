#include "env.h"

#include <stdlib.h>

void env_on_close(env_t *env, on_close_t *entry, void (*close)(void *data), void *data) {
    entry->close = close;
    entry->data = data;
    entry->next = env->on_close;
    entry->link = &env->on_close;
    if (entry->next) entry->next->link = &entry->next;
    env->on_close = entry;
}

void env_off_close(on_close_t *entry) {
    if (entry->next) entry->next->link = entry->link;
    *entry->link = entry->next;
}

static void env_free(env_t *env) {
    napi_remove_async_cleanup_hook(env->cleanup);
    free(env);
}

void env_pending(env_t *env) {
    env->pending++;
}

void env_settled(env_t *env) {
    env->pending--;
    if (env->closing && env->pending == 0) env_free(env);
}

/* The cleanup hook: closes what is open, then waits for the last callbacks of libuv. */
static void env_close(napi_async_cleanup_hook_handle handle, void *data) {
    env_t *env = data;
    (void)handle;
    env_pending(env); /* so that nothing below frees the state */
    for (on_close_t *entry = env->on_close, *next; entry != NULL; entry = next) {
        next = entry->next;
        entry->close(entry->data);
    }
    napi_delete_reference(env->napi, env->registers_ref);
    napi_async_destroy(env->napi, env->async);
    env->closing = true;
    env_settled(env);
}

env_t *env_new(napi_env napi) {
    env_t *env = calloc(1, sizeof *env);
    if (env == NULL) return NULL;
    env->napi = napi;
    napi_value name = NULL;
    napi_create_string_utf8(napi, "berkeley", NAPI_AUTO_LENGTH, &name);
    napi_async_init(napi, NULL, name, &env->async);
    napi_add_async_cleanup_hook(napi, env_close, env, &env->cleanup);
    return env;
}
