/* sendmmsg(2) and recvmmsg(2): many datagrams by one system call.
 *
 * Tables of int32 describe the datagrams, one row each. JavaScript uses the same tables for all
 * calls, so no object is made for a datagram; only the views to send from cross as values. */
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../port/port.h"
#include "cmsg.h"
#include "sys.h"

#ifndef UDP_GRO
#define UDP_GRO 104 /* Linux 5.0 */
#endif

enum { BATCH_MAX = 1024 }; /* UIO_MAXIOV: the kernel takes no more at once */

/* A row about a datagram that was received. Each datagram has an equal share of the memory. */
typedef struct {
    int32_t bytes; /* of the datagram: may exceed its share when it was truncated */
    int32_t name_length, control_length, flags;
    int32_t segment; /* bytes of each datagram that the kernel joined (UDP_GRO), 0 if it did not */
} received_t;

/* A row about a datagram to send: a part of a view, and parts of the memory for names and control. */
typedef struct {
    int32_t view, offset, length;
    int32_t name, name_length, control, control_length;
} outgoing_t;

static int32_t segment_of(const struct msghdr *header) {
    cmsg_t cmsg;
    int segment;
    const uint8_t *control = header->msg_control;
    for (size_t at = 0; cmsg_at(control, header->msg_controllen, at, &cmsg); at = cmsg.next) {
        if (cmsg.header.cmsg_level != IPPROTO_UDP || cmsg.header.cmsg_type != UDP_GRO) continue;
        if (cmsg.data_length < sizeof segment) return 0;
        memcpy(&segment, control + cmsg.data, sizeof segment);
        return segment;
    }
    return 0;
}

static received_t row_of(const struct mmsghdr *message) {
    const struct msghdr *header = &message->msg_hdr;
    return (received_t){
        .bytes = (int32_t)message->msg_len,
        .name_length = (int32_t)header->msg_namelen,
        .control_length = (int32_t)header->msg_controllen,
        .flags = header->msg_flags,
        .segment = segment_of(header),
    };
}

/* The start of empty memory may be NULL, which takes no offset. */
static void *share_of(bytes_t memory, size_t room, int i) {
    return room ? memory.start + (size_t)i * room : NULL;
}

/* The memory of one recvmmsg(2), which is shared out evenly among `count` datagrams. */
typedef struct {
    int count;
    bytes_t data, names, control;
} shares_t;

static void fill_shares(const shares_t *shares, struct mmsghdr *messages, struct iovec *vectors) {
    size_t count = (size_t)shares->count, data_room = shares->data.length / count;
    size_t name_room = shares->names.length / count, control_room = shares->control.length / count;
    memset(messages, 0, count * sizeof messages[0]);
    for (int i = 0; i < shares->count; i++) {
        vectors[i].iov_base = share_of(shares->data, data_room, i);
        vectors[i].iov_len = data_room;
        struct msghdr *header = &messages[i].msg_hdr;
        header->msg_iov = &vectors[i];
        header->msg_iovlen = 1;
        header->msg_name = share_of(shares->names, name_room, i);
        header->msg_namelen = (socklen_t)name_room;
        header->msg_control = share_of(shares->control, control_room, i);
        header->msg_controllen = control_room;
    }
}

/* recvmmsg(fd, flags, count, data, names, control, table) -> the number of datagrams. Descriptors
 * that arrive are close-on-exec. */
static ssize_t sys_recvmmsg(call_t *call) {
    struct mmsghdr messages[BATCH_MAX];
    struct iovec vectors[BATCH_MAX];
    int fd = call_int(call, 0), flags = call_int(call, 1), count = call_int(call, 2);
    bytes_t data = call_bytes(call, 3), names = call_bytes(call, 4);
    bytes_t control = call_bytes(call, 5), table = call_bytes(call, 6);
    if (!call_ok(call)) return -1;
    if (count < 1 || count > BATCH_MAX) return fail_with(EINVAL);
    if (table.length / sizeof(received_t) < (size_t)count) return fail_with(EINVAL);
    fill_shares(&(shares_t){count, data, names, control}, messages, vectors);
    int result = receive_messages(fd, messages, (unsigned)count, flags);
    for (int i = 0; i < result; i++) {
        received_t row = row_of(&messages[i]);
        memcpy(table.start + (size_t)i * sizeof row, &row, sizeof row);
        cmsg_add_descriptors(call->env, &messages[i].msg_hdr);
    }
    return result;
}

