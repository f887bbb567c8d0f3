/* Names to addresses and back: arguments and answers, and the two ways to another thread.
 *
 * An answer is an array, or a number: the EAI_* code, with errno in register 0 for EAI_SYSTEM. */
#ifndef BERKELEY_RESOLVE_H
#define BERKELEY_RESOLVE_H

#include <netdb.h>
#include <sys/socket.h>

#include "../call.h"
#include "../port/port.h"

enum { SERVICE_ROOM = 128 }; /* also for the path of a unix address, which is its service name */

/* The arguments of getaddrinfo(3). */
typedef struct {
    char host[NI_MAXHOST], service[SERVICE_ROOM];
    bool has_host, has_service;
    struct addrinfo hints;
} lookup_args_t;

const char *host_of(const lookup_args_t *args);
const char *service_of(const lookup_args_t *args);

/* [family, socktype, protocol, sockaddr, canonname?] of each address */
napi_value new_address_list(napi_env napi, const struct addrinfo *first);
napi_value new_name_pair(napi_env napi, const char *host, const char *service);
/* The EAI_* code; `error` is errno, which counts for EAI_SYSTEM only. */
napi_value new_error(env_t *env, int code, int error);

/* Look up on another thread, for the callback that is the first argument of the call: 0, or -errno. By libuv: */
int64_t loop_addresses(call_t *call, const lookup_args_t *args);
int64_t loop_names(call_t *call, const struct sockaddr_storage *name, int flags);
/* The same without libuv. */
int64_t work_addresses(call_t *call, const lookup_args_t *args);
int64_t work_names(call_t *call, const struct sockaddr_storage *name, int flags);

#endif
