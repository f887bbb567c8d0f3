/* Linux, which has a call for each of these. */
#include <errno.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <time.h>

#include "port.h"

#ifndef SO_COOKIE
#define SO_COOKIE 57 /* Linux 4.6 */
#endif

int new_socket(int family, int type, int protocol) {
    return socket(family, type | SOCK_CLOEXEC, protocol);
}

int new_pair(int family, int type, int protocol, int fds[2]) {
    return socketpair(family, type | SOCK_CLOEXEC, protocol, fds);
}

int accept_socket(int fd, struct sockaddr *addr, socklen_t *length, int flags) {
    return accept4(fd, addr, length, flags | SOCK_CLOEXEC);
}

int domain_of(int fd) {
    int domain = AF_UNSPEC;
    socklen_t length = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0 ? -1 : domain;
}

/* Packet sockets refuse MSG_CMSG_CLOEXEC, as the only ones. They never deliver descriptors. Keeps errno. */
static bool refused_cloexec(int fd, ssize_t result) {
    int error = errno;
    if (result >= 0 || error != EINVAL) return false;
    bool is_packet = domain_of(fd) == AF_PACKET;
    errno = error;
    return is_packet;
}

ssize_t receive_message(int fd, struct msghdr *header, int flags) {
    ssize_t result = recvmsg(fd, header, flags | MSG_CMSG_CLOEXEC);
    if (refused_cloexec(fd, result)) result = recvmsg(fd, header, flags);
    header->msg_flags &= ~MSG_CMSG_CLOEXEC; /* the kernel echoes it */
    return result;
}

int receive_messages(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    int result = recvmmsg(fd, messages, count, flags | MSG_CMSG_CLOEXEC, NULL);
    if (refused_cloexec(fd, result)) result = recvmmsg(fd, messages, count, flags, NULL);
    for (int i = 0; i < result; i++) messages[i].msg_hdr.msg_flags &= ~MSG_CMSG_CLOEXEC;
    return result;
}

int send_messages(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    return sendmmsg(fd, messages, count, flags);
}

int socket_cookie(int fd, uint64_t *cookie) {
    socklen_t length = sizeof *cookie;
    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, cookie, &length);
}

ssize_t send_file(int socket, int file, off_t *offset, size_t count) {
    return sendfile(socket, file, offset, count);
}

void take_sigpipe(void) {
    const struct timespec at_once = {0, 0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR) {
    }
}

ssize_t queued_bytes(int fd, int which) {
    static const unsigned long requests[] = {SIOCINQ, SIOCOUTQ, SIOCOUTQNSD};
    int bytes = 0;
    return ioctl(fd, requests[which], &bytes) < 0 ? -1 : bytes;
}
