/* The load for programs that connect: one thread, one epoll set.
 *   acceptor accept ADDRESS LANES BYTES WARM_MS RUN_MS SERVER_PID
 * It calls the program at ADDRESS and says "PORT LANES": so many connections at a time are to be made to that port of
 * ours. Each brings a byte, gets it back, and is closed by the program. When we shut that call down the program ends what
 * it has begun, and hangs up.
 *
 * The answer to the end of a connection is a reset: it ends the program's half too, which would stay in TIME_WAIT
 * otherwise, and the program would soon have no port left to connect from. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#define BATCH 512

typedef struct acceptor {
    int set, listener, call;
    bool is_over;
    counters_t count;
} acceptor_t;

static void watch(const acceptor_t *acceptor, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(acceptor->set, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static void welcome(const acceptor_t *acceptor) {
    for (int fd;
         (fd = accept4(acceptor->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        no_delay(fd);
        watch(acceptor, fd);
    }
    if (errno != EAGAIN && errno != ECONNABORTED) die("accept");
}

static void serve(acceptor_t *acceptor, int fd) {
    char byte;
    ssize_t got = recv(fd, &byte, sizeof byte, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0 || (got > 0 && send(fd, &byte, sizeof byte, MSG_NOSIGNAL) != got))
        die("a connection broke");
    if (got > 0) return;
    reset(fd);
    acceptor->count.operations++;
    acceptor->count.bytes++;
}

/* The program has nothing to say, it can only hang up. */
static void hear(acceptor_t *acceptor) {
    char byte;
    ssize_t got = recv(acceptor->call, &byte, sizeof byte, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got != 0) die("the program does not only listen");
    acceptor->is_over = true;
}

/* Like the other load it never sleeps. */
static void step(acceptor_t *acceptor) {
    struct epoll_event events[BATCH];
    int count = epoll_wait(acceptor->set, events, BATCH, 0);
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        if (fd == acceptor->listener)
            welcome(acceptor);
        else if (fd == acceptor->call)
            hear(acceptor);
        else
            serve(acceptor, fd);
    }
}

static void run_until(acceptor_t *acceptor, uint64_t end) {
    while (now_ns() < end && !acceptor->is_over) step(acceptor);
    errno = 0;
    if (acceptor->is_over) die("the program hung up");
}

static void call(acceptor_t *acceptor, const plan_t *plan) {
    char order[40];
    address_t address = address_of("0");
    acceptor->set = epoll_create1(EPOLL_CLOEXEC);
    acceptor->listener = listen_at(&address);
    acceptor->call = dial(&plan->address);
    watch(acceptor, acceptor->listener);
    watch(acceptor, acceptor->call);
    int length = snprintf(order, sizeof order, "%d %zu\n", port_of(&address), plan->lanes);
    if (send(acceptor->call, order, (size_t)length, MSG_NOSIGNAL) != length) die("send");
}

static void warm_up(acceptor_t *acceptor, const plan_t *plan) {
    uint64_t begin = now_ns();
    run_until(acceptor, begin + plan->warm);
    uint64_t end = begin + plan->warm + SETTLE_NS;
    while (acceptor->count.operations < plan->lanes && !acceptor->is_over && now_ns() < end)
        step(acceptor);
    errno = 0;
    if (acceptor->count.operations < plan->lanes) die("the program does not connect");
}

int PROGRAM(int argc, char **argv) {
    static acceptor_t acceptor;
    plan_t plan = plan_of(argc, argv);
    errno = 0;
    if (strcmp(plan.work, "accept") != 0 || plan.size != 1)
        die("an acceptor does accept, and gives one byte back");
    call(&acceptor, &plan);
    warm_up(&acceptor, &plan);
    moment_t from = moment(&acceptor.count, plan.server);
    run_until(&acceptor, from.at + plan.run);
    moment_t to = moment(&acceptor.count, plan.server);
    report(&acceptor.count, &from, &to);
    if (shutdown(acceptor.call, SHUT_WR) < 0) die("shutdown");
    for (uint64_t end = to.at + DRAIN_NS; !acceptor.is_over && now_ns() < end;) step(&acceptor);
    return 0;
}
