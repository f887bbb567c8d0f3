/* Tells how much more memory a server has when it holds connections on which nothing happens.
 *   holder hold ADDRESS LANES BYTES WARM_MS RUN_MS SERVER_PID
 * All work is one byte there and back. A server that has garbage collects it when the byte is a 'c', before it answers.
 * The times are those of other loads: this one takes as long as it takes. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

/* So many connections are under way at a time: less than the shortest backlog of a server. */
#define BATCH       64
#define PATIENCE_MS 10000

/* Bytes of a process that are in memory. */
static uint64_t memory(int pid) {
    char path[40], line[120];
    unsigned long long kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) die(path);
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "Rss: %llu", &kilobytes) != 1)
        continue;
    fclose(file);
    errno = 0;
    if (kilobytes == 0)
        die("the kernel does not tell the memory of a process (no Rss in smaps_rollup)");
    return kilobytes * 1024;
}

static void ask(int fd, char byte) {
    if (send(fd, &byte, sizeof byte, MSG_NOSIGNAL) != sizeof byte) die("send");
}

static void await_answer(int fd) {
    char byte;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    errno = 0;
    if (poll(&readable, 1, PATIENCE_MS) != 1) die("the server does not answer");
    if (recv(fd, &byte, sizeof byte, 0) != sizeof byte) die("the server ended a connection");
}

/* Connections that were served once, so that the server waits for more. */
static void hold(const plan_t *plan, int *fds, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fds[i] = dial(&plan->address);
        ask(fds[i], '-');
    }
    for (size_t i = 0; i < count; i++) await_answer(fds[i]);
}

static uint64_t memory_without_garbage(const plan_t *plan, int conn) {
    ask(conn, 'c');
    await_answer(conn);
    return memory(plan->server);
}

int PROGRAM(int argc, char **argv) {
    plan_t plan = plan_of(argc, argv);
    if (strcmp(plan.work, "hold") != 0) die("a holder does hold");
    many_descriptors();
    int *fds = calloc(plan.lanes + BATCH, sizeof *fds);
    if (fds == NULL) die("memory");

    int conn = dial(&plan.address);
    /* What the server needs for its first connections, code above all, is no part of what each of them needs. */
    hold(&plan, fds, BATCH);
    for (size_t i = 0; i < BATCH; i++) reset(fds[i]);
    uint64_t before = memory_without_garbage(&plan, conn);
    for (size_t held = 0; held < plan.lanes; held += BATCH) {
        size_t left = plan.lanes - held;
        hold(&plan, fds + held, left < BATCH ? left : BATCH);
    }
    uint64_t after = memory_without_garbage(&plan, conn);
    errno = 0;
    if (after < before) die("the server has less memory with the connections than without");
    printf("{\"operations\":%zu,\"cost\":%llu}\n", plan.lanes,
           (unsigned long long)(after - before));
    fflush(stdout);
    for (size_t i = 0; i < plan.lanes; i++) reset(fds[i]);
    return 0;
}
