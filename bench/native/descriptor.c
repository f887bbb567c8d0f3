#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptor.h"
#include "tool.h"

/* A message of one byte, with room for one descriptor. */
typedef struct passing {
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    char byte;
    struct iovec piece;
    struct msghdr message;
} passing_t;

static void prepare(passing_t *passing) {
    memset(passing, 0, sizeof *passing);
    passing->piece = (struct iovec){.iov_base = &passing->byte, .iov_len = 1};
    passing->message = (struct msghdr){
        .msg_iov = &passing->piece,
        .msg_iovlen = 1,
        .msg_control = passing->control.room,
        .msg_controllen = CMSG_LEN(sizeof(int)),
    };
}

static bool done(ssize_t count, bool *over) {
    *over = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    return count > 0;
}

int descriptor_open(void) {
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) die("/dev/null");
    return fd;
}

bool descriptor_send(int socket, int fd, bool *over) {
    passing_t passing;
    prepare(&passing);
    struct cmsghdr *header = CMSG_FIRSTHDR(&passing.message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return done(sendmsg(socket, &passing.message, MSG_NOSIGNAL), over);
}

bool descriptor_receive(int socket, bool *over) {
    passing_t passing;
    int fd;
    prepare(&passing);
    if (!done(recvmsg(socket, &passing.message, MSG_CMSG_CLOEXEC), over)) return false;
    struct cmsghdr *header = CMSG_FIRSTHDR(&passing.message);
    errno = 0;
    if (header == NULL || header->cmsg_type != SCM_RIGHTS)
        die("a byte came without its descriptor");
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    close(fd);
    return true;
}
