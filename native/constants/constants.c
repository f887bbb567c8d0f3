#include "constants.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The headers of the C library only. Those of the kernel (<linux/in.h>, <linux/tcp.h>) collide with
 * them, and what they would add is in constants.def, as a number that can no longer change. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/in_systm.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

/* Flags that it makes of calls of its own. */
#ifndef __linux__
#include "../port/layouts.h"
#endif

/* The C libraries disagree: musl still says 128. Linux itself says 4096 since 5.4, and cuts every
 * backlog to net.core.somaxconn anyway, so a build takes that number from constants.def. */
#if defined(__linux__)
#undef SOMAXCONN
#endif

typedef struct {
    const char *name;
    int64_t number;
    bool supported;
} constant_t;

/* The rows of constants.generated.inc: the name of the macro says where the number comes from. */
/* clang-format off */
#define HEADER(name) { #name, (int64_t)(name), true },
#define ASSIGNED(name, number) { #name, (number), false },
/* The numbers of the Linux ABI; two architectures have their own. */
#if defined(__linux__) && !defined(__sparc__) && !defined(__hppa__)
#define LINUX(name, number) { #name, (number), true },
#else
#define LINUX(name, number)
#endif
/* clang-format on */

static const constant_t constants[] = {
#include "constants.generated.inc"
};

enum { CONSTANTS = sizeof constants / sizeof constants[0] };

static napi_value numbers_by_name(napi_env napi) {
    napi_value object, number;
    napi_create_object(napi, &object);
    for (size_t i = 0; i < CONSTANTS; i++) {
        /* int64: some flags have bit 31 set, and VMADDR_CID_ANY is 2^32 - 1. */
        napi_create_int64(napi, constants[i].number, &number);
        napi_set_named_property(napi, object, constants[i].name, number);
    }
    napi_object_freeze(napi, object);
    return object;
}

static napi_value unsupported_names(napi_env napi) {
    napi_value names, name;
    uint32_t length = 0;
    napi_create_array(napi, &names);
    for (size_t i = 0; i < CONSTANTS; i++) {
        if (constants[i].supported) continue;
        napi_create_string_utf8(napi, constants[i].name, NAPI_AUTO_LENGTH, &name);
        napi_set_element(napi, names, length++, name);
    }
    napi_object_freeze(napi, names);
    return names;
}

void constants_export(napi_env napi, napi_value exports) {
    napi_set_named_property(napi, exports, "constants", numbers_by_name(napi));
    napi_set_named_property(napi, exports, "unsupported", unsupported_names(napi));
}
