/* The load generator for descriptors: one unix stream.
 *   descriptor-load send|receive PATH LANES BYTES WARM_MS RUN_MS SERVER_PID
 * The stream has room for a few hundred descriptors. What was sent counts when it was sent: as much is on its way when the
 * time begins as when it ends. */
#include <errno.h>
#include <string.h>

#include "descriptor.h"
#include "steps.h"
#include "tool.h"

/* Looks at the clock that often. */
#define TURNS 64

typedef struct load {
    counters_t counters;
    int socket, fd;
} load_t;

static void count(load_t *load, bool worked, bool over) {
    errno = 0;
    if (over) die("the server has ended the connection");
    load->counters.operations += worked;
    load->counters.bytes += worked;
}

static void step_send(void *about) {
    load_t *load = about;
    bool over = false, worked = true;
    for (int turn = 0; turn < TURNS && worked; turn++) {
        worked = descriptor_send(load->socket, load->fd, &over);
        count(load, worked, over);
    }
}

static void step_receive(void *about) {
    load_t *load = about;
    bool over = false, worked = true;
    for (int turn = 0; turn < TURNS && worked; turn++) {
        worked = descriptor_receive(load->socket, &over);
        count(load, worked, over);
    }
}

int main(int argc, char **argv) {
    static load_t load;
    plan_t plan = plan_of(argc, argv);
    bool sends = strcmp(plan.work, "send") == 0;
    if (!sends && strcmp(plan.work, "receive") != 0) die("a load does send or receive");
    load.socket = dial(&plan.address);
    load.fd = descriptor_open();
    run_steps(&plan, &load.counters, sends ? step_send : step_receive, &load);
    return 0;
}
