/* The load generator: one thread, one epoll set, so many lanes.
 *   load echo|send|receive|connect|visit ADDRESS LANES BYTES WARM_MS RUN_MS SERVER_PID [resume]
 * Prints one line of JSON about the RUN_MS that follow the WARM_MS. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "load.h"
#include "tool.h"

#define BATCH 512

/* So many connections at once: what a listener has no room for waits for seconds. */
#define CROWD 256

static work_t *work_of(const char *name) {
    if (strcmp(name, "echo") == 0) return work_echo;
    if (strcmp(name, "send") == 0) return work_send;
    if (strcmp(name, "receive") == 0) return work_receive;
    if (strcmp(name, "connect") == 0) return work_connect;
    if (strcmp(name, "visit") == 0) return work_visit;
    if (strcmp(name, "through") == 0) return work_through;
    if (strcmp(name, "request") == 0) return work_request;
    errno = 0;
    die("a load does echo, send, receive, connect, visit, through or request");
}

static void watch(load_t *load, lane_t *lane, int operation) {
    struct epoll_event event = {.events = lane->wire.wants, .data.ptr = lane};
    if (epoll_ctl(load->set, operation, lane->wire.fd, &event) < 0) die("epoll_ctl");
    lane->watched = lane->wire.wants;
}

void lane_open(load_t *load, lane_t *lane) {
    lane->began = now_ns();
    wire_open(&lane->wire, dial(&load->address));
    watch(load, lane, EPOLL_CTL_ADD);
}

static void turn(load_t *load, lane_t *lane, work_t *work) {
    errno = 0;
    ssize_t result = work(load, lane);
    if (result == WIRE_FAILED) die("the server ended a connection");
    if (result == WIRE_AGAIN) {
        if (lane->watched != lane->wire.wants) watch(load, lane, EPOLL_CTL_MOD);
        return;
    }
    load->busy--;
    if (lane->wire.fd >= 0) wire_close(&lane->wire);
}

/* One look at what is ready. The load never sleeps: waking it up would be a part of a server's send, and cost the slower
 * server more, for which the load has time to fall asleep. No peer across a network costs that. */
static void step(load_t *load, work_t *work) {
    struct epoll_event events[BATCH];
    int count = epoll_wait(load->set, events, BATCH, 0);
    for (int i = 0; i < count; i++) turn(load, events[i].data.ptr, work);
}

static void run_until(load_t *load, work_t *work, uint64_t end) {
    while (now_ns() < end) step(load, work);
}

/* The time of the run begins when each lane has done something: before, there are no sessions to resume, for one. */
static void warm_up(load_t *load, size_t lanes, work_t *work, uint64_t length) {
    uint64_t begin = now_ns();
    run_until(load, work, begin + length);
    while (load->settled < lanes && now_ns() < begin + length + SETTLE_NS) step(load, work);
    errno = 0;
    if (load->settled < lanes) die("the server leaves some connections alone");
}

static void prepare(load_t *load, const plan_t *plan) {
    load->set = epoll_create1(EPOLL_CLOEXEC);
    load->address = plan->address;
    load->size = plan->size;
    load->buffer = calloc(1, plan->size);
    load->busy = plan->lanes;
    load->running = true;
    if (load->set < 0 || load->buffer == NULL) die("memory");
}

static void open_crowd(load_t *load, lane_t *lanes, size_t count, work_t *work) {
    for (size_t i = 0; i < count; i++) lane_open(load, &lanes[i]);
    for (size_t i = 0; i < count; i++) turn(load, &lanes[i], work);
    uint64_t end = now_ns() + SETTLE_NS;
    for (load->opened += count; load->settled < load->opened && now_ns() < end;) step(load, work);
}

int PROGRAM(int argc, char **argv) {
    static load_t load;
    plan_t plan = plan_of(argc, argv);
    work_t *work = work_of(plan.work);
    prepare(&load, &plan);
    wire_dial(plan.resumes);
    many_descriptors();

    lane_t *all = calloc(plan.lanes, sizeof *all);
    if (all == NULL) die("memory");
    for (size_t i = 0; i < plan.lanes; i++) all[i].receives = i % 2 == 1;
    for (size_t i = 0; i < plan.lanes; i += CROWD)
        open_crowd(&load, all + i, plan.lanes - i < CROWD ? plan.lanes - i : CROWD, work);

    warm_up(&load, plan.lanes, work, plan.warm);
    memset(&load.count.latency, 0, sizeof load.count.latency);
    moment_t from = moment(&load.count, plan.server);
    run_until(&load, work, from.at + plan.run);
    moment_t to = moment(&load.count, plan.server);
    report(&load.count, &from, &to);

    load.running = false;
    for (uint64_t end = to.at + DRAIN_NS; load.busy > 0 && now_ns() < end;) step(&load, work);
    return 0;
}
