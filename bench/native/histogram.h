/* Latencies, counted in buckets whose width grows with the value: 32 for each doubling, 3 % at most. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 2048

typedef struct histogram {
    uint64_t total;
    uint64_t counts[HISTOGRAM_BUCKETS];
} histogram_t;

void histogram_add(histogram_t *histogram, uint64_t value);

/* The value below which this share (0 to 1) of the others lies; 0 if there is none. */
double histogram_quantile(const histogram_t *histogram, double share);

#endif
