/* Names to addresses and back. The synchronous functions call the resolver directly; the
 * asynchronous ones go through libuv, which gives slow lookups only half of its threads, so that
 * they do not hold up file access.
 *
 * An answer is an array, or a number: the EAI_* code, with errno in register 0 for EAI_SYSTEM. */
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#include "../callback.h"
#include "../port/port.h"
#include "sys.h"

enum { SERVICE_ROOM = 128 }; /* also for the path of a unix address, which is its service name */

/* The arguments of getaddrinfo(3). */
typedef struct {
    char host[NI_MAXHOST], service[SERVICE_ROOM];
    bool has_host, has_service;
    struct addrinfo hints;
} lookup_args_t;

/* Arguments: host?, service?, family, socktype, protocol, flags */
static void read_lookup_args(call_t *call, size_t first, lookup_args_t *args) {
    memset(&args->hints, 0, sizeof args->hints);
    args->has_host = call_string(call, first, args->host, sizeof args->host);
    args->has_service = call_string(call, first + 1, args->service, sizeof args->service);
    args->hints.ai_family = call_int(call, first + 2);
    args->hints.ai_socktype = call_int(call, first + 3);
    args->hints.ai_protocol = call_int(call, first + 4);
    args->hints.ai_flags = call_int(call, first + 5);
}

static const char *host_of(const lookup_args_t *args) {
    return args->has_host ? args->host : NULL;
}

static const char *service_of(const lookup_args_t *args) {
    return args->has_service ? args->service : NULL;
}

/* [family, socktype, protocol, sockaddr, canonname?] of each address */
static napi_value new_address_list(napi_env napi, const struct addrinfo *first) {
    napi_value list;
    uint32_t length = 0;
    napi_create_array(napi, &list);
    for (const struct addrinfo *info = first; info != NULL; info = info->ai_next) {
        const char *name = info->ai_canonname;
        napi_value row;
        napi_create_array_with_length(napi, 5, &row);
        napi_set_element(napi, row, 0, new_int(napi, info->ai_family));
        napi_set_element(napi, row, 1, new_int(napi, info->ai_socktype));
        napi_set_element(napi, row, 2, new_int(napi, info->ai_protocol));
        napi_set_element(napi, row, 3, new_bytes(napi, info->ai_addr, info->ai_addrlen));
        napi_set_element(napi, row, 4, name ? new_string(napi, name) : new_undefined(napi));
        napi_set_element(napi, list, length++, row);
    }
    return list;
}

static napi_value new_name_pair(napi_env napi, const char *host, const char *service) {
    napi_value pair;
    napi_create_array_with_length(napi, 2, &pair);
    napi_set_element(napi, pair, 0, new_string(napi, host));
    napi_set_element(napi, pair, 1, new_string(napi, service));
    return pair;
}

/* The EAI_* code; `error` is errno, which counts for EAI_SYSTEM only. */
static napi_value new_error(env_t *env, int code, int error) {
    env->registers[0].number = code == EAI_SYSTEM ? error : 0;
    return new_int(env->napi, code);
}

/* getaddrinfo(host?, service?, family, socktype, protocol, flags) */
static napi_value sys_getaddrinfo(call_t *call) {
    lookup_args_t args;
    struct addrinfo *first = NULL;
    read_lookup_args(call, 0, &args);
    if (!call_ok(call)) return NULL;
    int code = getaddrinfo(host_of(&args), service_of(&args), &args.hints, &first);
    if (code != 0) return new_error(call->env, code, errno);
    napi_value list = new_address_list(call->napi, first);
    freeaddrinfo(first);
    return list;
}

/* getnameinfo(sockaddr, flags) */
static napi_value sys_getnameinfo(call_t *call) {
    char host[NI_MAXHOST], service[SERVICE_ROOM];
    int flags = call_int(call, 1);
    bytes_t addr = call_bytes(call, 0);
    if (!call_ok(call)) return NULL;
    /* The C library looks for the end of a unix path beyond the length: so a NUL follows it. */
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
        char bytes[sizeof(struct sockaddr_storage) + 1];
    } name;
    memset(&name, 0, sizeof name);
    if (addr.length < sizeof(sa_family_t) || addr.length > sizeof name.storage)
        return new_error(call->env, EAI_FAMILY, 0);
    memcpy(&name, addr.start, addr.length);
    int code = getnameinfo(&name.any, (socklen_t)addr.length, host, sizeof host, service,
                           sizeof service, flags);
    if (code != 0) return new_error(call->env, code, errno);
    return new_name_pair(call->napi, host, service);
}

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

/* getaddrinfoAsync(callback, host?, service?, family, socktype, protocol, flags) */
static int64_t getaddrinfo_async(call_t *call) {
    lookup_args_t args;
    uv_loop_t *loop;
    int64_t error;
    read_lookup_args(call, 1, &args);
    if (!call_ok(call)) return -1;
    lookup_t *lookup = lookup_begin(call, &loop, &error);
    if (lookup == NULL) return error;
    int status = uv_getaddrinfo(loop, &lookup->request.addresses, on_addresses, host_of(&args),
                                service_of(&args), &args.hints);
    if (status < 0) lookup_drop(lookup);
    return status;
}

/* libuv takes addresses of these two families only, and copies as many bytes as they have. */
static bool is_inet(bytes_t addr) {
    sa_family_t family;
    if (addr.length < sizeof family) return false;
    memcpy(&family, addr.start, sizeof family);
    return (family == AF_INET && addr.length >= sizeof(struct sockaddr_in)) ||
           (family == AF_INET6 && addr.length >= sizeof(struct sockaddr_in6));
}

/* getnameinfoAsync(callback, sockaddr, flags); -EINVAL for an address that is not of IPv4 or IPv6 */
static int64_t getnameinfo_async(call_t *call) {
    struct sockaddr_storage name = {0};
    uv_loop_t *loop;
    int64_t error;
    int flags = call_int(call, 2);
    bytes_t addr = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    if (!is_inet(addr) || addr.length > sizeof name) return -EINVAL;
    memcpy(&name, addr.start, addr.length);
    lookup_t *lookup = lookup_begin(call, &loop, &error);
    if (lookup == NULL) return error;
    int status = uv_getnameinfo(loop, &lookup->request.names, on_names,
                                (const struct sockaddr *)&name, flags);
    if (status < 0) lookup_drop(lookup);
    return status;
}

/* gaiError(code) -> the text of gai_strerror(3) for an EAI_* code */
static napi_value sys_gai_strerror(call_t *call) {
    int code = call_int(call, 0);
    return call_ok(call) ? new_string(call->napi, gai_strerror(code)) : NULL;
}

const method_t resolve_methods[] = {
    {"getaddrinfo", .value = sys_getaddrinfo},
    {"getnameinfo", .value = sys_getnameinfo},
    {"getaddrinfoAsync", .number = getaddrinfo_async},
    {"getnameinfoAsync", .number = getnameinfo_async},
    {"gaiError", .value = sys_gai_strerror},
    {0},
};
