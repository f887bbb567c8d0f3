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

#include "napi_util.h"

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
    call.addon->registers[0].number = header.msg_namelen;
    call.addon->registers[1].number = (double)header.msg_controllen;
    call.addon->registers[2].number = header.msg_flags &
                                      ~MSG_CMSG_CLOEXEC; /* the kernel echoes it */
    return call_result(&call, result);
}

static const size_t cmsg_align = sizeof(size_t);

static size_t padded(size_t bytes) {
    return (bytes + cmsg_align - 1) / cmsg_align * cmsg_align;
}

static size_t header_size(void) {
    return padded(sizeof(struct cmsghdr));
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
 * registers: 0 level, 1 type, 2 data offset, 3 data length. A header that claims more than there
 * is is cut to what there is, as the kernel does when the room was too small. */
static napi_value cmsgAt_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int64_t claimed = call_int64(&call, 1), offset = call_int64(&call, 2);
    bytes_t control = call_bytes(&call, 0);
    if (!call_good(&call)) return NULL;
    if (claimed < 0 || offset < 0) return call_number(&call, -EINVAL);
    size_t length = (uint64_t)claimed < control.length ? (size_t)claimed : control.length;
    size_t at = (size_t)offset;
    struct cmsghdr header;
    if (at > length || length - at < sizeof header) return call_number(&call, 0);
    memcpy(&header, control.start + at, sizeof header);
    if (header.cmsg_len < header_size()) return call_number(&call, 0);
    size_t total = header.cmsg_len < length - at ? header.cmsg_len : length - at;
    size_t data = total > header_size() ? total - header_size() : 0;
    size_t step = padded(total) < length - at ? padded(total) : length - at;
    register_t_ *registers = call.addon->registers;
    registers[0].number = header.cmsg_level;
    registers[1].number = header.cmsg_type;
    registers[2].number = (double)(at + header_size());
    registers[3].number = (double)data;
    return call_number(&call, (int64_t)(at + step));
}

const method_t msg_methods[] = {
    {"sendmsg", sendmsg_}, {"recvmsg", recvmsg_}, {"cmsgLen", cmsgLen_}, {"cmsgSpace", cmsgSpace_},
    {"cmsgPut", cmsgPut_}, {"cmsgAt", cmsgAt_},   {NULL, NULL},
};
