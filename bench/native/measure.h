/* What a load is asked for, what it counts, and how it tells. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "histogram.h"
#include "tool.h"

/* How long lanes may take to begin, beyond the time to warm up. */
#define SETTLE_NS 10000000000u
/* How long lanes may take to finish what they have begun. */
#define DRAIN_NS 2000000000u

/* The command line: WORK ADDRESS LANES BYTES WARM_MS RUN_MS SERVER_PID [resume] */
typedef struct plan {
    const char *work;
    address_t address;
    size_t lanes, size;
    /* Nanoseconds. */
    uint64_t warm, run;
    int server;
    bool resumes;
} plan_t;

plan_t plan_of(int argc, char **argv);

typedef struct counters {
    uint64_t operations, bytes, resumed;
    histogram_t latency;
} counters_t;

/* A moment of the run, and what had happened until then. The CPU time of the server is read here, at the same moment as
 * the counters. */
typedef struct moment {
    uint64_t at, operations, bytes, resumed;
    cpu_time_t server, own;
} moment_t;

moment_t moment(const counters_t *counters, int server);

/* One line of JSON about the time from one moment to another. */
void report(const counters_t *counters, const moment_t *from, const moment_t *to);

#endif
