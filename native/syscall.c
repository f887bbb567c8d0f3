#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

ssize_t recv_bytes(int fd, void *to, size_t length, int flags) {
    return recv(fd, to, length, flags);
}

ssize_t send_bytes(int fd, const void *from, size_t length, int flags) {
    return send(fd, from, length, flags | MSG_NOSIGNAL);
}

int set_option(int fd, int level, int name, const void *from, socklen_t length) {
    return setsockopt(fd, level, name, from, length);
}

int poll_fd(int fd, int events, int milliseconds) {
    struct pollfd one = {.fd = fd, .events = (short)events, .revents = 0};
    int result = poll(&one, 1, milliseconds);
    return result > 0 ? one.revents : result;
}

int is_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? flags : (flags & O_NONBLOCK) != 0;
}

int make_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    if (flags < 0 || (flags & O_NONBLOCK) != 0) return flags < 0 ? flags : 0;
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int duplicate_fd(int fd) {
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}
