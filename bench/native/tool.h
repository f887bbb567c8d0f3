/* What the server and the load generator share: time, and the CPU time of a process. */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include <stdbool.h>
#include <stdint.h>

/* The name of the function that runs a program: `main`, or what the addon calls with the same arguments. */
#ifdef BENCH_ADDON
#define PROGRAM program_main
int program_main(int argc, char **argv);
#else
#define PROGRAM main
#endif

/* Ends the process with a message, and the reason in `errno` if there is one. */
_Noreturn void die(const char *what);

uint64_t now_ns(void);

/* Lets the process have as many descriptors as the system allows. */
void many_descriptors(void);

/* A number of the command line that is not negative. */
uint64_t number(const char *text);

/* What all living threads of a process had of the CPUs, in nanoseconds: time that they ran, and time that they were ready
 * to run while something else did. */
typedef struct cpu_time {
    uint64_t ran, queued;
} cpu_time_t;

cpu_time_t cpu_time(int pid);

#endif
