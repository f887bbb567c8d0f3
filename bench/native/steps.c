#include <errno.h>
#include <string.h>

#include "steps.h"
#include "tool.h"

void run_steps(const plan_t *plan, counters_t *counters, step_t *step, void *load) {
    uint64_t begin = now_ns(), warm = begin + plan->warm;
    while (now_ns() < warm) step(load);
    while (counters->operations == 0 && now_ns() < warm + SETTLE_NS) step(load);
    errno = 0;
    if (counters->operations == 0) die("the server does nothing");

    memset(&counters->latency, 0, sizeof counters->latency);
    moment_t from = moment(counters, plan->server);
    while (now_ns() < from.at + plan->run) step(load);
    moment_t to = moment(counters, plan->server);
    report(counters, &from, &to);
}
