/* getsockopt(2) and setsockopt(2): the two calls, for every kind of value. */
#include "../value/value.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>

/* The kernel counts this one option in filter rows, not in bytes, when it reads: passing the bytes
 * of the room would let it write eight times as many. */
static socklen_t unit_of(int level, int name) {
#ifdef SO_GET_FILTER
    if (level == SOL_SOCKET && name == SO_GET_FILTER) return sizeof(struct sock_filter);
#endif
    (void)level, (void)name;
    return 1;
}

/* getsockopt(fd, level, name, kind, bytes?) -> length of the value; the value in the registers,
 * or for the kind "bytes" in the bytes */
static napi_value getsockopt_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0);
    int level = call_int(&call, 1), name = call_int(&call, 2);
    const kind_t *kind = kind_at(call_int(&call, 3));
    bytes_t bytes = call_optional_bytes(&call, 4);
    if (!call_good(&call)) return NULL;
    if (kind == NULL || (kind->size != 0 && kind->decode == NULL))
        return call_number(&call, -EINVAL);

    uint8_t room[VALUE_ROOM];
    memset(room, 0, kind->size);
    void *to = kind->size ? room : bytes.start;
    socklen_t unit = unit_of(level, name);
    socklen_t length = (kind->size ? kind->size : (socklen_t)bytes.length) / unit;
    if (getsockopt(fd, level, name, to, &length) < 0) return call_number(&call, -errno);
    length *= unit;
    if (kind->size) {
        value_t value = {call.addon->registers, bytes, {NULL, 0}};
        int error = kind->decode(&value, room, length);
        if (error < 0) return call_number(&call, error);
    }
    return call_number(&call, length);
}

/* setsockopt(fd, level, name, kind, bytes?, more?); numbers come in the registers */
static napi_value setsockopt_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0);
    int level = call_int(&call, 1), name = call_int(&call, 2);
    const kind_t *kind = kind_at(call_int(&call, 3));
    bytes_t bytes = call_optional_bytes(&call, 4);
    bytes_t more = call_optional_bytes(&call, 5);
    if (!call_good(&call)) return NULL;
    if (kind == NULL || (kind->size != 0 && kind->encode == NULL))
        return call_number(&call, -EINVAL);

    uint8_t room[VALUE_ROOM];
    memset(room, 0, kind->size);
    const void *from = kind->size ? room : bytes.start;
    socklen_t length = kind->size ? kind->size : (socklen_t)bytes.length;
    if (kind->size) {
        value_t value = {call.addon->registers, bytes, more};
        int error = kind->encode(&value, room);
        if (error < 0) return call_number(&call, error);
    }
    return call_result(&call, setsockopt(fd, level, name, from, length));
}

const method_t sockopt_methods[] = {
    {"getsockopt", getsockopt_},
    {"setsockopt", setsockopt_},
    {NULL, NULL},
};
