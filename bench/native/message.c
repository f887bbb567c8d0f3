#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "message.h"
#include "tool.h"

message_kind_t message_kind(const char *name) {
    if (strcmp(name, "datagram") == 0) return MESSAGE_DATAGRAM;
    if (strcmp(name, "seqpacket") == 0) return MESSAGE_SEQPACKET;
    errno = 0;
    die("a message is a datagram or a seqpacket");
}

static int socket_for(message_kind_t kind, const address_t *address) {
    int type = kind == MESSAGE_SEQPACKET ? SOCK_SEQPACKET : SOCK_DGRAM, room = BURST_ROOM;
    int fd = socket(address->name.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) < 0) die("socket");
    return fd;
}

static void bind_to(int fd, const address_t *address) {
    if (bind(fd, &address->name, address->length) < 0) die("bind");
}

int message_serve(message_kind_t kind, address_t *address) {
    socklen_t room = sizeof address->path;
    int fd = socket_for(kind, address);
    bind_to(fd, address);
    if (kind == MESSAGE_SEQPACKET && listen(fd, SOMAXCONN) < 0) die("listen");
    if (getsockname(fd, &address->name, &room) < 0) die("getsockname");
    announce(address);
    return fd;
}

static address_t address_of_lane(const address_t *server, size_t lane) {
    char path[sizeof server->path.sun_path + 48];
    snprintf(path, sizeof path, "%s.%d.%zu", server->path.sun_path, getpid(), lane);
    return address_of(path);
}

int message_dial(message_kind_t kind, const address_t *server, size_t lane) {
    int fd = socket_for(kind, server);
    if (kind == MESSAGE_DATAGRAM && !is_inet(server)) {
        address_t own = address_of_lane(server, lane);
        bind_to(fd, &own);
    }
    if (connect(fd, &server->name, server->length) < 0) die("connect");
    return fd;
}

void message_forget(const address_t *server, size_t lane) {
    if (is_inet(server)) return;
    address_t own = address_of_lane(server, lane);
    unlink(own.path.sun_path);
}

ssize_t message_send_burst(int fd, const uint8_t *data, void *name, size_t name_length) {
    union {
        char room[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr aligned;
    } control = {{0}};
    struct iovec piece = {.iov_base = (void *)data, .iov_len = (size_t)BURST * BURST_SIZE};
    struct msghdr message = {
        .msg_name = name,
        .msg_namelen = (socklen_t)name_length,
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = control.room,
        .msg_controllen = sizeof control.room,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    uint16_t size = BURST_SIZE;
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(header), &size, sizeof size);
    return sendmsg(fd, &message, 0);
}
