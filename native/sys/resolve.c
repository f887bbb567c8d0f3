/* Names to addresses and back. The synchronous forms call the resolver here and now; the
 * asynchronous ones go through libuv, which keeps slow lookups to half of its threads, so that
 * they never hold up file access.
 *
 * An answer is an array, or a number: the EAI_* code, with errno in register 0 for EAI_SYSTEM. */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#include "../callback.h"
#include "../call.h"

enum { SERVICE_ROOM = 128 }; /* also for the path of a unix address, which is its service name */

/* A question to the resolver: what getaddrinfo(3) takes. */
typedef struct {
    char host[NI_MAXHOST], service[SERVICE_ROOM];
    bool has_host, has_service;
    struct addrinfo hints;
} question_t;

/* Arguments: host?, service?, family, socktype, protocol, flags */
static void read_question(call_t *call, size_t first, question_t *question) {
    memset(&question->hints, 0, sizeof question->hints);
    question->has_host = call_string(call, first, question->host, sizeof question->host);
    question->has_service = call_string(call, first + 1, question->service,
                                        sizeof question->service);
    question->hints.ai_family = call_int(call, first + 2);
    question->hints.ai_socktype = call_int(call, first + 3);
    question->hints.ai_protocol = call_int(call, first + 4);
    question->hints.ai_flags = call_int(call, first + 5);
}

static const char *host_of(const question_t *question) {
    return question->has_host ? question->host : NULL;
}

static const char *service_of(const question_t *question) {
    return question->has_service ? question->service : NULL;
}

/* [family, socktype, protocol, sockaddr, canonname?] of each address */
static napi_value answer_list(napi_env env, const struct addrinfo *first) {
    napi_value list;
    uint32_t length = 0;
    napi_create_array(env, &list);
    for (const struct addrinfo *info = first; info != NULL; info = info->ai_next) {
        napi_value row;
        napi_create_array_with_length(env, 5, &row);
        napi_set_element(env, row, 0, new_int(env, info->ai_family));
        napi_set_element(env, row, 1, new_int(env, info->ai_socktype));
        napi_set_element(env, row, 2, new_int(env, info->ai_protocol));
        napi_set_element(env, row, 3, new_bytes(env, info->ai_addr, info->ai_addrlen));
        napi_set_element(env, row, 4,
                         info->ai_canonname ? new_string(env, info->ai_canonname)
                                            : new_undefined(env));
        napi_set_element(env, list, length++, row);
    }
    return list;
}

static napi_value answer_names(napi_env env, const char *host, const char *service) {
    napi_value pair;
    napi_create_array_with_length(env, 2, &pair);
    napi_set_element(env, pair, 0, new_string(env, host));
    napi_set_element(env, pair, 1, new_string(env, service));
    return pair;
}

static napi_value answer_error(addon_t *addon, int code, int error) {
    addon->registers[0].number = code == EAI_SYSTEM ? error : 0;
    return new_int(addon->env, code);
}

/* getaddrinfo(host?, service?, family, socktype, protocol, flags) */
static napi_value getaddrinfo_(napi_env env, napi_callback_info info) {
    call_t call;
    question_t question;
    struct addrinfo *first = NULL;
    call_begin(&call, env, info);
    read_question(&call, 0, &question);
    if (!call_good(&call)) return NULL;
    int code = getaddrinfo(host_of(&question), service_of(&question), &question.hints, &first);
    if (code != 0) return answer_error(call.addon, code, errno);
    napi_value list = answer_list(env, first);
    freeaddrinfo(first);
    return list;
}

/* getnameinfo(sockaddr, flags) */
static napi_value getnameinfo_(napi_env env, napi_callback_info info) {
    call_t call;
    char host[NI_MAXHOST], service[SERVICE_ROOM];
    call_begin(&call, env, info);
    int flags = call_int(&call, 1);
    bytes_t addr = call_bytes(&call, 0);
    if (!call_good(&call)) return NULL;
    /* The C library looks for the end of a unix path beyond the length, so a NUL stands behind it. */
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
        char bytes[sizeof(struct sockaddr_storage) + 1];
    } name;
    memset(&name, 0, sizeof name);
    if (addr.length < sizeof(sa_family_t) || addr.length > sizeof name.storage)
        return answer_error(call.addon, EAI_FAMILY, 0);
    memcpy(&name, addr.start, addr.length);
    int code = getnameinfo(&name.any, (socklen_t)addr.length, host, sizeof host, service,
                           sizeof service, flags);
    if (code != 0) return answer_error(call.addon, code, errno);
    return answer_names(env, host, service);
}

