/* The functions in the slots: each asks whether a fault is due, and makes the call that it replaces. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <uv.h>

#include "shim.h"

typedef enum { WHOLE, THIRD, FOURTH, MESSAGE } shortened_t;

static const struct {
    const char *name;
    shortened_t shortened;
} calls[] = {
#define CALL(name, shortened) {#name, shortened},
#include "calls.def"
#undef CALL
};

static function_t *originals[CALL_COUNT];

static long make(call_t call, const long *args) {
    return originals[call](args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7]);
}

enum { FDS = 65536, PIECES = 1024 };

/* How a descriptor is watched, and of which one it is a duplicate. */
static struct {
    bool is_watched;
    int set;
    struct epoll_event event;
    int original; /* 0 for none: standard input is not duplicated here */
} watches[FDS];

static bool is_known(int fd) {
    return fd >= 0 && fd < FDS;
}

static void note_watch(const long *args) {
    int fd = (int)args[2];
    if (!is_known(fd)) return;
    watches[fd].is_watched = args[1] != EPOLL_CTL_DEL;
    watches[fd].set = (int)args[0];
    watches[fd].original = 0;
    if (watches[fd].is_watched) watches[fd].event = *(struct epoll_event *)args[3];
}

static void note_duplicate(const long *args, long copy) {
    if (args[1] == F_DUPFD_CLOEXEC && is_known((int)copy)) watches[copy].original = (int)args[0];
}

void call_rearm(int fd) {
    int error = errno;
    if (is_known(fd) && watches[fd].original != 0) fd = watches[fd].original;
    if (is_known(fd) && watches[fd].is_watched) {
        struct epoll_event event = watches[fd].event;
        epoll_ctl(watches[fd].set, EPOLL_CTL_MOD, fd, &event); /* it may be closed by now */
    }
    errno = error;
}

static void shorten(long *count, long limit) {
    if (*count > limit) *count = limit;
}

/* A message with less memory. What the kernel writes into its header is copied to the caller's. */
static long make_message(call_t call, long *args, long limit) {
    struct msghdr *header = (struct msghdr *)args[1];
    struct msghdr copy = *header;
    struct iovec pieces[PIECES];
    size_t count = 0;
    for (; count < header->msg_iovlen && count < PIECES && limit > 0; count++) {
        pieces[count] = header->msg_iov[count];
        if (pieces[count].iov_len > (size_t)limit) pieces[count].iov_len = (size_t)limit;
        limit -= (long)pieces[count].iov_len;
    }
    copy.msg_iov = pieces;
    copy.msg_iovlen = count;
    args[1] = (long)&copy;
    long result = make(call, args);
    header->msg_namelen = copy.msg_namelen;
    header->msg_controllen = copy.msg_controllen;
    header->msg_flags = copy.msg_flags;
    return result;
}

static long make_shortened(call_t call, long *args, long limit) {
    if (calls[call].shortened == MESSAGE) return make_message(call, args, limit);
    if (calls[call].shortened == THIRD) shorten(&args[2], limit);
    if (calls[call].shortened == FOURTH) shorten(&args[3], limit);
    return make(call, args);
}

/* One lookup at a time gets another answer than the resolver's. */
static void *asker;
static int answer;

static void addresses_otherwise(uv_getaddrinfo_t *request, int status, struct addrinfo *list) {
    (void)status;
    uv_freeaddrinfo(list);
    ((uv_getaddrinfo_cb)asker)(request, answer, NULL);
}

static void names_otherwise(uv_getnameinfo_t *request, int status, const char *host,
                            const char *service) {
    (void)status, (void)host, (void)service;
    ((uv_getnameinfo_cb)asker)(request, answer, NULL, NULL);
}

static long make_answered(call_t call, long *args, long status) {
    asker = (void *)args[2];
    answer = (int)status;
    args[2] = call == CALL_uv_getnameinfo ? (long)names_otherwise : (long)addresses_otherwise;
    return make(call, args);
}

/* Some calls return an int: the upper half of the long is undefined then. */
static void note(call_t call, const long *args, long result) {
    if (call == CALL_epoll_ctl && (int)result == 0) note_watch(args);
    if (call == CALL_fcntl && (int)result >= 0) note_duplicate(args, (int)result);
}

static long dispatch(call_t call, long *args) {
    fault_t fault = faults_next(call, args[0]);
    long result = fault.result;
    switch (fault.action) {
    case PASS:
        result = make(call, args);
        note(call, args, result);
        return result;
    case SHORTEN: result = make_shortened(call, args, fault.limit); break;
    case ANSWER: return make_answered(call, args, fault.result);
    case AFTER: make(call, args); break;
    case FAIL: break;
    }
    /* Edge-triggered epoll announces new readiness only. Here the call left something, or was not made at all, so the
     * readiness that the caller waits for exists already, and has to be announced once more. */
    if (fault.action == SHORTEN || fault.error == EAGAIN || fault.error == EINPROGRESS)
        call_rearm((int)args[0]);
    if (fault.action != SHORTEN && fault.error != 0) errno = fault.error;
    return result;
}

#define CALL(name, shortened)                                                                      \
    static long call_##name(long a, long b, long c, long d, long e, long f, long g, long h) {      \
        long args[ARGS] = {a, b, c, d, e, f, g, h};                                                \
        return dispatch(CALL_##name, args);                                                        \
    }
#include "calls.def"
#undef CALL

static function_t *const replacements[] = {
#define CALL(name, shortened) call_##name,
#include "calls.def"
#undef CALL
};

const char *call_name(call_t call) {
    return calls[call].name;
}

function_t *call_replacement(const char *name) {
    for (int call = 0; call < CALL_COUNT; call++) {
        if (strcmp(calls[call].name, name) != 0) continue;
        /* As the dynamic linker would: first the Node binary, then the C library. */
        if (originals[call] == NULL) originals[call] = (function_t *)dlsym(RTLD_DEFAULT, name);
        return originals[call] ? replacements[call] : NULL;
    }
    return NULL;
}
