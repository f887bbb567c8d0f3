/* The load generator: one thread, one epoll set, so many lanes.
 *   load echo|send|receive|connect|visit ADDRESS LANES BYTES WARM_MS RUN_MS SERVER_PID [resume]
 * Prints one line of JSON about the RUN_MS that follow the WARM_MS. It reads the CPU time of the server by itself, at
 * the same moments as its counters. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"
#include "tool.h"

#define BATCH 512
/* How long lanes may take to begin, beyond the time to warm up. */
#define SETTLE_NS 10000000000u
/* How long lanes may take to finish what they have begun. */
#define DRAIN_NS  2000000000u
#define NS_PER_MS 1000000u

/* A moment of the run, and what had happened until then. */
typedef struct moment {
    uint64_t at, operations, bytes, resumed;
    cpu_time_t server, own;
} moment_t;

static work_t *work_of(const char *name) {
    if (strcmp(name, "echo") == 0) return work_echo;
    if (strcmp(name, "send") == 0) return work_send;
    if (strcmp(name, "receive") == 0) return work_receive;
    if (strcmp(name, "connect") == 0) return work_connect;
    if (strcmp(name, "visit") == 0) return work_visit;
    errno = 0;
    die("a load does echo, send, receive, connect or visit");
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

static moment_t moment(const load_t *load, int server) {
    return (moment_t){
        .at = now_ns(),
        .operations = load->operations,
        .bytes = load->bytes,
        .resumed = load->resumed,
        .server = cpu_time(server),
        .own = cpu_time((int)getpid()),
    };
}

static void print_count(const char *name, uint64_t from, uint64_t to) {
    printf("\"%s\":%llu,", name, (unsigned long long)(to - from));
}

static void print_seconds(const char *name, uint64_t from, uint64_t to) {
    printf("\"%s\":%.6f,", name, (double)(to - from) / 1e9);
}

static void report(const load_t *load, const moment_t *from, const moment_t *to) {
    printf("{");
    print_count("operations", from->operations, to->operations);
    print_count("bytes", from->bytes, to->bytes);
    print_count("resumed", from->resumed, to->resumed);
    print_seconds("seconds", from->at, to->at);
    print_seconds("serverCpu", from->server.ran, to->server.ran);
    print_seconds("serverQueued", from->server.queued, to->server.queued);
    print_seconds("loadCpu", from->own.ran, to->own.ran);
    print_seconds("loadQueued", from->own.queued, to->own.queued);
    printf("\"p50\":%.2f,\"p99\":%.2f}\n", histogram_quantile(&load->latency, 0.5) / 1e3,
           histogram_quantile(&load->latency, 0.99) / 1e3);
    fflush(stdout);
}

static void prepare(load_t *load, size_t lanes, size_t size) {
    load->set = epoll_create1(EPOLL_CLOEXEC);
    load->size = size;
    load->buffer = calloc(1, size);
    load->busy = lanes;
    load->running = true;
    if (load->set < 0 || load->buffer == NULL) die("memory");
}

int PROGRAM(int argc, char **argv) {
    static load_t load;
    if (argc < 8) die("load WORK ADDRESS LANES BYTES WARM_MS RUN_MS SERVER_PID [resume]");
    work_t *work = work_of(argv[1]);
    size_t lanes = number(argv[3]);
    uint64_t warm = number(argv[5]) * NS_PER_MS, run = number(argv[6]) * NS_PER_MS;
    int server = (int)number(argv[7]);
    load.address = address_of(argv[2]);
    prepare(&load, lanes, number(argv[4]));
    wire_dial(argc > 8 && strcmp(argv[8], "resume") == 0);

    lane_t *all = calloc(lanes, sizeof *all);
    if (all == NULL) die("memory");
    for (size_t i = 0; i < lanes; i++) lane_open(&load, &all[i]);
    for (size_t i = 0; i < lanes; i++) turn(&load, &all[i], work);

    warm_up(&load, lanes, work, warm);
    memset(&load.latency, 0, sizeof load.latency);
    moment_t from = moment(&load, server);
    run_until(&load, work, from.at + run);
    moment_t to = moment(&load, server);
    report(&load, &from, &to);

    load.running = false;
    for (uint64_t end = to.at + DRAIN_NS; load.busy > 0 && now_ns() < end;) step(&load, work);
    return 0;
}
