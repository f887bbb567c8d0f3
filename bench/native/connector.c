/* The program that others are compared with where those connect: one thread, one epoll set.
 *   connector connect ADDRESS
 * It listens at ADDRESS for a client that says "PORT LANES". Then each of so many lanes connects to that port, sends a
 * byte, waits until it is back, closes, and does it again, until the caller shuts the call down; we hang up when all lanes
 * have ended. The program ends when its standard input does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "tool.h"

#define BATCH     512
#define MAX_LANES 1024

typedef struct lane {
    int fd;
    bool has_sent;
} lane_t;

typedef struct connector {
    int set, listener, call;
    address_t target;
    /* Lanes that have not ended. */
    size_t busy;
    bool running;
    lane_t lanes[MAX_LANES];
} connector_t;

static void watch(const connector_t *connector, int fd, uint32_t events, void *data) {
    struct epoll_event event = {.events = events, .data.ptr = data};
    if (epoll_ctl(connector->set, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static void begin(const connector_t *connector, lane_t *lane) {
    const address_t *target = &connector->target;
    lane->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    lane->has_sent = false;
    if (lane->fd < 0) die("socket");
    no_delay(lane->fd);
    if (connect(lane->fd, &target->name, target->length) < 0 && errno != EINPROGRESS)
        die("connect");
    watch(connector, lane->fd, EPOLLIN | EPOLLOUT | EPOLLET, lane);
}

static void hang_up(connector_t *connector) {
    close(connector->call);
    connector->call = -1;
}

static void end(connector_t *connector, lane_t *lane) {
    close(lane->fd);
    if (connector->running) {
        begin(connector, lane);
        return;
    }
    connector->busy--;
    if (connector->busy == 0) hang_up(connector);
}

static void go_on(connector_t *connector, lane_t *lane, uint32_t events) {
    char byte = 0;
    if ((events & EPOLLOUT) && !lane->has_sent) {
        if (send(lane->fd, &byte, sizeof byte, MSG_NOSIGNAL) != sizeof byte) die("send");
        lane->has_sent = true;
        return;
    }
    if (!(events & EPOLLIN)) return;
    ssize_t got = recv(lane->fd, &byte, sizeof byte, 0);
    if (got == sizeof byte)
        end(connector, lane);
    else if (got == 0 || errno != EAGAIN)
        die("a connection broke");
}

static void obey(connector_t *connector, const char *order) {
    unsigned port = 0;
    size_t lanes = 0;
    errno = 0;
    if (sscanf(order, "%u %zu", &port, &lanes) != 2 || lanes == 0 || lanes > MAX_LANES)
        die("no order");
    char text[12];
    snprintf(text, sizeof text, "%u", port);
    connector->target = address_of(text);
    connector->running = true;
    connector->busy = lanes;
    for (size_t i = 0; i < lanes; i++) begin(connector, &connector->lanes[i]);
}

static void hear(connector_t *connector) {
    char order[40];
    ssize_t got = recv(connector->call, order, sizeof order - 1, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0) {
        order[got] = '\0';
        obey(connector, order);
        return;
    }
    if (epoll_ctl(connector->set, EPOLL_CTL_DEL, connector->call, NULL) < 0) die("epoll_ctl");
    connector->running = false;
    if (connector->busy == 0) hang_up(connector);
}

static void answer(connector_t *connector) {
    connector->call = accept4(connector->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connector->call < 0) die("accept");
    watch(connector, connector->call, EPOLLIN, &connector->call);
}

int PROGRAM(int argc, char **argv) {
    static connector_t connector;
    static int input;
    if (argc < 3 || strcmp(argv[1], "connect") != 0) die("connector connect ADDRESS");
    address_t address = address_of(argv[2]);
    connector.set = epoll_create1(EPOLL_CLOEXEC);
    connector.listener = listen_at(&address);
    announce(&address);
    watch(&connector, connector.listener, EPOLLIN, &connector.listener);
    watch(&connector, STDIN_FILENO, EPOLLIN, &input);
    for (;;) {
        struct epoll_event events[BATCH];
        int count = epoll_wait(connector.set, events, BATCH, -1);
        for (int i = 0; i < count; i++) {
            void *about = events[i].data.ptr;
            if (about == &input) return 0;
            if (about == &connector.listener)
                answer(&connector);
            else if (about == &connector.call)
                hear(&connector);
            else
                go_on(&connector, about, events[i].events);
        }
    }
}
