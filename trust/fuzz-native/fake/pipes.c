/* Two ends of a stream, in memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

typedef struct {
    uint8_t *start; /* what is on its way to this end */
    size_t length;
    bool ended;
} end_t;

static end_t ends[PIPES];
static input_t script;

ssize_t script_send(const void *from, size_t length);
ssize_t script_recv(void *to, size_t length);
ssize_t fake_send(int fd, const void *from, size_t length, int flags);
ssize_t fake_recv(int fd, void *to, size_t length, int flags);

void pipes_reset(void) {
    for (int i = 0; i < PIPES; i++) free(ends[i].start);
    memset(ends, 0, sizeof ends);
    script = (input_t){NULL, NULL};
}

void pipes_script(input_t new_script) {
    script = new_script;
}

void pipe_put(int end, const uint8_t *from, size_t length) {
    end_t *to = &ends[end];
    if (length == 0 || to->length + length > PIPE_ROOM) return;
    to->start = realloc(to->start, to->length + length);
    if (to->start == NULL) abort();
    memcpy(to->start + to->length, from, length);
    to->length += length;
}

void pipe_change(int end, size_t at, uint8_t bits) {
    if (ends[end].length > 0) ends[end].start[at % ends[end].length] ^= bits;
}

void pipe_cut(int end, size_t length) {
    if (length < ends[end].length) ends[end].length = length;
}

void pipe_ends(int end) {
    ends[end].ended = true;
}

size_t pipe_length(int end) {
    return ends[end].length;
}

static bool is_pipe(int fd) {
    return fd >= PIPE_FIRST && fd < PIPE_FIRST + PIPES;
}

/* How much a call may move; -1 with errno when it fails. */
static ssize_t budget(size_t wanted) {
    if (input_left(&script) == 0) return (ssize_t)wanted;
    uint8_t choice = input_u8(&script);
    static const int errors[] = {EAGAIN, 0, ECONNRESET, EINTR};
    if (choice != 1 && choice < sizeof errors / sizeof errors[0]) {
        errno = errors[choice];
        return -1;
    }
    size_t most = choice == 1 ? 1 : (size_t)choice * 64;
    return (ssize_t)(most < wanted ? most : wanted);
}

ssize_t fake_recv(int fd, void *to, size_t length, int flags) {
    (void)flags;
    if (!is_pipe(fd)) return script_recv(to, length);
    end_t *end = &ends[fd - PIPE_FIRST];
    ssize_t most = budget(length);
    if (most < 0) return -1;
    size_t count = (size_t)most < end->length ? (size_t)most : end->length;
    if (count == 0 && end->ended) return 0;
    if (count == 0) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(to, end->start, count);
    memmove(end->start, end->start + count, end->length - count);
    end->length -= count;
    return (ssize_t)count;
}

ssize_t fake_send(int fd, const void *from, size_t length, int flags) {
    (void)flags;
    if (!is_pipe(fd)) return script_send(from, length);
    kernel_reads(from, length);
    int peer = PIPES - 1 - (fd - PIPE_FIRST);
    ssize_t most = budget(length);
    if (most < 0) return -1;
    if (ends[peer].length + (size_t)most > PIPE_ROOM) {
        errno = EAGAIN;
        return -1;
    }
    pipe_put(peer, from, (size_t)most);
    return most;
}
