#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linger.h"
#include "port/port.h"

enum { FIRST_ROOM = 1024 };

/* The owner of a number; without one the environment is NULL. */
typedef struct {
    env_t *env;
    uint64_t cookie; /* of the socket, 0 if it has none */
} claim_t;

/* By number, for all threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static claim_t *claims;
static size_t room;

/* When the last environment has ended, the addon may be unloaded. */
__attribute__((destructor)) static void free_claims(void) {
    free(claims);
    claims = NULL;
    room = 0;
}

/* What is not a socket has no cookie, and neither have sockets of kernels that do not know it. */
static uint64_t cookie_of(int fd) {
    uint64_t cookie = 0;
    return socket_cookie(fd, &cookie) == 0 ? cookie : 0;
}

static bool has_room(size_t fd) {
    if (fd < room) return true;
    size_t more = room * 2 > fd ? room * 2 : fd + FIRST_ROOM;
    claim_t *larger = realloc(claims, more * sizeof *larger);
    if (larger == NULL) return false;
    memset(larger + room, 0, (more - room) * sizeof *larger);
    claims = larger;
    room = more;
    return true;
}

/* The claim on a number; NULL when there is none. Under the lock. */
static claim_t *claim_on(int fd) {
    return fd >= 0 && (size_t)fd < room && claims[fd].env ? &claims[fd] : NULL;
}

/* Whether the fd that a claim is on is still the same one. */
static bool holds(const claim_t *claim, int fd) {
    uint64_t cookie = 0;
    if (claim->cookie == 0) return true;
    if (socket_cookie(fd, &cookie) == 0) return cookie == claim->cookie;
    return errno != EBADF && errno != ENOTSOCK; /* another error says nothing about it */
}

int ledger_add(env_t *env, int fd) {
    if (fd < 0) return fd;
    int error = errno;
    uint64_t cookie = cookie_of(fd);
    pthread_mutex_lock(&lock);
    /* A former owner has lost it: the system gives out free numbers only. */
    if (has_room((size_t)fd)) claims[fd] = (claim_t){env, cookie};
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

void ledger_forget(int fd) {
    pthread_mutex_lock(&lock);
    claim_t *claim = claim_on(fd);
    if (claim) claim->env = NULL;
    pthread_mutex_unlock(&lock);
}

void ledger_remove(env_t *env, int fd) {
    pthread_mutex_lock(&lock);
    claim_t *claim = claim_on(fd);
    if (claim && claim->env == env) claim->env = NULL;
    pthread_mutex_unlock(&lock);
}

bool ledger_owns(env_t *env, int fd) {
    pthread_mutex_lock(&lock);
    const claim_t *claim = claim_on(fd);
    bool owns = claim && claim->env == env && holds(claim, fd);
    pthread_mutex_unlock(&lock);
    return owns;
}

/* The main thread ends with the process, and leaves its fds to the system. */
static void ledger_close(void *data) {
    env_t *env = data;
    pthread_mutex_lock(&lock);
    for (size_t fd = 0; fd < room; fd++) {
        if (claims[fd].env != env) continue;
        /* A thread that has to end must not wait in close(2). */
        if (env->closes_fds && holds(&claims[fd], (int)fd)) close_unattended((int)fd);
        claims[fd].env = NULL;
    }
    pthread_mutex_unlock(&lock);
}

void ledger_open(env_t *env) {
    env_add_cleanup(env, &env->ledger_cleanup, ledger_close, env);
}

/* ledgerKeep(): what is owned here when the environment ends is closed then */
static int64_t keep(call_t *call) {
    call->env->closes_fds = true;
    return 0;
}

/* ledgerClaim(fd) -> 0, or -EBUSY when it has an owner already: for an fd that comes from elsewhere */
static int64_t claim_fd(call_t *call) {
    int fd = call_int(call, 0);
    if (!call_ok(call)) return -1;
    if (fcntl(fd, F_GETFD) < 0)
        return -errno; /* also keeps the table as small as the limit of fds */
    int64_t result = 0;
    uint64_t cookie = cookie_of(fd);
    pthread_mutex_lock(&lock);
    claim_t *claim = claim_on(fd);
    if (claim && holds(claim, fd))
        result = -EBUSY;
    else if (!has_room((size_t)fd))
        result = -ENOMEM;
    else
        claims[fd] = (claim_t){call->env, cookie};
    pthread_mutex_unlock(&lock);
    return result;
}

/* ledgerRemove(fd): an fd that is given away */
static int64_t remove_fd(call_t *call) {
    int fd = call_int(call, 0);
    if (call_ok(call)) ledger_remove(call->env, fd);
    return 0;
}

/* What ledgerAsk() answers. */
enum { OWNER_NONE, OWNER_HERE, OWNER_ELSEWHERE };

/* ledgerAsk(fd) -> whether it has an owner: OWNER_*. None when what is behind the number is not what it
 * was owned for. */
static int64_t ask(call_t *call) {
    int fd = call_int(call, 0);
    if (!call_ok(call)) return -1;
    pthread_mutex_lock(&lock);
    const claim_t *claim = claim_on(fd);
    int64_t owner = OWNER_NONE;
    if (claim && holds(claim, fd)) owner = claim->env == call->env ? OWNER_HERE : OWNER_ELSEWHERE;
    pthread_mutex_unlock(&lock);
    return owner;
}

const method_t ledger_methods[] = {
    {"ledgerKeep", .number = keep},
    {"ledgerClaim", .number = claim_fd},
    {"ledgerRemove", .number = remove_fd},
    {"ledgerAsk", .number = ask},
    {0},
};
