/* What JavaScript has written to sockets while a batch of events is handled, and what becomes of it. */
#ifndef BERKELEY_GATHERED_H
#define BERKELEY_GATHERED_H

#include <stdint.h>

/* What a socket does with two writes: a stream runs them together. UDP may also cut one into several. */
enum { WRITE_BYTES, WRITE_MESSAGE, WRITE_UDP };

/* One write. JavaScript fills it. */
typedef struct {
    int32_t fd;
    int32_t offset, length; /* of the data within `out` */
    int32_t name_length;    /* of the address right behind the data; 0 for the peer */
    int32_t answer;         /* of the send: a count, or -errno */
    int32_t kind;
} write_t;

/* The most writes of a batch. */
enum { WRITES_MAX = 64 };

/* Sends them, in a row. Returns how many of the first of them JavaScript has to look at, because one of them has not
 * left whole. */
int32_t gathered_send(write_t *writes, int32_t count, const uint8_t *out);

#endif
