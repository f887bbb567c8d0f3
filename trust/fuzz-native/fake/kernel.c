#include "kernel.h"

#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

static input_t script;
static bool follows_filters;

void kernel_script(input_t new_script) {
    script = new_script;
}

void kernel_follows_filters(bool follows) {
    follows_filters = follows;
}

void kernel_reads(const void *from, size_t length) {
    static volatile unsigned odd;
    const uint8_t *bytes = from;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] & 1) odd++;
}

static bool fails(void) {
    static const int errors[] = {EAGAIN,     EBADF,  EINVAL, ENOTSOCK, ENOPROTOOPT,
                                 ECONNRESET, EFAULT, ENOMEM, ERANGE,   ETIMEDOUT};
    if (input_left(&script) == 0) return false;
    uint8_t choice = input_u8(&script);
    if (choice >= KERNEL_FAILS) return false;
    errno = errors[choice % (sizeof errors / sizeof errors[0])];
    return true;
}

/* Fills a part of the room, or all of it; how much. */
static size_t fill(void *to, size_t room) {
    size_t length = input_u16(&script);
    if (length > room) length = room;
    if (length > 0) input_copy(&script, to, length);
    return length;
}

/* An address as the kernel gives it: cut to its room, but with its full length. */
static void fill_address(struct sockaddr *to, socklen_t *length) {
    struct sockaddr_storage address;
    socklen_t whole = input_u8(&script) % (sizeof address + 1);
    input_copy(&script, &address, whole);
    socklen_t there = whole < *length ? whole : *length;
    if (there > 0) memcpy(to, &address, there);
    *length = whole;
}

/* Options */

int fake_getsockopt(int fd, int level, int name, void *to, socklen_t *length) {
    (void)fd;
    bool in_rows = level == SOL_SOCKET && name == SO_GET_FILTER;
    size_t unit = in_rows ? sizeof(struct sock_filter) : 1;
    if (fails()) return -1;
    *length = (socklen_t)(fill(to, *length * unit) / unit);
    return 0;
}

int fake_setsockopt(int fd, int level, int name, const void *from, socklen_t length) {
    (void)fd, (void)level, (void)name;
    kernel_reads(from, length);
    if (follows_filters && length == sizeof(struct sock_fprog)) {
        const struct sock_fprog *program = from;
        kernel_reads(program->filter, program->len * sizeof program->filter[0]);
    }
    return fails() ? -1 : 0;
}

/* Messages */

ssize_t fake_send(int fd, const void *from, size_t length, int flags);
ssize_t fake_recv(int fd, void *to, size_t length, int flags);

ssize_t script_send(const void *from, size_t length) {
    kernel_reads(from, length);
    if (fails()) return -1;
    size_t most = input_u16(&script);
    return (ssize_t)(most < length ? most : length);
}

ssize_t script_recv(void *to, size_t length) {
    return fails() ? -1 : (ssize_t)fill(to, length);
}

ssize_t fake_sendto(int fd, const void *from, size_t length, int flags, const struct sockaddr *to,
                    socklen_t to_length) {
    kernel_reads(to, to_length);
    return fake_send(fd, from, length, flags);
}

ssize_t fake_recvfrom(int fd, void *to, size_t length, int flags, struct sockaddr *from,
                      socklen_t *from_length) {
    ssize_t count = fake_recv(fd, to, length, flags);
    if (count >= 0) fill_address(from, from_length);
    return count;
}

ssize_t fake_sendmsg(int fd, const struct msghdr *message, int flags) {
    (void)fd, (void)flags;
    size_t total = 0;
    kernel_reads(message->msg_name, message->msg_namelen);
    kernel_reads(message->msg_control, message->msg_controllen);
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        kernel_reads(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
        total += message->msg_iov[i].iov_len;
    }
    return fails() ? -1 : (ssize_t)total;
}

