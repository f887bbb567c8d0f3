/* The servers for datagrams that others are compared with: one thread, one socket.
 *   message-server one|many|segments echo|sink|source ADDRESS
 * `one`: a call for each datagram; `many`: recvmmsg(2) and sendmmsg(2); `segments`: what goes one way is joined and cut by the
 * kernel besides (UDP_GRO, UDP_SEGMENT). It ends when its standard input does. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "message.h"
#include "tool.h"
#include "wait.h"

#define BATCH 64
#define ROOM  65536

typedef struct server {
    int fd;
    /* Datagrams of a burst that have come: sinks only. */
    size_t count;
    struct mmsghdr headers[BATCH];
    struct iovec pieces[BATCH];
    struct sockaddr_storage names[BATCH];
    uint8_t rooms[BATCH][ROOM];
} server_t;

/* Receives once, and does what is to be done; false when there is nothing. Whether an answer arrives is the peer's concern. */
typedef bool work_t(server_t *server);

static bool receive_one(server_t *server, ssize_t *count, socklen_t *length) {
    *length = sizeof server->names[0];
    *count = recvfrom(server->fd, server->rooms[0], ROOM, 0, (struct sockaddr *)&server->names[0],
                      length);
    if (*count < 0 && errno != EAGAIN && errno != EINTR) die("recvfrom");
    return *count >= 0;
}

static void reply(server_t *server, size_t bytes, size_t to, socklen_t length) {
    sendto(server->fd, server->rooms[0], bytes, 0, (struct sockaddr *)&server->names[to], length);
}

static size_t receive_many(server_t *server) {
    for (size_t i = 0; i < BATCH; i++) {
        server->pieces[i] = (struct iovec){.iov_base = server->rooms[i], .iov_len = ROOM};
        server->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &server->names[i],
            .msg_namelen = sizeof server->names[i],
            .msg_iov = &server->pieces[i],
            .msg_iovlen = 1,
        };
    }
    int count = recvmmsg(server->fd, server->headers, BATCH, 0, NULL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) die("recvmmsg");
    return count < 0 ? 0 : (size_t)count;
}

static void send_many(server_t *server, size_t count) {
    for (size_t sent = 0; sent < count;) {
        int result = sendmmsg(server->fd, server->headers + sent, (unsigned)(count - sent), 0);
        sent += result > 0 ? (size_t)result : 1;
    }
}

static bool echo_one(server_t *server) {
    ssize_t count;
    socklen_t length;
    if (!receive_one(server, &count, &length)) return false;
    reply(server, (size_t)count, 0, length);
    return true;
}

static bool echo_many(server_t *server) {
    size_t count = receive_many(server);
    for (size_t i = 0; i < count; i++) server->pieces[i].iov_len = server->headers[i].msg_len;
    send_many(server, count);
    return count > 0;
}

/* Those that were joined are counted one by one: all but the last of them have the same size. */
static bool sink(server_t *server) {
    size_t count = receive_many(server);
    for (size_t i = 0; i < count; i++) {
        server->count += (server->headers[i].msg_len + BURST_SIZE - 1) / BURST_SIZE;
        for (; server->count >= BURST; server->count -= BURST)
            reply(server, 1, i, server->headers[i].msg_hdr.msg_namelen);
    }
    return count > 0;
}

static bool source_many(server_t *server) {
    ssize_t count;
    socklen_t length;
    if (!receive_one(server, &count, &length)) return false;
    for (size_t i = 0; i < BURST; i++) {
        server->pieces[i] = (struct iovec){.iov_base = server->rooms[0], .iov_len = BURST_SIZE};
        server->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &server->names[0],
            .msg_namelen = length,
            .msg_iov = &server->pieces[i],
            .msg_iovlen = 1,
        };
    }
    send_many(server, BURST);
    return true;
}

static bool source_segments(server_t *server) {
    ssize_t count;
    socklen_t length;
    if (!receive_one(server, &count, &length)) return false;
    message_send_burst(server->fd, server->rooms[0], &server->names[0], length);
    return true;
}

typedef struct choice {
    const char *how, *mode;
    work_t *work;
} choice_t;

static const choice_t choices[] = {
    {"one", "echo", echo_one},       {"many", "echo", echo_many},
    {"many", "sink", sink},          {"segments", "sink", sink},
    {"many", "source", source_many}, {"segments", "source", source_segments},
};

static work_t *work_of(const char *how, const char *mode) {
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if (strcmp(how, choices[i].how) == 0 && strcmp(mode, choices[i].mode) == 0)
            return choices[i].work;
    errno = 0;
    die("a server does echo by one or many, sink and source by many or segments");
}

int main(int argc, char **argv) {
    static server_t server;
    int on = 1;
    errno = 0;
    if (argc != 4) die("message-server HOW WORK ADDRESS");
    work_t *work = work_of(argv[1], argv[2]);
    address_t address = address_of(argv[3]);
    server.fd = message_serve(MESSAGE_DATAGRAM, &address);
    bool joins = strcmp(argv[1], "segments") == 0 && work == sink;
    if (joins && setsockopt(server.fd, SOL_UDP, UDP_GRO, &on, sizeof on) < 0) die("UDP_GRO");
    while (wait_for(server.fd, POLLIN))
        while (work(&server)) continue;
    return 0;
}
