/* Waiting, for servers that have one thing to wait for. */
#ifndef BENCH_WAIT_H
#define BENCH_WAIT_H

#include <stdbool.h>

/* Waits until a descriptor is ready (poll(2)). False at the end of standard input: the program is to end. */
bool wait_for(int fd, short events);

#endif
