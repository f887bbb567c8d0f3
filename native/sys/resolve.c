/* Names to addresses and back. The synchronous functions call the resolver directly, the asynchronous ones
 * are in resolve_loop.c and resolve_work.c. */
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "resolve.h"
#include "sys.h"

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

const char *host_of(const lookup_args_t *args) {
    return args->has_host ? args->host : NULL;
}

const char *service_of(const lookup_args_t *args) {
    return args->has_service ? args->service : NULL;
}

napi_value new_address_list(napi_env napi, const struct addrinfo *first) {
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

napi_value new_name_pair(napi_env napi, const char *host, const char *service) {
    napi_value pair;
    napi_create_array_with_length(napi, 2, &pair);
    napi_set_element(napi, pair, 0, new_string(napi, host));
    napi_set_element(napi, pair, 1, new_string(napi, service));
    return pair;
}

napi_value new_error(env_t *env, int code, int error) {
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

/* getaddrinfoAsync(callback, host?, service?, family, socktype, protocol, flags) */
static int64_t getaddrinfo_async(call_t *call) {
    lookup_args_t args;
    read_lookup_args(call, 1, &args);
    if (!call_ok(call)) return -1;
    return call->env->lacks_libuv ? work_addresses(call, &args) : loop_addresses(call, &args);
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
    int flags = call_int(call, 2);
    bytes_t addr = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    if (!is_inet(addr) || addr.length > sizeof name) return -EINVAL;
    memcpy(&name, addr.start, addr.length);
    return call->env->lacks_libuv ? work_names(call, &name, flags) : loop_names(call, &name, flags);
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
