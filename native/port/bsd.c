/* macOS and FreeBSD. Where a call of Linux is missing, the nearest one is used; what has nothing near
 * is refused with ENOSYS or EOPNOTSUPP. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "port.h"

static const int type_flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

/* Close-on-exec, and non-blocking if the flags say so. A descriptor that cannot be is closed. */
static int prepared(int fd, int flags) {
    if (fd < 0) return fd;
    int status = fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (status == 0 && (flags & SOCK_NONBLOCK)) status = fcntl(fd, F_SETFL, O_NONBLOCK);
    if (status == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int new_socket(int family, int type, int protocol) {
    return prepared(socket(family, type & ~type_flags, protocol), type);
}

int new_pair(int family, int type, int protocol, int fds[2]) {
    if (socketpair(family, type & ~type_flags, protocol, fds) < 0) return -1;
    for (int i = 0; i < 2; i++) {
        if (prepared(fds[i], type) >= 0) continue;
        close(fds[1 - i]);
        fds[0] = fds[1] = -1;
        return -1;
    }
    return 0;
}

/* The new socket has the mode of the listener here: Linux begins with a blocking one. */
int accept_socket(int fd, struct sockaddr *addr, socklen_t *length, int flags) {
    int result = accept(fd, addr, length);
    if (result >= 0 && !(flags & SOCK_NONBLOCK)) fcntl(result, F_SETFL, 0);
    return prepared(result, flags);
}

int domain_of(int fd) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    return getsockname(fd, (struct sockaddr *)&name, &length) < 0 ? -1 : name.ss_family;
}

/* Another thread may start a program between the call and this. */
static void close_on_exec(struct msghdr *header) {
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof fd, sizeof fd);
            fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
    }
}

/* These systems take MSG_TRUNC as an answer only: as a question it would be passed over in silence. */
ssize_t receive_message(int fd, struct msghdr *header, int flags) {
    if (flags & MSG_TRUNC) {
        errno = EOPNOTSUPP;
        return -1;
    }
    ssize_t result = recvmsg(fd, header, flags);
    if (result >= 0 && header->msg_control) close_on_exec(header);
    return result;
}

/* Both report a part that was sent together with the error that ended it, and 0 at the end of the file. */
ssize_t send_file(int socket, int file, off_t *offset, size_t count) {
#ifdef __APPLE__
    off_t sent = (off_t)count;
    int result = count == 0 ? 0 : sendfile(file, socket, *offset, &sent, NULL, 0);
    if (count == 0) sent = 0;
#else
    off_t sent = 0;
    /* Here 0 stands for all that there is. */
    int result = count == 0 ? 0 : sendfile(file, socket, *offset, count, NULL, &sent, 0);
#endif
    if (result < 0 && sent == 0) return -1;
    *offset += sent;
    return (ssize_t)sent;
}

void take_sigpipe(void) {
    sigset_t pending, set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    /* sigwait(2) returns at once for what is pending. */
    if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE)) sigwait(&set, &number);
}

/* What has not been acknowledged and what has not been sent are one number here. */
ssize_t queued_bytes(int fd, int which) {
    int bytes = 0;
    if (which == 0) return ioctl(fd, FIONREAD, &bytes) < 0 ? -1 : bytes;
#ifdef __APPLE__
    socklen_t length = sizeof bytes;
    return getsockopt(fd, SOL_SOCKET, SO_NWRITE, &bytes, &length) < 0 ? -1 : bytes;
#else
    return ioctl(fd, FIONWRITE, &bytes) < 0 ? -1 : bytes;
#endif
}

/* One call for each message. What came before an error counts, as with Linux. */
int receive_messages(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    unsigned done = 0;
    for (; done < count; done++) {
        ssize_t result = receive_message(fd, &messages[done].msg_hdr, flags);
        if (result < 0) break;
        messages[done].msg_len = (unsigned)result;
    }
    return done > 0 ? (int)done : -1;
}

int send_messages(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    unsigned done = 0;
    for (; done < count; done++) {
        ssize_t result = sendmsg(fd, &messages[done].msg_hdr, flags);
        if (result < 0) break;
        messages[done].msg_len = (unsigned)result;
    }
    return done > 0 ? (int)done : -1;
}

int socket_cookie(int fd, uint64_t *cookie) {
    (void)fd, (void)cookie;
    errno = ENOPROTOOPT;
    return -1;
}
