#include "ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linger.h"

enum { FIRST_ROOM = 1024 };

static bool has_room(env_t *env, size_t fd) {
    size_t before = env->ledger.room;
    if (fd < before) return true;
    size_t room = before * 2 > fd ? before * 2 : fd + FIRST_ROOM;
    bool *larger = realloc(env->ledger.owned, room * sizeof *larger);
    if (larger == NULL) return false;
    memset(larger + before, 0, (room - before) * sizeof *larger);
    env->ledger.owned = larger;
    env->ledger.room = room;
    return true;
}

void ledger_mark(env_t *env, int fd, bool owned) {
    int error = errno;
    if (env->ledger.enabled && fd >= 0 && has_room(env, (size_t)fd)) env->ledger.owned[fd] = owned;
    errno = error;
}

int ledger_add(env_t *env, int fd) {
    if (fd >= 0) ledger_mark(env, fd, true);
    return fd;
}

/* A thread that has to end must not wait in close(2). */
static void close_owned(env_t *env, int fd) {
    if (env->ledger.has_threads)
        close_unattended(fd);
    else
        close_at_once(fd);
}

static void ledger_close(void *data) {
    env_t *env = data;
    for (size_t fd = 0; fd < env->ledger.room; fd++)
        if (env->ledger.owned[fd]) close_owned(env, (int)fd);
    free(env->ledger.owned);
    env->ledger.owned = NULL;
    env->ledger.room = 0;
    env->ledger.enabled = false;
}

/* ledgerKeep(hasThreads): keeps the list from now on; whether the runtime has libuv's threads */
static int64_t enable_ledger(call_t *call) {
    int has_threads = call_int(call, 0);
    env_t *env = call->env;
    if (!call_ok(call)) return -1;
    if (!env->ledger.enabled) env_add_cleanup(env, &env->ledger.cleanup, ledger_close, env);
    env->ledger.enabled = true;
    env->ledger.has_threads = has_threads != 0;
    return 0;
}

/* ledgerMark(fd, owned): an fd that came from elsewhere, or that is given away */
static int64_t mark_fd(call_t *call) {
    int fd = call_int(call, 0), owned = call_int(call, 1);
    if (call_ok(call)) ledger_mark(call->env, fd, owned != 0);
    return 0;
}

const method_t ledger_methods[] = {
    {"ledgerKeep", .number = enable_ledger},
    {"ledgerMark", .number = mark_fd},
    {0},
};
