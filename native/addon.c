/* The addon: what it exports to JavaScript. */
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "call.h"
#include "constants/constants.h"
#include "ledger.h"
#include "linger.h"
#include "sys/sys.h"
#include "value/value.h"

/* strerror(errno) -> the text of the C library */
static napi_value sys_strerror(call_t *call) {
    int number = call_int(call, 0);
    return call_ok(call) ? new_string(call->napi, strerror(number)) : NULL;
}

/* withoutLibuv(): this runtime has neither libuv's loop nor its threads, and may abort on its functions. To be called
 * before anything that waits. */
static int64_t without_libuv(call_t *call) {
    call->env->lacks_libuv = true;
    return 0;
}

static const method_t addon_methods[] = {
    {"strerror", .value = sys_strerror},
    {"withoutLibuv", .number = without_libuv},
    {0},
};

static const method_t *const modules[] = {
    socket_methods,    io_methods,      msg_methods,     rights_methods, mmsg_methods,
    cmsg_methods,      inbox_methods,   sockopt_methods, addr_methods,   resolve_methods,
    interface_methods, reactor_methods, watch_methods,   netns_methods,  names_methods,
    ledger_methods,    addon_methods,
};

/* Limits of the platform, which JavaScript has no other way to know. */
static napi_value new_limits(napi_env napi) {
    napi_value limits;
    napi_create_object(napi, &limits);
    napi_set_named_property(napi, limits, "unixpath_max",
                            new_int(napi, sizeof(((struct sockaddr_un *)0)->sun_path)));
    napi_set_named_property(napi, limits, "sockaddr_max",
                            new_int(napi, sizeof(struct sockaddr_storage)));
    napi_set_named_property(napi, limits, "host_max", new_int(napi, NI_MAXHOST));
    return limits;
}

static napi_value addon_init(napi_env napi, napi_value exports) {
    env_t *env = env_new(napi);
    if (env == NULL) {
        napi_throw_error(napi, "ENOMEM", "no memory for the state of the addon");
        return NULL;
    }
    ledger_open(env);
    if (!export_registers(env, exports)) {
        napi_throw_error(napi, "ENOMEM", "no memory for the registers of the addon");
        return NULL;
    }
    env_add_cleanup(env, &env->closers, join_ended_closers, NULL);
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        export_methods(env, exports, modules[i]);
    napi_set_named_property(napi, exports, "limits", new_limits(napi));
    napi_set_named_property(napi, exports, "kinds", kind_numbers(napi));
    napi_set_named_property(napi, exports, "tcpInfoFields", tcp_info_names(napi));
    napi_set_named_property(napi, exports, "interfaceFlags", interface_flags(napi));
    constants_export(napi, exports);
    return exports;
}

NAPI_MODULE(berkeley, addon_init)
