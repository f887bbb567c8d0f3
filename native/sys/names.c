/* Names that the system has for numbers: services, protocols, this host. */
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"

enum { NAME_ROOM = 256 };

/* The answers of these functions are in memory that every thread shares. The variants that are not so are
 * missing in musl, where nothing but this addon calls them. */
static pthread_mutex_t databases = PTHREAD_MUTEX_INITIALIZER;

/* Why there is no answer: what the files could not be opened for, or else that it is not in them. To be set
 * to 0 before the question. */
static int64_t no_answer(void) {
    bool has_failed = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    return has_failed ? -errno : -ENOENT;
}

/* servicePort(name, protocol?) -> port, or -ENOENT */
static int64_t service_port(call_t *call) {
    char name[NAME_ROOM], protocol[NAME_ROOM];
    call_text(call, 0, name, sizeof name);
    bool has_protocol = call_string(call, 1, protocol, sizeof protocol);
    if (!call_ok(call)) return -1;
    pthread_mutex_lock(&databases);
    errno = 0;
    const struct servent *service = getservbyname(name, has_protocol ? protocol : NULL);
    int64_t port = service ? ntohs((uint16_t)service->s_port) : no_answer();
    pthread_mutex_unlock(&databases);
    return port;
}

/* serviceName(port, protocol?) -> name, or -errno: ENOENT when there is none */
static napi_value service_name(call_t *call) {
    char protocol[NAME_ROOM];
    int port = call_int(call, 0);
    bool has_protocol = call_string(call, 1, protocol, sizeof protocol);
    if (!call_ok(call)) return NULL;
    if (port < 0 || port > UINT16_MAX) return new_int(call->napi, -EINVAL);
    pthread_mutex_lock(&databases);
    const struct servent *service = getservbyport(htons((uint16_t)port),
                                                  has_protocol ? protocol : NULL);
    int64_t error = service ? 0 : no_answer();
    napi_value name = service ? new_string(call->napi, service->s_name)
                              : new_int(call->napi, error);
    pthread_mutex_unlock(&databases);
    return name;
}

/* protocolNumber(name) -> number, or -ENOENT */
static int64_t protocol_number(call_t *call) {
    char name[NAME_ROOM];
    call_text(call, 0, name, sizeof name);
    if (!call_ok(call)) return -1;
    pthread_mutex_lock(&databases);
    errno = 0;
    const struct protoent *protocol = getprotobyname(name);
    int64_t number = protocol ? protocol->p_proto : no_answer();
    pthread_mutex_unlock(&databases);
    return number;
}

/* hostName() -> name, or -errno */
static napi_value host_name(call_t *call) {
    char name[NAME_ROOM] = "";
    if (gethostname(name, sizeof name - 1) < 0) return new_int(call->napi, -errno);
    return new_string(call->napi, name);
}

const method_t names_methods[] = {
    {"servicePort", .number = service_port},
    {"serviceName", .value = service_name},
    {"protocolNumber", .number = protocol_number},
    {"hostName", .value = host_name},
    {0},
};
