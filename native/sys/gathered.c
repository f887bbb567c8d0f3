/* Replies in a row: messages to one socket leave by one sendmmsg(2), and equal ones over UDP to one address as one that
 * the kernel cuts (UDP_SEGMENT, udp(7)). */
#include "gathered.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../port/port.h"
#include "cmsg.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* Linux 4.18 */
#endif

/* Fewer are not worth the questions that have to be asked first. */
enum { SEGMENTS_LEAST = 6 };

/* The most bytes that IPv4 carries at once, with the largest header. */
enum { PAYLOAD_MAX = 65535 - 60 - 8 };

/* The headers of one call. */
typedef struct {
    struct mmsghdr messages[WRITES_MAX];
    struct iovec pieces[WRITES_MAX];
} headers_t;

static void *data_of(const write_t *write, const uint8_t *out) {
    return (void *)(out + write->offset);
}

static void address(struct msghdr *header, const write_t *write, const uint8_t *out) {
    memset(header, 0, sizeof *header);
    if (write->name_length == 0) return;
    header->msg_name = (uint8_t *)data_of(write, out) + write->length;
    header->msg_namelen = (socklen_t)write->name_length;
}

static int32_t send_one(write_t *write, const uint8_t *out) {
    struct msghdr header;
    address(&header, write, out);
    ssize_t count = sendto(write->fd, data_of(write, out), (size_t)write->length,
                           MSG_DONTWAIT | MSG_NOSIGNAL, header.msg_name, header.msg_namelen);
    write->answer = count < 0 ? -errno : (int32_t)count;
    return 1;
}

static bool same_address(const write_t *a, const write_t *b, const uint8_t *out) {
    if (a->name_length != b->name_length) return false;
    const uint8_t *one = out + a->offset + a->length, *other = out + b->offset + b->length;
    return memcmp(one, other, (size_t)a->name_length) == 0;
}

/* How many of the first writes are pieces of one length to one address, the last of which may be shorter. */
static int32_t equal_pieces(const write_t *first, int32_t most, const uint8_t *out) {
    int32_t bytes = first->length, i = 1;
    if (first->kind != WRITE_UDP || first->length == 0) return 1;
    while (i < most && first[i - 1].length == first->length) {
        const write_t *next = &first[i];
        if (next->length == 0 || next->length > first->length) break;
        if (bytes > PAYLOAD_MAX - next->length || !same_address(first, next, out)) break;
        bytes += next->length;
        i++;
    }
    return i;
}

static bool is_unset(int fd, int level, int name) {
    int value = 0;
    socklen_t length = sizeof value;
    return getsockopt(fd, level, name, &value, &length) == 0 && value == 0;
}

/* Whether nothing that the user has set gives a meaning to the single send: a size of their own, a datagram that
 * is being put together, a note for each that leaves. */
static bool may_cut(int fd) {
    return is_unset(fd, IPPROTO_UDP, UDP_SEGMENT) && is_unset(fd, IPPROTO_UDP, UDP_CORK) &&
           is_unset(fd, SOL_SOCKET, SO_TIMESTAMPING);
}

/* Lets the kernel cut. False where it does not: the size is above that of the path, the device cannot, there is no
 * room for all of them. Nothing has been sent then. */
static bool send_segments(write_t *first, int32_t count, const uint8_t *out) {
    struct iovec pieces[WRITES_MAX];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))];
    struct msghdr header;
    if (!may_cut(first->fd)) return false;
    address(&header, first, out);
    for (int32_t i = 0; i < count; i++)
        pieces[i] = (struct iovec){data_of(&first[i], out), (size_t)first[i].length};
    header.msg_iov = pieces;
    header.msg_iovlen = (size_t)count;
    uint16_t size = (uint16_t)first->length;
    cmsg_set_sole(&header, control, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
    if (sendmsg(first->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return false;
    for (int32_t i = 0; i < count; i++) first[i].answer = first[i].length;
    return true;
}

/* Sends messages of one socket. Returns how many of them have an answer: the kernel stops at the first that fails, and the
 * next call reports why. */
static int32_t send_batch(write_t *first, int32_t count, const uint8_t *out) {
    headers_t all;
    for (int32_t i = 0; i < count; i++) {
        struct msghdr *header = &all.messages[i].msg_hdr;
        address(header, &first[i], out);
        all.pieces[i] = (struct iovec){data_of(&first[i], out), (size_t)first[i].length};
        header->msg_iov = &all.pieces[i];
        header->msg_iovlen = 1;
    }
    int sent = send_messages(first->fd, all.messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 1) {
        first->answer = sent < 0 ? -errno : -EAGAIN;
        return 1;
    }
    for (int i = 0; i < sent; i++) first[i].answer = (int32_t)all.messages[i].msg_len;
    return sent;
}

/* How many of the first writes go to one socket, as messages. */
static int32_t messages_of_one(const write_t *first, int32_t most) {
    int32_t i = 1;
    if (first->kind == WRITE_BYTES) return 1;
    while (i < most && first[i].fd == first->fd) i++;
    return i;
}

/* Sends the first of so many writes, and as many behind it as can go with it. Returns how many have an answer. */
static int32_t send_some(write_t *first, int32_t most, const uint8_t *out) {
    int32_t count = messages_of_one(first, most);
    if (count == 1) return send_one(first, out);
    int32_t equal = equal_pieces(first, count, out);
    if (equal >= SEGMENTS_LEAST && send_segments(first, equal, out)) return equal;
    return send_batch(first, count, out);
}

/* What was written to a socket behind something that has not left has to stay behind it. */
static bool is_behind_failure(const write_t *first, const write_t *write) {
    for (; first < write; first++)
        if (first->fd == write->fd && first->answer != first->length) return true;
    return false;
}

int32_t gathered_send(write_t *writes, int32_t count, const uint8_t *out) {
    int32_t failed = 0;
    for (int32_t i = 0; i < count;) {
        int32_t answered = 1;
        if (failed > 0 && is_behind_failure(writes, &writes[i]))
            writes[i].answer = -EAGAIN;
        else
            answered = send_some(&writes[i], count - i, out);
        for (int32_t end = i + answered; i < end; i++)
            if (writes[i].answer != writes[i].length) failed = i + 1;
    }
    return failed;
}
