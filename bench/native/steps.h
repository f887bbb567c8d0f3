/* The run of a load that does all by itself in small steps. */
#ifndef BENCH_STEPS_H
#define BENCH_STEPS_H

#include "measure.h"

/* One look at what is ready, and what is to be done with it. It must not wait. */
typedef void step_t(void *load);

/* Steps for as long as the plan warms up, and on until something was done; then for as long as is to be measured, and reports
 * that time. */
void run_steps(const plan_t *plan, counters_t *counters, step_t *step, void *load);

#endif
