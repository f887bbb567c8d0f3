#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

void die(const char *what) {
    if (errno != 0)
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
    else
        fprintf(stderr, "%s\n", what);
    fflush(stderr);
    /* Not exit(): as an addon this runs inside of a Node that has more to tidy up than it could now. */
    _exit(1);
}

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void many_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) die("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) die("setrlimit");
}

uint64_t number(const char *text) {
    char *end = NULL;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') die("not a number on the command line");
    return value;
}

/* schedstat counts nanoseconds. The ticks in /proc/PID/stat are 10 ms long. */
static cpu_time_t thread_time(int pid, const char *thread) {
    char path[80];
    unsigned long long ran = 0, queued = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", pid, thread);
    FILE *file = fopen(path, "re");
    /* A thread that has ended meanwhile has no file; without any the kernel does not count. */
    if (file == NULL) return (cpu_time_t){0};
    if (fscanf(file, "%llu %llu", &ran, &queued) != 2) ran = queued = 0;
    fclose(file);
    return (cpu_time_t){.ran = ran, .queued = queued};
}

cpu_time_t cpu_time(int pid) {
    char path[40];
    cpu_time_t total = {0};
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    if (threads == NULL) die("the server is gone");
    for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        cpu_time_t one = thread_time(pid, entry->d_name);
        total.ran += one.ran;
        total.queued += one.queued;
    }
    closedir(threads);
    errno = 0;
    if (total.ran == 0) die("the kernel does not tell the CPU time of threads (no schedstat)");
    return total;
}
