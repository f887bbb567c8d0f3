#include "linger.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/port.h"
#include "syscall.h"
#include "thread.h"

typedef struct {
    int fd, report;
} closing_t;

/* Unix sockets have the option, but close(2) does not look at it. */
bool lingers(int fd) {
    struct linger linger = {0, 0};
    socklen_t length = sizeof linger;
    if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) < 0) return false;
    if (linger.l_onoff == 0 || linger.l_linger == 0) return false;
    return domain_of(fd) != AF_UNIX;
}

/* A thread has to be joined, or its stack stays. No environment may wait for these threads, so each joins
 * the one that ended before it, and an environment that ends the last one. This is the only state that
 * environments share: it belongs to none of them. */
static pthread_t last_ended;

static void join_last(pthread_t next) {
    pthread_t former = __atomic_exchange_n(&last_ended, next, __ATOMIC_ACQ_REL);
    if (former != 0) thread_join(former);
}

void join_ended_closers(void *data) {
    (void)data;
    join_last(0);
}

static void *close_and_report(void *data) {
    closing_t closing = *(closing_t *)data;
    free(data);
    int result = close(closing.fd) < 0 ? -errno : 0;
    if (closing.report >= 0) {
        send_bytes(closing.report, &result, sizeof result, MSG_DONTWAIT);
        close(closing.report);
    }
    join_last(pthread_self());
    return NULL;
}

int close_on_thread(int fd, int report) {
    pthread_t thread;
    closing_t *closing = malloc(sizeof *closing);
    if (closing == NULL) return -ENOMEM;
    *closing = (closing_t){fd, report};
    int error = thread_start(&thread, close_and_report, closing);
    if (error < 0) free(closing);
    return error;
}

int close_at_once(int fd) {
    const struct linger off = {0, 0};
    set_option(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
    return close(fd);
}

void close_unattended(int fd) {
    if (!lingers(fd))
        close(fd);
    else if (close_on_thread(fd, -1) < 0)
        close_at_once(fd);
}
