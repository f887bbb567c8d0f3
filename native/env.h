/* State of one environment (the main thread, or one worker) and the modules of the addon.
 * There is no other state: nothing here is global or shared between threads. */
#ifndef BERKELEY_ENV_H
#define BERKELEY_ENV_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

/* Registers carry what a call returns beside its count: an address length, a pair of fds, the
 * fields of a struct. JavaScript sees the same memory as a Float64Array and a BigUint64Array, so
 * no object is built for them. Valid until the next native call. */
enum { REGISTERS = 80 };

typedef union {
    double number;
    uint64_t u64;
} register_t_;

typedef struct reactor reactor_t;
typedef struct lookup lookup_t;

typedef struct addon {
    napi_env env;
    register_t_ *registers;
    napi_ref registers_ref;
    napi_async_context async; /* of every callback into JavaScript */
    bool *ledger;             /* by fd number: whether it is owned here, see ledger.h */
    size_t ledger_room;
    bool ledger_kept;
    reactor_t *reactor; /* NULL until the first wait */
    lookup_t *lookups;  /* resolver requests under way */
    int outstanding;    /* libuv callbacks that teardown has to wait for */
    bool closing;       /* the environment goes away: no JavaScript any more */
    napi_async_cleanup_hook_handle cleanup;
} addon_t;

/* One libuv callback that teardown waits for has run. */
void addon_settled(addon_t *addon);

typedef struct {
    const char *name;
    napi_callback function;
} method_t;

/* Each module lists its functions, ended by a row of NULLs. */
extern const method_t socket_methods[];
extern const method_t io_methods[];
extern const method_t msg_methods[];
extern const method_t sockopt_methods[];
extern const method_t addr_methods[];
extern const method_t resolve_methods[];
extern const method_t device_methods[];
extern const method_t reactor_methods[];
extern const method_t ledger_methods[];
extern const method_t cmsg_methods[];
extern const method_t cmsg_kind_methods[];
extern const method_t mmsg_methods[];

/* Tables that JavaScript reads by name. */
napi_value sockopt_kinds(napi_env env);
napi_value sockopt_tcp_info_fields(napi_env env);
napi_value device_flags(napi_env env);

/* Teardown, first step: cancel and close; the rest follows through addon_settled(). */
void reactor_close(reactor_t *reactor);
void lookups_cancel(lookup_t *first);

#endif
