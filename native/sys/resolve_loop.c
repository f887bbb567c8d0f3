/* Lookups by libuv, which gives slow ones only half of its threads, so that they do not hold up file access. */
#include <stdlib.h>
#include <uv.h>

#include "../callback.h"
#include "resolve.h"

/* A request that libuv has not answered yet. */
typedef struct {
    env_t *env;
    napi_ref callback; /* NULL when the environment is closing */
    cleanup_t cleanup;
    union {
        uv_req_t any;
        uv_getaddrinfo_t addresses;
        uv_getnameinfo_t names;
    } request;
} lookup_t;

/* Teardown: a queued request ends now, a running one when the resolver returns. Neither touches
 * JavaScript any more. */
static void lookup_cancel(void *data) {
    lookup_t *lookup = data;
    napi_delete_reference(lookup->env->napi, lookup->callback);
    lookup->callback = NULL;
    uv_cancel(&lookup->request.any);
}

static lookup_t *lookup_new(env_t *env, napi_value callback) {
    lookup_t *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) return NULL;
    lookup->env = env;
    lookup->request.any.data = lookup;
    if (napi_create_reference(env->napi, callback, 1, &lookup->callback) != napi_ok) {
        free(lookup);
        return NULL;
    }
    env_add_cleanup(env, &lookup->cleanup, lookup_cancel, lookup);
    env_hold(env);
    return lookup;
}

static void lookup_drop(lookup_t *lookup) {
    env_t *env = lookup->env;
    if (lookup->callback) napi_delete_reference(env->napi, lookup->callback);
    env_remove_cleanup(&lookup->cleanup);
    free(lookup);
    env_release(env);
}

/* libuv has numbers of its own for the EAI_* codes, and passes on errno for EAI_SYSTEM. */
static int eai_of(int status) {
    switch (status) {
    case UV_EAI_ADDRFAMILY: return EAI_ADDRFAMILY;
    case UV_EAI_AGAIN: return EAI_AGAIN;
    case UV_EAI_BADFLAGS: return EAI_BADFLAGS;
    case UV_EAI_CANCELED: return EAI_CANCELED;
    case UV_EAI_FAIL: return EAI_FAIL;
    case UV_EAI_FAMILY: return EAI_FAMILY;
    case UV_EAI_MEMORY: return EAI_MEMORY;
    case UV_EAI_NODATA: return EAI_NODATA;
    case UV_EAI_NONAME: return EAI_NONAME;
    case UV_EAI_OVERFLOW: return EAI_OVERFLOW;
    case UV_EAI_SERVICE: return EAI_SERVICE;
    case UV_EAI_SOCKTYPE: return EAI_SOCKTYPE;
    default: return EAI_SYSTEM;
    }
}

/* Gives the callback what the resolver said, unless the environment is closing. */
static void lookup_answer(lookup_t *lookup, napi_value (*make)(napi_env napi, const void *found),
                          int status, const void *found) {
    env_t *env = lookup->env;
    callback_scope_t scope;
    if (callback_open(env, &scope)) {
        napi_value answer = status == 0 ? make(env->napi, found)
                                        : new_error(env, eai_of(status), -status);
        callback_call(env, lookup->callback, answer);
        callback_close(&scope);
    }
}

static napi_value addresses_found(napi_env napi, const void *found) {
    return new_address_list(napi, found);
}

static void on_addresses(uv_getaddrinfo_t *request, int status, struct addrinfo *first) {
    lookup_t *lookup = request->data;
    lookup_answer(lookup, addresses_found, status, first);
    uv_freeaddrinfo(first);
    lookup_drop(lookup);
}

static napi_value names_found(napi_env napi, const void *found) {
    const uv_getnameinfo_t *request = found;
    return new_name_pair(napi, request->host, request->service);
}

static void on_names(uv_getnameinfo_t *request, int status, const char *host, const char *service) {
    lookup_t *lookup = request->data;
    (void)host;
    (void)service;
    lookup_answer(lookup, names_found, status, request);
    lookup_drop(lookup);
}

/* The request of a call whose arguments are good, or NULL with the answer of the call in `error`. */
static lookup_t *lookup_begin(call_t *call, uv_loop_t **loop, int64_t *error) {
    *error = -ENOTSUP;
    if (napi_get_uv_event_loop(call->napi, loop) != napi_ok) return NULL;
    *error = -ENOMEM;
    return lookup_new(call->env, call->argv[0]);
}

int64_t loop_addresses(call_t *call, const lookup_args_t *args) {
    uv_loop_t *loop;
    int64_t error;
    lookup_t *lookup = lookup_begin(call, &loop, &error);
    if (lookup == NULL) return error;
    int status = uv_getaddrinfo(loop, &lookup->request.addresses, on_addresses, host_of(args),
                                service_of(args), &args->hints);
    if (status < 0) lookup_drop(lookup);
    return status;
}

int64_t loop_names(call_t *call, const struct sockaddr_storage *name, int flags) {
    uv_loop_t *loop;
    int64_t error;
    lookup_t *lookup = lookup_begin(call, &loop, &error);
    if (lookup == NULL) return error;
    int status = uv_getnameinfo(loop, &lookup->request.names, on_names,
                                (const struct sockaddr *)name, flags);
    if (status < 0) lookup_drop(lookup);
    return status;
}
