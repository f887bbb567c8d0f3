/* Control messages: sizes, building, reading. See cmsg(3). */
#include "cmsg.h"

#include <errno.h>
#include <string.h>

#include "../ledger.h"
#include "../call.h"

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
    size_t there = length - at;
    size_t total = cmsg->header.cmsg_len < there ? cmsg->header.cmsg_len : there;
    cmsg->data = at + header_size();
    cmsg->data_length = total > header_size() ? total - header_size() : 0;
    cmsg->next = at + (padded(total) < there ? padded(total) : there);
    return true;
}

void cmsg_note_descriptors(addon_t *addon, const struct msghdr *header) {
    cmsg_t cmsg;
    const uint8_t *control = header->msg_control;
    for (size_t at = 0; cmsg_at(control, header->msg_controllen, at, &cmsg); at = cmsg.next) {
        if (cmsg.header.cmsg_level != SOL_SOCKET) continue;
        if (cmsg.header.cmsg_type != SCM_RIGHTS && cmsg.header.cmsg_type != SCM_PIDFD) continue;
        for (size_t i = 0; i + sizeof(int) <= cmsg.data_length; i += sizeof(int)) {
            int fd;
            memcpy(&fd, control + cmsg.data + i, sizeof fd);
            ledger_born(addon, fd);
        }
    }
}

/* CMSG_LEN(3): header and data, without the padding behind */
static napi_value cmsgLen_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int64_t bytes = call_int64(&call, 0);
    if (!call_good(&call)) return NULL;
    if (bytes < 0 || bytes > INT32_MAX) return call_number(&call, -EINVAL);
    return call_number(&call, (int64_t)(header_size() + (size_t)bytes));
}

/* CMSG_SPACE(3): the room that a control message of so many data bytes takes */
static napi_value cmsgSpace_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int64_t bytes = call_int64(&call, 0);
    if (!call_good(&call)) return NULL;
    if (bytes < 0 || bytes > INT32_MAX) return call_number(&call, -EINVAL);
    return call_number(&call, (int64_t)(header_size() + padded((size_t)bytes)));
}

/* cmsgPut(control, offset, level, type, data) -> offset behind it, -ENOBUFS without room */
static napi_value cmsgPut_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int64_t offset = call_int64(&call, 1);
    int level = call_int(&call, 2), type = call_int(&call, 3);
    bytes_t control = call_bytes(&call, 0);
    bytes_t data = call_bytes(&call, 4);
    if (!call_good(&call)) return NULL;
    if (offset < 0 || data.length > INT32_MAX) return call_number(&call, -EINVAL);
    size_t at = (size_t)offset, space = header_size() + padded(data.length);
    if (at > control.length || space > control.length - at) return call_number(&call, -ENOBUFS);
    struct cmsghdr header;
    memset(&header, 0, sizeof header);
    header.cmsg_len = header_size() + data.length;
    header.cmsg_level = level;
    header.cmsg_type = type;
    memset(control.start + at, 0, space);
    memcpy(control.start + at, &header, sizeof header);
    if (data.length) memmove(control.start + at + header_size(), data.start, data.length);
    return call_number(&call, (int64_t)(at + space));
}

/* cmsgAt(control, length, offset) -> offset of the next one, 0 when there is none at offset;
 * registers: 0 level, 1 type, 2 data offset, 3 data length. */
static napi_value cmsgAt_(napi_env env, napi_callback_info info) {
    call_t call;
    cmsg_t cmsg;
    call_begin(&call, env, info);
    int64_t claimed = call_int64(&call, 1), offset = call_int64(&call, 2);
    bytes_t control = call_bytes(&call, 0);
    if (!call_good(&call)) return NULL;
    if (claimed < 0 || offset < 0) return call_number(&call, -EINVAL);
    size_t length = (uint64_t)claimed < control.length ? (size_t)claimed : control.length;
    if (!cmsg_at(control.start, length, (size_t)offset, &cmsg)) return call_number(&call, 0);
    register_t_ *registers = call.addon->registers;
    registers[0].number = cmsg.header.cmsg_level;
    registers[1].number = cmsg.header.cmsg_type;
    registers[2].number = (double)cmsg.data;
    registers[3].number = (double)cmsg.data_length;
    return call_number(&call, (int64_t)cmsg.next);
}

const method_t cmsg_methods[] = {
    {"cmsgLen", cmsgLen_}, {"cmsgSpace", cmsgSpace_}, {"cmsgPut", cmsgPut_}, {"cmsgAt", cmsgAt_},
    {NULL, NULL},
};
