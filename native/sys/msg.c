/* sendmsg(2) and recvmsg(2). */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "cmsg.h"
#include "../call.h"

enum { IOV_LIMIT = 1024 };

typedef struct {
    struct iovec entries[IOV_LIMIT];
    uint32_t count;
} gather_t;

/* What both calls are given: (fd, views, flags, sockaddr?, control?) */
typedef struct {
    int fd, flags;
    gather_t vector;
    struct msghdr header;
} message_t;

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

/* Reads the arguments; 0, or the -errno to answer with. Meaningless when the call is bad. */
static int message_read(call_t *call, message_t *message) {
    message->fd = call_int(call, 0);
    message->flags = call_int(call, 2);
    int error = gather(call->env, call->argv[1], &message->vector);
    bytes_t name = call_optional_bytes(call, 3);
    bytes_t control = call_optional_bytes(call, 4);
    struct msghdr *header = &message->header;
    memset(header, 0, sizeof *header); /* musl has padding fields here */
    header->msg_name = name.start;
    header->msg_namelen = (socklen_t)name.length;
    header->msg_iov = message->vector.entries;
    header->msg_iovlen = message->vector.count;
    header->msg_control = control.length ? control.start : NULL;
    header->msg_controllen = control.length;
    return error;
}

/* sendmsg(fd, views, flags, sockaddr?, control?) */
static napi_value sendmsg_(napi_env env, napi_callback_info info) {
    call_t call;
    message_t message;
    call_begin(&call, env, info);
    int error = message_read(&call, &message);
    if (!call_good(&call)) return NULL;
    if (error < 0) return call_number(&call, error);
    return call_result(&call, sendmsg(message.fd, &message.header, message.flags | MSG_NOSIGNAL));
}

/* recvmsg(fd, views, flags, sockaddr?, control?); registers: 0 address length, 1 control length,
 * 2 flags. Descriptors that arrive are close-on-exec. */
static napi_value recvmsg_(napi_env env, napi_callback_info info) {
    call_t call;
    message_t message;
    call_begin(&call, env, info);
    int error = message_read(&call, &message);
    if (!call_good(&call)) return NULL;
    if (error < 0) return call_number(&call, error);
    struct msghdr *header = &message.header;
    ssize_t result = recvmsg(message.fd, header, message.flags | MSG_CMSG_CLOEXEC);
    if (result >= 0) cmsg_note_descriptors(call.addon, header);
    call.addon->registers[0].number = header->msg_namelen;
    call.addon->registers[1].number = (double)header->msg_controllen;
    /* The kernel echoes the flag. */
    call.addon->registers[2].number = header->msg_flags & ~MSG_CMSG_CLOEXEC;
    return call_result(&call, result);
}

const method_t msg_methods[] = {{"sendmsg", sendmsg_}, {"recvmsg", recvmsg_}, {NULL, NULL}};
