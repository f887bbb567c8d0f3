/* Control messages: sizes, building, reading. See cmsg(3). */
#include "cmsg.h"

#include <string.h>

#include "../ledger.h"
#include "../value/value.h"
#include "sys.h"

#ifndef SCM_PIDFD
#define SCM_PIDFD 4 /* Linux 6.5 */
#endif

static const size_t cmsg_align = sizeof(size_t);

static size_t padded(size_t bytes) {
    return (bytes + cmsg_align - 1) / cmsg_align * cmsg_align;
}

static size_t header_size(void) {
    return padded(sizeof(struct cmsghdr));
}

bool cmsg_at(const uint8_t *control, size_t length, size_t at, cmsg_t *cmsg) {
    if (at > length || length - at < sizeof cmsg->header) return false;
    memcpy(&cmsg->header, control + at, sizeof cmsg->header);
    if (cmsg->header.cmsg_len < header_size()) return false;
    size_t left = length - at;
    size_t total = cmsg->header.cmsg_len < left ? cmsg->header.cmsg_len : left;
    cmsg->data = at + header_size();
    cmsg->data_length = total > header_size() ? total - header_size() : 0;
    cmsg->next = at + (padded(total) < left ? padded(total) : left);
    return true;
}

static bool has_descriptors(const struct cmsghdr *header) {
    return header->cmsg_level == SOL_SOCKET &&
           (header->cmsg_type == SCM_RIGHTS || header->cmsg_type == SCM_PIDFD);
}

void cmsg_set_sole(struct msghdr *header, uint8_t *control, int level, int type, const void *data,
                   size_t length) {
    struct cmsghdr cmsg;
    memset(&cmsg, 0, sizeof cmsg);
    cmsg.cmsg_len = header_size() + length;
    cmsg.cmsg_level = level;
    cmsg.cmsg_type = type;
    header->msg_control = control;
    header->msg_controllen = header_size() + padded(length);
    memset(control, 0, header->msg_controllen);
    memcpy(control, &cmsg, sizeof cmsg);
    memcpy(control + header_size(), data, length);
}

void cmsg_add_descriptors(env_t *env, const struct msghdr *header) {
    cmsg_t cmsg;
    const uint8_t *control = header->msg_control;
    for (size_t at = 0; cmsg_at(control, header->msg_controllen, at, &cmsg); at = cmsg.next) {
        if (!has_descriptors(&cmsg.header)) continue;
        for (size_t i = 0; i + sizeof(int) <= cmsg.data_length; i += sizeof(int)) {
            int fd;
            memcpy(&fd, control + cmsg.data + i, sizeof fd);
            ledger_add(env, fd);
        }
    }
}

int cmsg_sole_descriptor(const struct msghdr *header) {
    cmsg_t cmsg, next;
    int fd = -1;
    const uint8_t *control = header->msg_control;
    if (!cmsg_at(control, header->msg_controllen, 0, &cmsg)) return -1;
    if (cmsg.header.cmsg_level != SOL_SOCKET || cmsg.header.cmsg_type != SCM_RIGHTS) return -1;
    if (cmsg.data_length != sizeof fd) return -1;
    if (cmsg_at(control, header->msg_controllen, cmsg.next, &next)) return -1;
    memcpy(&fd, control + cmsg.data, sizeof fd);
    return fd;
}

/* CMSG_LEN(3): header and data, without the padding behind */
static int64_t cmsg_len(call_t *call) {
    int64_t bytes = call_int64(call, 0);
    if (bytes < 0 || bytes > INT32_MAX) return -EINVAL;
    return (int64_t)(header_size() + (size_t)bytes);
}

/* CMSG_SPACE(3): the room that a control message with so many bytes of data takes */
static int64_t cmsg_space(call_t *call) {
    int64_t bytes = call_int64(call, 0);
    if (bytes < 0 || bytes > INT32_MAX) return -EINVAL;
    return (int64_t)(header_size() + padded((size_t)bytes));
}

/* cmsgPut(control, offset, level, type, data) -> offset behind it, -ENOBUFS without room */
static int64_t cmsg_put(call_t *call) {
    int64_t offset = call_int64(call, 1);
    int level = call_int(call, 2), type = call_int(call, 3);
    bytes_t control = call_bytes(call, 0), data = call_bytes(call, 4);
    if (!call_ok(call)) return -1;
    if (offset < 0 || data.length > INT32_MAX) return -EINVAL;
    size_t at = (size_t)offset, space = header_size() + padded(data.length);
    if (at > control.length || space > control.length - at) return -ENOBUFS;
    struct cmsghdr header;
    memset(&header, 0, sizeof header);
    header.cmsg_len = header_size() + data.length;
    header.cmsg_level = level;
    header.cmsg_type = type;
    memset(control.start + at, 0, space);
    memcpy(control.start + at, &header, sizeof header);
    if (data.length) memmove(control.start + at + header_size(), data.start, data.length);
    return (int64_t)(at + space);
}

/* cmsgAt(control, length, offset) -> offset of the next one, 0 when there is none at offset;
 * registers: 0 level, 1 type, 2 data offset, 3 data length. */
static int64_t cmsg_read(call_t *call) {
    cmsg_t cmsg;
    int64_t claimed = call_int64(call, 1), offset = call_int64(call, 2);
    bytes_t control = call_bytes(call, 0);
    if (!call_ok(call)) return -1;
    if (claimed < 0 || offset < 0) return -EINVAL;
    size_t length = (uint64_t)claimed < control.length ? (size_t)claimed : control.length;
    if (!cmsg_at(control.start, length, (size_t)offset, &cmsg)) return 0;
    register_value_t *registers = call->env->registers;
    registers[0].number = cmsg.header.cmsg_level;
    registers[1].number = cmsg.header.cmsg_type;
    registers[2].number = (double)cmsg.data;
    registers[3].number = (double)cmsg.data_length;
    return (int64_t)cmsg.next;
}

/* cmsgDecode(kind, data, bytes?) -> 0 or -errno; the value in the registers and the bytes */
static int64_t cmsg_decode(call_t *call) {
    const kind_t *kind = kind_at(call_int(call, 0));
    bytes_t data = call_bytes(call, 1), bytes = call_optional_bytes(call, 2);
    if (!call_ok(call)) return -1;
    if (kind == NULL || kind->decode == NULL || data.length > INT32_MAX) return -EINVAL;
    value_t value = {call->env->registers, bytes, {NULL, 0}};
    return kind->decode(&value, data.start, (socklen_t)data.length);
}

/* cmsgEncode(kind, to, bytes?) -> length or -errno; numbers come in the registers */
static int64_t cmsg_encode(call_t *call) {
    const kind_t *kind = kind_at(call_int(call, 0));
    bytes_t to = call_bytes(call, 1), bytes = call_optional_bytes(call, 2);
    if (!call_ok(call)) return -1;
    if (kind == NULL || kind->encode == NULL || to.length < kind->size) return -EINVAL;
    value_t value = {call->env->registers, bytes, {NULL, 0}};
    int error = kind->encode(&value, to.start);
    return error < 0 ? error : (int64_t)kind->size;
}

const method_t cmsg_methods[] = {
    {"cmsgLen", .number = cmsg_len},
    {"cmsgSpace", .number = cmsg_space},
    {"cmsgPut", .number = cmsg_put},
    {"cmsgAt", .number = cmsg_read},
    {"cmsgDecode", .number = cmsg_decode},
    {"cmsgEncode", .number = cmsg_encode},
    {0},
};
