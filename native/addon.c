/* The addon: its table of functions, and the life of its state. One state per environment. */
#include "addon.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "constants.h"
#include "napi_util.h"

static const method_t *const modules[] = {
    socket_methods, io_methods,      msg_methods,    sockopt_methods,
    addr_methods,   resolve_methods, device_methods, reactor_methods,
};

static void export_methods(addon_t *addon, napi_value exports, const method_t *method) {
    for (; method->name != NULL; method++) {
        napi_value function;
        napi_create_function(addon->env, method->name, NAPI_AUTO_LENGTH, method->function, addon,
                             &function);
        napi_set_named_property(addon->env, exports, method->name, function);
    }
}

/* strerror(errno) -> what the C library says of it */
static napi_value strerror_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int number = call_int(&call, 0);
    if (!call_good(&call)) return NULL;
    return new_string(env, strerror(number));
}

/* ledger(bytes): one byte per fd number. What is not 0 in it when this environment ends is closed then: the fds of a worker
 * outlive it, and nobody else knows them. It replaces the one before. */
static napi_value ledger_(napi_env env, napi_callback_info info) {
    call_t call;
    napi_ref ref = NULL;
    call_begin(&call, env, info);
    bytes_t bytes = call_bytes(&call, 0);
    if (!call_good(&call)) return NULL;
    if (napi_create_reference(env, call.argv[0], 1, &ref) != napi_ok)
        return call_number(&call, -ENOMEM);
    addon_t *addon = call.addon;
    if (addon->ledger_ref) napi_delete_reference(env, addon->ledger_ref);
    addon->ledger_ref = ref;
    addon->ledger = bytes.start;
    addon->ledger_length = bytes.length;
    return call_number(&call, 0);
}

static void ledger_close(addon_t *addon) {
    for (size_t fd = 0; fd < addon->ledger_length; fd++)
        if (addon->ledger[fd]) close((int)fd);
    if (addon->ledger_ref) napi_delete_reference(addon->env, addon->ledger_ref);
}

static const method_t addon_methods[] = {
    {"strerror", strerror_}, {"ledger", ledger_}, {NULL, NULL}};

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

static void export_registers(addon_t *addon, napi_value exports) {
    napi_value buffer;
    void *start = NULL;
    napi_create_arraybuffer(addon->env, REGISTERS * sizeof(register_t_), &start, &buffer);
    addon->registers = start;
    memset(start, 0, REGISTERS * sizeof(register_t_));
    napi_create_reference(addon->env, buffer, 1, &addon->registers_ref);
    napi_set_named_property(addon->env, exports, "registers", buffer);
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
    export_registers(addon, exports);
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
