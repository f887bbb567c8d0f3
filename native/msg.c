/* sendmsg(2), recvmsg(2) and the bounded walk over control messages.
 *
 *   |<------------------------- cmsg_space(n) ------------------------->|
 *   |<------------------ cmsg_len(n) ------------------>|
 *   +-----------------+------+------+---------+---------+---------------+
 *   | cmsg_len        | level| type | padding | n bytes | padding       |
 *   +-----------------+------+------+---------+---------+---------------+
 *
 * The arithmetic is ours and not CMSG_NXTHDR's: that macro calls into glibc, which musl lacks,
 * and a walk over bytes that a stranger may have shaped should check every step itself. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "ledger.h"
#include "napi_util.h"

#ifndef SCM_PIDFD
#define SCM_PIDFD 4 /* Linux 6.5 */
#endif

enum { IOV_LIMIT = 1024 };

typedef struct {
    struct iovec entries[IOV_LIMIT];
    uint32_t count;
} gather_t;

/* Fills the vector from an array of views; 0, -EMSGSIZE when it has too many, -EINVAL for a
 * wrong element. All elements are fetched before any pointer is taken: fetching may run
 * JavaScript, and JavaScript may move memory. */
static int gather(napi_env env, napi_value array, gather_t *vector) {
    napi_value elements[IOV_LIMIT];
    bool is_array = false;
    vector->count = 0;
    if (napi_is_array(env, array, &is_array) != napi_ok || !is_array) return -EINVAL;
    napi_get_array_length(env, array, &vector->count);
    if (vector->count > IOV_LIMIT) return -EMSGSIZE;
    for (uint32_t i = 0; i < vector->count; i++)
        if (napi_get_element(env, array, i, &elements[i]) != napi_ok) return -EINVAL;
    for (uint32_t i = 0; i < vector->count; i++) {
        bytes_t bytes;
        if (!bytes_of(env, elements[i], &bytes)) return -EINVAL;
        if (bytes.length == 0 && is_detached(env, elements[i])) return -EINVAL;
        vector->entries[i].iov_base = bytes.start;
        vector->entries[i].iov_len = bytes.length;
    }
    return 0;
}

static struct msghdr header_of(bytes_t name, gather_t *vector, bytes_t control) {
    struct msghdr header;
    memset(&header, 0, sizeof header); /* musl has padding fields here */
    header.msg_name = name.start;
    header.msg_namelen = (socklen_t)name.length;
    header.msg_iov = vector->entries;
    header.msg_iovlen = vector->count;
    header.msg_control = control.length ? control.start : NULL;
    header.msg_controllen = control.length;
    return header;
}

static const size_t cmsg_align = sizeof(size_t);

static size_t padded(size_t bytes) {
    return (bytes + cmsg_align - 1) / cmsg_align * cmsg_align;
}

static size_t header_size(void) {
    return padded(sizeof(struct cmsghdr));
}

/* One control message of a buffer: where it stands, how long its data is, where the next one is. */
typedef struct {
    struct cmsghdr header;
    size_t data, data_length, next;
} cmsg_t;

/* Reads the one at `at`; false when there is none. A header that claims more than there is is cut
 * to what there is, as the kernel does when the room was too small. The step is never 0. */
static bool cmsg_at(const uint8_t *control, size_t length, size_t at, cmsg_t *cmsg) {
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

/* Descriptors that arrived are owned here from this moment. */
static void note_descriptors(addon_t *addon, const struct msghdr *header) {
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

/* sendmsg(fd, views, flags, sockaddr?, control?) */
static napi_value sendmsg_(napi_env env, napi_callback_info info) {
    call_t call;
    gather_t vector;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), flags = call_int(&call, 2);
    int error = gather(env, call.argv[1], &vector);
    bytes_t name = call_optional_bytes(&call, 3);
    bytes_t control = call_optional_bytes(&call, 4);
    if (!call_good(&call)) return NULL;
    if (error < 0) return call_number(&call, error);
    struct msghdr header = header_of(name, &vector, control);
    return call_result(&call, sendmsg(fd, &header, flags | MSG_NOSIGNAL));
}

/* recvmsg(fd, views, flags, sockaddr?, control?); registers: 0 address length, 1 control length,
 * 2 flags. Descriptors that arrive are close-on-exec. */
static napi_value recvmsg_(napi_env env, napi_callback_info info) {
    call_t call;
    gather_t vector;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), flags = call_int(&call, 2);
    int error = gather(env, call.argv[1], &vector);
    bytes_t name = call_optional_bytes(&call, 3);
    bytes_t control = call_optional_bytes(&call, 4);
    if (!call_good(&call)) return NULL;
    if (error < 0) return call_number(&call, error);
    struct msghdr header = header_of(name, &vector, control);
    ssize_t result = recvmsg(fd, &header, flags | MSG_CMSG_CLOEXEC);
    if (result >= 0 && header.msg_controllen > 0) note_descriptors(call.addon, &header);
    call.addon->registers[0].number = header.msg_namelen;
    call.addon->registers[1].number = (double)header.msg_controllen;
    call.addon->registers[2].number = header.msg_flags &
                                      ~MSG_CMSG_CLOEXEC; /* the kernel echoes it */
    return call_result(&call, result);
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
    if (data.length) memcpy(control.start + at + header_size(), data.start, data.length);
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

const method_t msg_methods[] = {
    {"sendmsg", sendmsg_}, {"recvmsg", recvmsg_}, {"cmsgLen", cmsgLen_}, {"cmsgSpace", cmsgSpace_},
    {"cmsgPut", cmsgPut_}, {"cmsgAt", cmsgAt_},   {NULL, NULL},
};