/* A request under way. It sits in the environment's list, so that teardown finds it. */
struct lookup {
    addon_t *addon;
    napi_ref callback;
    lookup_t *next, **link;
    uv_getaddrinfo_t request;
};

static lookup_t *lookup_new(addon_t *addon, napi_value callback) {
    lookup_t *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) return NULL;
    lookup->addon = addon;
    lookup->request.data = lookup;
    if (napi_create_reference(addon->env, callback, 1, &lookup->callback) != napi_ok) {
        free(lookup); /* nobody would ever be told */
        return NULL;
    }
    lookup->next = addon->lookups;
    lookup->link = &addon->lookups;
    if (lookup->next) lookup->next->link = &lookup->next;
    addon->lookups = lookup;
    addon->outstanding++;
    return lookup;
}

static void lookup_drop(lookup_t *lookup) {
    addon_t *addon = lookup->addon;
    if (lookup->callback) napi_delete_reference(addon->env, lookup->callback);
    if (lookup->next) lookup->next->link = lookup->link;
    *lookup->link = lookup->next;
    free(lookup);
    addon_settled(addon);
}

/* Teardown: a queued request ends now, a running one when the resolver returns; neither touches
 * JavaScript any more. */
void lookups_cancel(lookup_t *first) {
    for (lookup_t *lookup = first; lookup != NULL; lookup = lookup->next) {
        napi_delete_reference(lookup->addon->env, lookup->callback);
        lookup->callback = NULL;
        uv_cancel((uv_req_t *)&lookup->request);
    }
}

/* libuv has its own numbers for the EAI_* codes and hands on errno for EAI_SYSTEM. */
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

static void on_addresses(uv_getaddrinfo_t *request, int status, struct addrinfo *first) {
    lookup_t *lookup = request->data;
    callback_scope_t scope;
    if (callback_open(lookup->addon, &scope)) {
        napi_value answer = status == 0 ? answer_list(lookup->addon->env, first)
                                        : answer_error(lookup->addon, eai_of(status), -status);
        callback_call(lookup->addon, lookup->callback, answer);
        callback_close(&scope);
    }
    uv_freeaddrinfo(first);
    lookup_drop(lookup);
}

/* getaddrinfoAsync(callback, host?, service?, family, socktype, protocol, flags) */
static napi_value getaddrinfoAsync_(napi_env env, napi_callback_info info) {
    call_t call;
    question_t question;
    uv_loop_t *loop;
    call_begin(&call, env, info);
    read_question(&call, 1, &question);
    if (!call_good(&call)) return NULL;
    if (napi_get_uv_event_loop(env, &loop) != napi_ok) return call_number(&call, -ENOTSUP);
    lookup_t *lookup = lookup_new(call.addon, call.argv[0]);
    if (lookup == NULL) return call_number(&call, -ENOMEM);
    int status = uv_getaddrinfo(loop, &lookup->request, on_addresses, host_of(&question),
                                service_of(&question), &question.hints);
    if (status < 0) lookup_drop(lookup);
    return call_number(&call, status);
}

/* gaiError(code) -> what gai_strerror(3) says of an EAI_* code */
static napi_value gaiError_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int code = call_int(&call, 0);
    if (!call_good(&call)) return NULL;
    return new_string(env, gai_strerror(code));
}

const method_t resolve_methods[] = {
    {"getaddrinfo", getaddrinfo_},
    {"getnameinfo", getnameinfo_},
    {"getaddrinfoAsync", getaddrinfoAsync_},
    {"gaiError", gaiError_},
    {NULL, NULL},
};