/* One control message, as put_cmsg() of Linux writes it: the last one is cut where there is no more room. Numbers
 * of descriptors are such as a process may have. */
static bool put_control(uint8_t *to, size_t room, size_t *at, int *flags) {
    uint8_t data[256];
    size_t length = input_u8(&script), left = room - *at;
    struct cmsghdr header = {.cmsg_len = CMSG_LEN(length)};
    header.cmsg_level = input_u8(&script);
    header.cmsg_type = input_u8(&script);
    input_copy(&script, data, length);
    if (header.cmsg_level == SOL_SOCKET)
        for (size_t i = 0; i + sizeof(int) <= length; i += sizeof(int))
            data[i + 2] = data[i + 3] = 0;
    if (left < sizeof header || header.cmsg_len > left) *flags |= MSG_CTRUNC;
    if (left < sizeof header) return false;
    if (header.cmsg_len > left) header.cmsg_len = left;
    memcpy(to + *at, &header, sizeof header);
    memcpy(to + *at + sizeof header, data, header.cmsg_len - sizeof header);
    *at += CMSG_SPACE(length) < left ? CMSG_SPACE(length) : left;
    return true;
}

static void fill_control(struct msghdr *message) {
    size_t at = 0, count = input_u8(&script) % 8;
    for (size_t i = 0; i < count; i++)
        if (!put_control(message->msg_control, message->msg_controllen, &at, &message->msg_flags))
            break;
    message->msg_controllen = at;
}

static ssize_t receive(struct msghdr *message) {
    size_t total = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        size_t room = message->msg_iov[i].iov_len, count = fill(message->msg_iov[i].iov_base, room);
        total += count;
        if (count < room) break;
    }
    message->msg_flags = input_u16(&script);
    if (message->msg_name != NULL) fill_address(message->msg_name, &message->msg_namelen);
    fill_control(message);
    return (ssize_t)total;
}

ssize_t fake_recvmsg(int fd, struct msghdr *message, int flags) {
    (void)fd, (void)flags;
    return fails() ? -1 : receive(message);
}

int fake_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                  struct timespec *timeout) {
    (void)fd, (void)flags, (void)timeout;
    if (fails()) return -1;
    unsigned most = input_u8(&script) + 1u, done = most < count ? most : count;
    for (unsigned i = 0; i < done; i++)
        messages[i].msg_len = (unsigned)receive(&messages[i].msg_hdr);
    return (int)done;
}

int fake_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    unsigned done = 0;
    while (done < count) {
        ssize_t sent = fake_sendmsg(fd, &messages[done].msg_hdr, flags);
        if (sent < 0) return done > 0 ? (int)done : -1;
        messages[done++].msg_len = (unsigned)sent;
    }
    return (int)done;
}

/* Names */

int fake_getsockname(int fd, struct sockaddr *to, socklen_t *length) {
    (void)fd;
    if (fails()) return -1;
    fill_address(to, length);
    return 0;
}

int fake_getpeername(int fd, struct sockaddr *to, socklen_t *length) {
    return fake_getsockname(fd, to, length);
}

int fake_accept4(int fd, struct sockaddr *to, socklen_t *length, int flags) {
    (void)flags;
    if (fails()) return -1;
    if (to != NULL) fill_address(to, length);
    return fd & 255;
}

/* The real ones, without network access. */
int fake_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **result) {
    struct addrinfo numeric = *hints;
    numeric.ai_flags = (hints->ai_flags & AI_PASSIVE) | AI_NUMERICHOST | AI_NUMERICSERV;
    return getaddrinfo(host, service, &numeric, result);
}

int fake_getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t room,
                     char *service, socklen_t service_room, int flags) {
    kernel_reads(address, length);
    return getnameinfo(address, length, host, room, service, service_room,
                       flags | NI_NUMERICHOST | NI_NUMERICSERV);
}

int fake_close(int fd) {
    (void)fd;
    return 0;
}
