/* The server for seqpackets that others are compared with: one thread, one epoll set.
 *   seqpacket-server echo PATH
 * It ends when its standard input does. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "tool.h"

#define BATCH 512
#define ROOM  65536
/* Bounds what one connection gets before the others have their turn. */
#define TURNS 16

static void watch(int set, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static void welcome(int set, int listener) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;)
        watch(set, fd);
}

/* A load has one record in flight on each connection, so there is always room for the answer. */
static void echo(int fd) {
    static uint8_t room[ROOM];
    for (int turn = 0; turn < TURNS; turn++) {
        ssize_t count = recv(fd, room, sizeof room, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count > 0 && send(fd, room, (size_t)count, MSG_NOSIGNAL) == count) continue;
        close(fd);
        return;
    }
}

int main(int argc, char **argv) {
    errno = 0;
    if (argc != 3 || strcmp(argv[1], "echo") != 0) die("seqpacket-server echo PATH");
    address_t address = address_of(argv[2]);
    int set = epoll_create1(EPOLL_CLOEXEC);
    int listener = message_serve(MESSAGE_SEQPACKET, &address);
    watch(set, listener);
    watch(set, STDIN_FILENO);
    for (;;) {
        struct epoll_event events[BATCH];
        int count = epoll_wait(set, events, BATCH, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO) return 0;
            if (fd == listener)
                welcome(set, listener);
            else
                echo(fd);
        }
    }
}
