/* getsockopt(2) and setsockopt(2), for every kind of value. */
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "../port/port.h"
#include "../syscall.h"
#include "../value/value.h"
#include "sys.h"

#ifdef __linux__
#include <linux/filter.h>
#endif

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

/* groupFilter(fd, level, name, ifindex, group, sources) -> how many sources there are, of which those that fit
 * are in the memory, a struct sockaddr_storage each; register 0: MCAST_INCLUDE or MCAST_EXCLUDE. The one option
 * whose value has to ask a question first. */
static ssize_t sys_group_filter(call_t *call) {
    _Alignas(struct group_filter) uint8_t room[VALUE_ROOM];
    const size_t sources_at = offsetof(struct group_filter, gf_slist);
    const size_t size = sizeof(struct sockaddr_storage);
    int fd = call_int(call, 0), level = call_int(call, 1), name = call_int(call, 2);
    int ifindex = call_int(call, 3);
    bytes_t group = call_bytes(call, 4), sources = call_bytes(call, 5);
    if (!call_ok(call)) return -1;
    size_t count = sources.length / size, most = (sizeof room - sources_at) / size;
    if (count > most) count = most;
    memset(room, 0, sizeof room);
    struct group_filter *filter = (struct group_filter *)(void *)room;
    filter->gf_interface = (uint32_t)ifindex;
    filter->gf_numsrc = (uint32_t)count;
    int error = copy_address(group, &filter->gf_group);
    if (error < 0) return fail_with(-error);
    socklen_t length = (socklen_t)(sources_at + count * size);
    if (getsockopt(fd, level, name, room, &length) < 0) return -1;
    if (count > filter->gf_numsrc) count = filter->gf_numsrc;
    if (count > 0) memcpy(sources.start, room + sources_at, count * size);
    call->env->registers[0].number = filter->gf_fmode;
    return filter->gf_numsrc;
}

const method_t sockopt_methods[] = {
    {"groupFilter", .syscall = sys_group_filter},
    {"getsockopt", .syscall = sys_getsockopt},
    {"setsockopt", .syscall = sys_setsockopt},
    {0},
};
