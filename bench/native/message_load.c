/* The load generator for messages: one thread, so many lanes.
 *   message-load datagram|seqpacket echo|send|receive ADDRESS LANES BYTES WARM_MS RUN_MS SERVER_PID
 * `echo`: each lane is a socket with one message in flight. `send` and `receive`: one socket, so many bursts in flight.
 * Only what the server has answered, or sent, is counted. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "steps.h"
#include "tool.h"

#define BATCH 512
/* Datagrams over UDP can get lost, and find no room over unix sockets. What is not answered for so long is sent again. */
#define OVERDUE_NS 200000000u
/* A look at the clock of every lane costs more than a message: one in so many steps is enough. */
#define LOOK 1024

typedef struct lane {
    int fd;
    uint64_t began;
} lane_t;

typedef struct echo {
    counters_t counters;
    int set;
    /* How many lanes there are, and how many have no message in flight: all of them in the end. */
    size_t size, lanes, resting;
    bool running, may_lose;
    unsigned steps;
    lane_t *lane;
    uint8_t *data, *room;
} echo_t;

typedef struct flow {
    counters_t counters;
    int fd;
    /* Bursts that may be in flight and that are, datagrams of the first of them that are here, when the last one came. */
    size_t window, flying, got;
    uint64_t last;
    uint8_t data[BURST * BURST_SIZE];
} flow_t;

static void exchange(echo_t *load, lane_t *lane) {
    lane->began = now_ns();
    bool sent = send(lane->fd, load->data, load->size, MSG_NOSIGNAL) >= 0;
    /* A full queue is as good as a loss: the lane will be overdue. */
    if (!sent && !(errno == EAGAIN && load->may_lose)) die("send");
}

static void answered(echo_t *load, lane_t *lane) {
    ssize_t count = recv(lane->fd, load->room, load->size, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) die("recv");
    errno = 0;
    if ((size_t)count != load->size)
        die("the server has sent something else back, or nothing any more");
    histogram_add(&load->counters.latency, now_ns() - lane->began);
    load->counters.operations++;
    load->counters.bytes += load->size;
    if (load->running)
        exchange(load, lane);
    else
        load->resting++;
}

/* Sends what is overdue once more. */
static void hurry(echo_t *load) {
    uint64_t now = now_ns();
    for (size_t i = 0; i < load->lanes; i++)
        if (now - load->lane[i].began > OVERDUE_NS) exchange(load, &load->lane[i]);
}

/* The load never sleeps, so that no server pays for waking it up. */
static void step_echo(void *about) {
    echo_t *load = about;
    struct epoll_event events[BATCH];
    int count = epoll_wait(load->set, events, BATCH, 0);
    for (int i = 0; i < count; i++) answered(load, events[i].data.ptr);
    if (++load->steps % LOOK == 0 && load->running && load->may_lose) hurry(load);
}

static void prepare(echo_t *load, size_t lanes, size_t size) {
    load->lanes = lanes;
    load->size = size;
    load->running = true;
    load->lane = calloc(lanes, sizeof *load->lane);
    load->data = calloc(2, size);
    load->set = epoll_create1(EPOLL_CLOEXEC);
    if (load->lane == NULL || load->data == NULL || load->set < 0) die("memory");
    load->room = load->data + size;
}

static void open_lane(echo_t *load, lane_t *lane, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = lane};
    lane->fd = fd;
    if (epoll_ctl(load->set, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static void run_echo(message_kind_t kind, const plan_t *plan) {
    static echo_t load;
    prepare(&load, plan->lanes, plan->size);
    load.may_lose = kind == MESSAGE_DATAGRAM;
    for (size_t i = 0; i < load.lanes; i++)
        open_lane(&load, &load.lane[i], message_dial(kind, &plan->address, i));
    for (size_t i = 0; i < load.lanes; i++) exchange(&load, &load.lane[i]);
    run_steps(plan, &load.counters, step_echo, &load);

    load.running = false;
    for (uint64_t end = now_ns() + DRAIN_NS; load.resting < load.lanes && now_ns() < end;)
        step_echo(&load);
    for (size_t i = 0; i < load.lanes; i++) message_forget(&plan->address, i);
}

/* How many bytes are there: nothing is copied, because only the server is to have work with them. */
static ssize_t arrival(flow_t *flow) {
    ssize_t count = recv(flow->fd, flow->data, 1, MSG_TRUNC);
    if (count < 0 && errno != EAGAIN) die("recv");
    if (count > 0) flow->last = now_ns();
    return count;
}

static void fill_window(flow_t *flow, size_t bytes) {
    /* What is still missing is not coming any more. */
    if (now_ns() - flow->last > OVERDUE_NS) flow->flying = flow->got = 0;
    for (; flow->flying < flow->window; flow->flying++) {
        ssize_t sent = bytes > 1 ? message_send_burst(flow->fd, flow->data, NULL, 0)
                                 : send(flow->fd, flow->data, bytes, 0);
        if (sent < 0) die("send");
        flow->last = now_ns();
    }
}

static void count_datagrams(flow_t *flow, size_t datagrams) {
    flow->counters.operations += datagrams;
    flow->counters.bytes += datagrams * BURST_SIZE;
}

static void step_send(void *about) {
    flow_t *flow = about;
    fill_window(flow, sizeof flow->data);
    while (arrival(flow) > 0) {
        count_datagrams(flow, BURST);
        if (flow->flying > 0) flow->flying--;
    }
}

static void step_receive(void *about) {
    flow_t *flow = about;
    fill_window(flow, 1);
    /* Many that were sent as one come as one. */
    for (ssize_t bytes; (bytes = arrival(flow)) > 0;) {
        size_t datagrams = (size_t)bytes / BURST_SIZE;
        count_datagrams(flow, datagrams);
        for (flow->got += datagrams; flow->got >= BURST; flow->got -= BURST)
            if (flow->flying > 0) flow->flying--;
    }
}

static void run_flow(step_t *step, const plan_t *plan) {
    static flow_t flow;
    int on = 1;
    flow.fd = message_dial(MESSAGE_DATAGRAM, &plan->address, 0);
    flow.window = plan->lanes;
    if (setsockopt(flow.fd, SOL_UDP, UDP_GRO, &on, sizeof on) < 0) die("UDP_GRO");
    errno = 0;
    if (plan->size != BURST_SIZE) die("a burst has datagrams of one size only");
    run_steps(plan, &flow.counters, step, &flow);
}

int main(int argc, char **argv) {
    errno = 0;
    if (argc < 2) die("message-load datagram|seqpacket echo|send|receive ...");
    message_kind_t kind = message_kind(argv[1]);
    plan_t plan = plan_of(argc - 1, argv + 1);
    if (strcmp(plan.work, "echo") == 0)
        run_echo(kind, &plan);
    else if (strcmp(plan.work, "send") == 0 && kind == MESSAGE_DATAGRAM)
        run_flow(step_send, &plan);
    else if (strcmp(plan.work, "receive") == 0 && kind == MESSAGE_DATAGRAM)
        run_flow(step_receive, &plan);
    else
        die("a load does echo, or with datagrams send or receive");
    return 0;
}