/* The part [offset, offset + length) of the memory; false when it is not inside the memory. */
static bool part_of(bytes_t memory, int32_t offset, int32_t length, void **start) {
    if (offset < 0 || length < 0 || (size_t)offset > memory.length) return false;
    if ((size_t)length > memory.length - (size_t)offset) return false;
    *start = length ? memory.start + offset : NULL;
    return true;
}

/* The rows of one call, and the views to send from. A view that consecutive rows have in common is
 * fetched once. */
typedef struct {
    int count;
    bytes_t names, control;
    outgoing_t rows[BATCH_MAX]; /* copied: fetching a view may run JavaScript */
    napi_value views[BATCH_MAX];
    struct mmsghdr messages[BATCH_MAX];
    struct iovec vectors[BATCH_MAX];
} batch_t;

/* All are fetched before any pointer is taken, see read_iovec() in msg.c. */
static int fetch_views(napi_env napi, napi_value array, batch_t *batch) {
    int32_t before = -1;
    for (int i = 0; i < batch->count; i++) {
        int32_t view = batch->rows[i].view;
        if (view < 0) return -EINVAL;
        if (i > 0 && view == before)
            batch->views[i] = batch->views[i - 1];
        else if (napi_get_element(napi, array, (uint32_t)view, &batch->views[i]) != napi_ok)
            return -EINVAL;
        before = view;
    }
    return 0;
}

static int fill_headers(napi_env napi, batch_t *batch) {
    bytes_t view = {NULL, 0};
    memset(batch->messages, 0, (size_t)batch->count * sizeof batch->messages[0]);
    for (int i = 0; i < batch->count; i++) {
        outgoing_t row = batch->rows[i];
        struct msghdr *header = &batch->messages[i].msg_hdr;
        bool is_same = i > 0 && batch->views[i] == batch->views[i - 1];
        if (!is_same && !bytes_of(napi, batch->views[i], &view)) return -EINVAL;
        if (!is_same && view.length == 0 && is_detached(napi, batch->views[i])) return -EINVAL;
        if (!part_of(view, row.offset, row.length, &batch->vectors[i].iov_base) ||
            !part_of(batch->names, row.name, row.name_length, &header->msg_name) ||
            !part_of(batch->control, row.control, row.control_length, &header->msg_control))
            return -EINVAL;
        batch->vectors[i].iov_len = (size_t)row.length;
        header->msg_iov = &batch->vectors[i];
        header->msg_iovlen = 1;
        header->msg_namelen = (socklen_t)row.name_length;
        header->msg_controllen = (size_t)row.control_length;
    }
    return 0;
}

/* sendmmsg(fd, flags, views, rows, count, names, control) -> the number of rows that were sent. The
 * kernel stops at the first row that fails; the next call reports why. */
static ssize_t sys_sendmmsg(call_t *call) {
    batch_t batch;
    bool is_array = false;
    int fd = call_int(call, 0), flags = call_int(call, 1);
    batch.count = call_int(call, 4);
    bytes_t rows = call_bytes(call, 3);
    napi_value views = call->argv[2];
    if (napi_is_array(call->napi, views, &is_array) != napi_ok || !is_array) call_mark_bad(call, 2);
    if (!call_ok(call)) return -1;
    if (batch.count < 1 || batch.count > BATCH_MAX) return fail_with(EINVAL);
    if (rows.length / sizeof(outgoing_t) < (size_t)batch.count) return fail_with(EINVAL);
    memcpy(batch.rows, rows.start, (size_t)batch.count * sizeof batch.rows[0]);
    int error = fetch_views(call->napi, views, &batch);
    /* Memory is taken last: fetching a view may have run JavaScript. */
    batch.names = call_bytes(call, 5);
    batch.control = call_bytes(call, 6);
    if (!call_ok(call)) return -1;
    if (error == 0) error = fill_headers(call->napi, &batch);
    if (error < 0) return fail_with(-error);
    return send_messages(fd, batch.messages, (unsigned)batch.count, flags | MSG_NOSIGNAL);
}

const method_t mmsg_methods[] = {
    {"sendmmsg", .syscall = sys_sendmmsg},
    {"recvmmsg", .syscall = sys_recvmmsg},
    {0},
};
