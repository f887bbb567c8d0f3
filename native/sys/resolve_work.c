/* Lookups on a thread of the runtime's pool, where there is no libuv. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "../work.h"
#include "resolve.h"

/* In place of an EAI_* code, which are other numbers than those of errno: the call was never made. */
static int eai_of(ssize_t result) {
    return result == -ECANCELED ? EAI_CANCELED : (int)result;
}

typedef struct {
    work_t work; /* its result is the EAI_* code */
    lookup_args_t args;
    struct addrinfo *found;
    int error; /* errno, for EAI_SYSTEM */
} addresses_t;

static ssize_t addresses_run(work_t *work) {
    addresses_t *addresses = (addresses_t *)work;
    const lookup_args_t *args = &addresses->args;
    int code = getaddrinfo(host_of(args), service_of(args), &args->hints, &addresses->found);
    addresses->error = errno;
    return code;
}

static napi_value addresses_answer(work_t *work) {
    const addresses_t *addresses = (const addresses_t *)work;
    if (work->result == 0) return new_address_list(work->env->napi, addresses->found);
    return new_error(work->env, eai_of(work->result), addresses->error);
}

static void addresses_drop(work_t *work) {
    addresses_t *addresses = (addresses_t *)work;
    if (addresses->found) freeaddrinfo(addresses->found);
    free(addresses);
}

int64_t work_addresses(call_t *call, const lookup_args_t *args) {
    addresses_t *addresses = calloc(1, sizeof *addresses);
    if (addresses == NULL) return -ENOMEM;
    addresses->work = (work_t){
        .run = addresses_run, .drop = addresses_drop, .answer = addresses_answer};
    addresses->args = *args;
    int error = work_start(&addresses->work, call->env, "berkeley.getaddrinfo", call->argv[0]);
    if (error < 0) addresses_drop(&addresses->work);
    return error;
}

typedef struct {
    work_t work; /* as above */
    struct sockaddr_storage name;
    int flags;
    char host[NI_MAXHOST], service[SERVICE_ROOM];
    int error;
} names_t;

static socklen_t length_of(const struct sockaddr_storage *name) {
    return name->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static ssize_t names_run(work_t *work) {
    names_t *names = (names_t *)work;
    const struct sockaddr *name = (const struct sockaddr *)&names->name;
    int code = getnameinfo(name, length_of(&names->name), names->host, sizeof names->host,
                           names->service, sizeof names->service, names->flags);
    names->error = errno;
    return code;
}

static napi_value names_answer(work_t *work) {
    const names_t *names = (const names_t *)work;
    if (work->result == 0) return new_name_pair(work->env->napi, names->host, names->service);
    return new_error(work->env, eai_of(work->result), names->error);
}

static void names_drop(work_t *work) {
    free(work);
}

int64_t work_names(call_t *call, const struct sockaddr_storage *name, int flags) {
    names_t *names = calloc(1, sizeof *names);
    if (names == NULL) return -ENOMEM;
    names->work = (work_t){.run = names_run, .drop = names_drop, .answer = names_answer};
    names->name = *name;
    names->flags = flags;
    int error = work_start(&names->work, call->env, "berkeley.getnameinfo", call->argv[0]);
    if (error < 0) names_drop(&names->work);
    return error;
}
