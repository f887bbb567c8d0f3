/* sendmsg(2) and recvmsg(2). */
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../port/port.h"
#include "cmsg.h"
#include "sys.h"

enum { IOV_LIMIT = 1024 };

typedef struct {
    struct iovec entries[IOV_LIMIT];
    uint32_t count;
} iovec_t;

/* The arguments of both calls: (fd, views, flags, sockaddr?, control?) */
typedef struct {
    int fd, flags;
    iovec_t iovec;
    struct msghdr header;
} message_t;

static int read_view(napi_env napi, napi_value view, struct iovec *entry) {
    bytes_t bytes;
    if (!bytes_of(napi, view, &bytes)) return -EINVAL;
    if (bytes.length == 0 && is_detached(napi, view)) return -EINVAL;
    entry->iov_base = bytes.start;
    entry->iov_len = bytes.length;
    return 0;
}

/* All elements are fetched before any pointer is taken: fetching may run JavaScript, and JavaScript may
 * move memory. */
static int read_views(napi_env napi, napi_value array, iovec_t *iovec) {
    napi_value elements[IOV_LIMIT];
    int error = 0;
    napi_get_array_length(napi, array, &iovec->count);
    if (iovec->count > IOV_LIMIT) return -EMSGSIZE;
    for (uint32_t i = 0; i < iovec->count; i++)
        if (napi_get_element(napi, array, i, &elements[i]) != napi_ok) return -EINVAL;
    for (uint32_t i = 0; i < iovec->count && error == 0; i++)
        error = read_view(napi, elements[i], &iovec->entries[i]);
    return error;
}

/* Fills the vector from a view, or an array of them; 0, -EMSGSIZE when there are too many, -EINVAL for a
 * wrong element. */
static int read_iovec(napi_env napi, napi_value views, iovec_t *iovec) {
    bool is_array = false;
    iovec->count = 0;
    if (napi_is_array(napi, views, &is_array) != napi_ok) return -EINVAL;
    if (is_array) return read_views(napi, views, iovec);
    iovec->count = 1;
    return read_view(napi, views, &iovec->entries[0]);
}

/* Reads the arguments. False when the call is bad, or errno is set. */
static bool read_message(call_t *call, message_t *message) {
    message->fd = call_int(call, 0);
    message->flags = call_int(call, 2);
    int error = read_iovec(call->napi, call->argv[1], &message->iovec);
    bytes_t name = call_optional_bytes(call, 3);
    bytes_t control = call_optional_bytes(call, 4);
    struct msghdr *header = &message->header;
    memset(header, 0, sizeof *header); /* musl has padding fields here */
    header->msg_name = name.start;
    header->msg_namelen = (socklen_t)name.length;
    header->msg_iov = message->iovec.entries;
    header->msg_iovlen = message->iovec.count;
    header->msg_control = control.length ? control.start : NULL;
    header->msg_controllen = control.length;
    errno = -error;
    return call_ok(call) && error == 0;
}

/* sendmsg(fd, views, flags, sockaddr?, control?) */
static ssize_t sys_sendmsg(call_t *call) {
    message_t message;
    if (!read_message(call, &message)) return -1;
    return sendmsg(message.fd, &message.header, message.flags | MSG_NOSIGNAL);
}

/* recvmsg(fd, views, flags, sockaddr?, control?); registers: 0 address length, 1 control length,
 * 2 flags. Descriptors that arrive are close-on-exec. */
static ssize_t sys_recvmsg(call_t *call) {
    message_t message;
    if (!read_message(call, &message)) return -1;
    struct msghdr *header = &message.header;
    ssize_t result = receive_message(message.fd, header, message.flags);
    if (result >= 0) cmsg_add_descriptors(call->env, header);
    call->env->registers[0].number = header->msg_namelen;
    call->env->registers[1].number = (double)header->msg_controllen;
    call->env->registers[2].number = header->msg_flags;
    return result;
}

const method_t msg_methods[] = {
    {"sendmsg", .syscall = sys_sendmsg},
    {"recvmsg", .syscall = sys_recvmsg},
    {0},
};
