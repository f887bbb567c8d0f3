/* A connection, with TLS or without: which one is a question of what a program is linked with. Always
 * non-blocking. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct wire {
    int fd;
    /* What epoll has to tell before the last call that said WIRE_AGAIN is worth another try. */
    uint32_t wants;
    /* Of TLS: the connection, and the newest session of the one before, for a client that resumes. */
    void *ssl;
    void *session;
} wire_t;

/* Results of reading and writing besides a count, which is above zero. */
enum { WIRE_END = 0, WIRE_AGAIN = -1, WIRE_FAILED = -2 };

/* Once for each process. The files, PEM, are for a server with TLS. */
void wire_serve(const char *certificate, const char *key);
void wire_dial(bool resumes);

/* Takes the descriptor over. A handshake is a part of the first reads and writes. */
void wire_open(wire_t *wire, int fd);
/* With TLS it says goodbye first. The session is kept. */
void wire_close(wire_t *wire);

ssize_t wire_read(wire_t *wire, void *to, size_t length);
ssize_t wire_write(wire_t *wire, const void *from, size_t length);

/* Is there data that epoll does not know of? */
bool wire_holds(const wire_t *wire);
/* Was the handshake a resumption? */
bool wire_resumed(const wire_t *wire);

#endif
