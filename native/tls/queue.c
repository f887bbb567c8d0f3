#include "queue.h"

#include <stdlib.h>
#include <string.h>

size_t queue_length(const queue_t *queue) {
    return queue->end - queue->at;
}

void queue_free(queue_t *queue) {
    free(queue->start);
    memset(queue, 0, sizeof *queue);
}

bool queue_add(queue_t *queue, const void *from, size_t length) {
    if (length == 0) return true;
    size_t waiting = queue_length(queue);
    if (queue->at > 0 && waiting > 0) memmove(queue->start, queue->start + queue->at, waiting);
    queue->at = 0;
    queue->end = waiting;
    if (length > queue->room - waiting) {
        uint8_t *larger = realloc(queue->start, waiting + length);
        if (larger == NULL) return false;
        queue->start = larger;
        queue->room = waiting + length;
    }
    memcpy(queue->start + waiting, from, length);
    queue->end = waiting + length;
    return true;
}

size_t queue_take(queue_t *queue, void *to, size_t length) {
    size_t count = length < queue_length(queue) ? length : queue_length(queue);
    if (count == 0) return 0;
    memcpy(to, queue->start + queue->at, count);
    queue->at += count;
    if (queue_length(queue) == 0) queue_free(queue);
    return count;
}
