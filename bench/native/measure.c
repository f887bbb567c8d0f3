#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

#define NS_PER_MS 1000000u

plan_t plan_of(int argc, char **argv) {
    errno = 0;
    if (argc < 8) die("WORK ADDRESS LANES BYTES WARM_MS RUN_MS SERVER_PID [resume]");
    return (plan_t){
        .work = argv[1],
        .address = address_of(argv[2]),
        .lanes = number(argv[3]),
        .size = number(argv[4]),
        .warm = number(argv[5]) * NS_PER_MS,
        .run = number(argv[6]) * NS_PER_MS,
        .server = (int)number(argv[7]),
        .resumes = argc > 8 && strcmp(argv[8], "resume") == 0,
    };
}

moment_t moment(const counters_t *counters, int server) {
    return (moment_t){
        .at = now_ns(),
        .operations = counters->operations,
        .bytes = counters->bytes,
        .resumed = counters->resumed,
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

void report(const counters_t *counters, const moment_t *from, const moment_t *to) {
    printf("{");
    print_count("operations", from->operations, to->operations);
    print_count("bytes", from->bytes, to->bytes);
    print_count("resumed", from->resumed, to->resumed);
    print_seconds("seconds", from->at, to->at);
    print_seconds("serverCpu", from->server.ran, to->server.ran);
    print_seconds("serverQueued", from->server.queued, to->server.queued);
    print_seconds("loadCpu", from->own.ran, to->own.ran);
    print_seconds("loadQueued", from->own.queued, to->own.queued);
    printf("\"p50\":%.2f,\"p99\":%.2f}\n", histogram_quantile(&counters->latency, 0.5) / 1e3,
           histogram_quantile(&counters->latency, 0.99) / 1e3);
    fflush(stdout);
}
