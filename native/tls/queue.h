/* Bytes that wait, in memory that grows. */
#ifndef BERKELEY_TLS_QUEUE_H
#define BERKELEY_TLS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *start;
    size_t at, end, room; /* the bytes [at, end) wait */
} queue_t;

/* False without memory: then nothing has changed. */
bool queue_add(queue_t *queue, const void *from, size_t length);
/* Moves at most `length` bytes; returns how many. */
size_t queue_take(queue_t *queue, void *to, size_t length);
size_t queue_length(const queue_t *queue);
void queue_free(queue_t *queue);

#endif
