#include "histogram.h"

#define BITS  5
#define STEPS (1u << BITS)

/* Values below STEPS have a bucket each; above, the exponent chooses a group and the next bits the bucket. */
static unsigned bucket_of(uint64_t value) {
    if (value < STEPS) return (unsigned)value;
    unsigned exponent = 63u - (unsigned)__builtin_clzll(value);
    unsigned step = (unsigned)(value >> (exponent - BITS)) & (STEPS - 1);
    return (exponent - BITS + 1) * STEPS + step;
}

static double middle_of(unsigned bucket) {
    if (bucket < STEPS) return bucket;
    unsigned exponent = bucket / STEPS + BITS - 1;
    double width = (double)(1ull << (exponent - BITS));
    return (STEPS + bucket % STEPS + 0.5) * width;
}

void histogram_add(histogram_t *histogram, uint64_t value) {
    histogram->counts[bucket_of(value)]++;
    histogram->total++;
}

double histogram_quantile(const histogram_t *histogram, double share) {
    double rank = share * (double)histogram->total, seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && histogram->total > 0; i++) {
        seen += (double)histogram->counts[i];
        if (seen >= rank && seen > 0) return middle_of(i);
    }
    return 0;
}
