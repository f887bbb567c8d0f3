#include "thread.h"

#include <signal.h>

enum {
    STACK = 256 * 1024
}; /* bytes of address space: libraries keep their thread-local data there */

/* glibc 2.34 has moved these functions from one of its libraries to another and given them a new version, which
 * no older one has. The former version is still there, and means the same. */
#if defined(__GLIBC__) && defined(__x86_64__)
#define BEFORE_2_34 "GLIBC_2.2.5"
#elif defined(__GLIBC__) && defined(__aarch64__)
#define BEFORE_2_34 "GLIBC_2.17"
#elif defined(__GLIBC__) && defined(__arm__)
#define BEFORE_2_34 "GLIBC_2.4"
#endif
#ifdef BEFORE_2_34
__asm__(".symver pthread_create, pthread_create@" BEFORE_2_34);
__asm__(".symver pthread_join, pthread_join@" BEFORE_2_34);
__asm__(".symver pthread_attr_setstacksize, pthread_attr_setstacksize@" BEFORE_2_34);
#endif

/* A signal would end the waits of the thread, and is for other threads anyway. pthread_sigmask is not used because
 * it would raise the floor of glibc; on Linux, this is what it does. */
static void set_signals(const sigset_t *blocked, sigset_t *before) {
    sigprocmask(SIG_SETMASK, blocked, before);
}

int thread_start(pthread_t *thread, void *(*run)(void *data), void *data) {
    sigset_t all, before;
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return -error;
    pthread_attr_setstacksize(&attributes, STACK);
    /* The thread has the mask of its maker from its first instruction on. */
    sigfillset(&all);
    set_signals(&all, &before);
    error = pthread_create(thread, &attributes, run, data);
    set_signals(&before, NULL);
    pthread_attr_destroy(&attributes);
    return -error;
}

void thread_join(pthread_t thread) {
    pthread_join(thread, NULL);
}
