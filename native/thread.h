/* Threads of our own, by pthreads and not by libuv: runtimes without libuv have them too. They make system calls
 * and touch no JavaScript. */
#ifndef BERKELEY_THREAD_H
#define BERKELEY_THREAD_H

#include <pthread.h>

/* Starts a thread with a small stack that no signal goes to: 0, or -errno. It has to be joined. */
int thread_start(pthread_t *thread, void *(*run)(void *data), void *data);

void thread_join(pthread_t thread);

#endif
