/* getsockopt(2) and setsockopt(2), for every kind of value. */
#include <linux/filter.h>
#include <string.h>

#include "../syscall.h"
#include "../value/value.h"
#include "sys.h"

/* For this one option the kernel reads the length in filter rows, not in bytes: given the bytes of
 * the room, it would write eight times as many. */
static socklen_t unit_of(int level, int name) {
#ifdef SO_GET_FILTER
    if (level == SOL_SOCKET && name == SO_GET_FILTER) return sizeof(struct sock_filter);
#endif
    (void)level, (void)name;
    return 1;
}

/* getsockopt(fd, level, name, kind, bytes?) -> length of the value; the value in the registers,
 * or for the kind "bytes" in the bytes */
static ssize_t sys_getsockopt(call_t *call) {
    int fd = call_int(call, 0), level = call_int(call, 1), name = call_int(call, 2);
    const kind_t *kind = kind_at(call_int(call, 3));
    bytes_t bytes = call_optional_bytes(call, 4);
    if (!call_ok(call)) return -1;
    if (kind == NULL || (kind->size != 0 && kind->decode == NULL)) return fail_with(EINVAL);

    uint8_t room[VALUE_ROOM];
    memset(room, 0, kind->size);
    void *to = kind->size ? room : bytes.start;
    socklen_t unit = unit_of(level, name);
    socklen_t length = (kind->size ? kind->size : (socklen_t)bytes.length) / unit;
    if (getsockopt(fd, level, name, to, &length) < 0) return -1;
    length *= unit;
    value_t value = {call->env->registers, bytes, {NULL, 0}};
    int error = kind->size ? kind->decode(&value, room, length) : 0;
    return error < 0 ? fail_with(-error) : (ssize_t)length;
}

/* setsockopt(fd, level, name, kind, bytes?, more?); numbers come in the registers */
static ssize_t sys_setsockopt(call_t *call) {
    int fd = call_int(call, 0), level = call_int(call, 1), name = call_int(call, 2);
    const kind_t *kind = kind_at(call_int(call, 3));
    bytes_t bytes = call_optional_bytes(call, 4), more = call_optional_bytes(call, 5);
    if (!call_ok(call)) return -1;
    if (kind == NULL || (kind->size != 0 && kind->encode == NULL)) return fail_with(EINVAL);

    if (kind->size == 0) return set_option(fd, level, name, bytes.start, (socklen_t)bytes.length);
    uint8_t room[VALUE_ROOM];
    memset(room, 0, kind->size);
    value_t value = {call->env->registers, bytes, more};
    int error = kind->encode(&value, room);
    return error < 0 ? fail_with(-error) : set_option(fd, level, name, room, kind->size);
}

const method_t sockopt_methods[] = {
    {"getsockopt", .syscall = sys_getsockopt},
    {"setsockopt", .syscall = sys_setsockopt},
    {0},
};
