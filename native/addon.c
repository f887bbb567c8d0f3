/* The addon: its table of functions, and the life of its state. One state per environment. */
#include "env.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "constants/constants.h"
#include "ledger.h"
#include "call.h"

static const method_t *const modules[] = {
    socket_methods, io_methods,      msg_methods,       sockopt_methods,
    addr_methods,   resolve_methods, device_methods,    reactor_methods,
    ledger_methods, cmsg_methods,    cmsg_kind_methods, mmsg_methods,
};

/* strerror(errno) -> what the C library says of it */
static napi_value strerror_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int number = call_int(&call, 0);
    if (!call_good(&call)) return NULL;
    return new_string(env, strerror(number));
}

static const method_t addon_methods[] = {{"strerror", strerror_}, {NULL, NULL}};

/* Limits of the platform that JavaScript cannot know. */
static napi_value new_limits(napi_env env) {
    napi_value limits;
    napi_create_object(env, &limits);
    napi_set_named_property(env, limits, "unixpath_max",
                            new_int(env, sizeof(((struct sockaddr_un *)0)->sun_path)));
    napi_set_named_property(env, limits, "sockaddr_max",
                            new_int(env, sizeof(struct sockaddr_storage)));
    napi_set_named_property(env, limits, "host_max", new_int(env, NI_MAXHOST));
    return limits;
}

static void addon_free(addon_t *addon) {
    napi_remove_async_cleanup_hook(addon->cleanup);
    free(addon);
}

void addon_settled(addon_t *addon) {
    addon->outstanding--;
    if (addon->closing && addon->outstanding == 0) addon_free(addon);
}

/* The environment ends: give back what only we can, then wait for libuv's last callbacks. */
static void addon_close(napi_async_cleanup_hook_handle handle, void *data) {
    addon_t *addon = data;
    (void)handle;
    addon->outstanding++; /* held here, so that nothing below frees the state */
    lookups_cancel(addon->lookups);
    if (addon->reactor) reactor_close(addon->reactor);
    ledger_close(addon);
    napi_delete_reference(addon->env, addon->registers_ref);
    napi_async_destroy(addon->env, addon->async);
    addon->closing = true;
    addon_settled(addon);
}

static napi_value addon_init(napi_env env, napi_value exports) {
    addon_t *addon = calloc(1, sizeof *addon);
    if (addon == NULL) {
        napi_throw_error(env, "ENOMEM", "no memory for the state of the addon");
        return NULL;
    }
    addon->env = env;
    napi_async_init(env, NULL, new_string(env, "berkeley"), &addon->async);
    napi_add_async_cleanup_hook(env, addon_close, addon, &addon->cleanup);
    if (!export_registers(addon, exports)) {
        napi_throw_error(env, "ENOMEM", "no memory for the registers of the addon");
        return NULL;
    }
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        export_methods(addon, exports, modules[i]);
    export_methods(addon, exports, addon_methods);
    napi_set_named_property(env, exports, "limits", new_limits(env));
    napi_set_named_property(env, exports, "kinds", sockopt_kinds(env));
    napi_set_named_property(env, exports, "tcpInfoFields", sockopt_tcp_info_fields(env));
    napi_set_named_property(env, exports, "interfaceFlags", device_flags(env));
    constants_export(env, exports);
    return exports;
}

NAPI_MODULE(berkeley, addon_init)
