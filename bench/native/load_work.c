#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "load.h"
#include "tool.h"

/* Keeps a lane from spinning on data that never ends: others have a turn, and the clock is looked at. */
#define TURNS 16

/* Sends the rest of the message, then reads until it is back. */
static ssize_t exchange(load_t *load, lane_t *lane) {
    bool sends = lane->sent < load->size;
    while (lane->sent < load->size) {
        ssize_t count = wire_write(&lane->wire, load->buffer, load->size - lane->sent);
        if (count <= 0) return count == WIRE_END ? WIRE_FAILED : count;
        lane->sent += (size_t)count;
    }
    if (sends && !wire_holds(&lane->wire)) {
        /* The answer cannot be there yet: waiting at once spares a call. */
        lane->wire.wants = EPOLLIN;
        return WIRE_AGAIN;
    }
    while (lane->got < load->size) {
        ssize_t count = wire_read(&lane->wire, load->buffer, load->size - lane->got);
        if (count <= 0) return count == WIRE_END ? WIRE_FAILED : count;
        lane->got += (size_t)count;
    }
    return WIRE_END;
}

static void count_bytes(load_t *load, lane_t *lane, size_t bytes) {
    load->count.bytes += bytes;
    if (!lane->settled) load->settled++;
    lane->settled = true;
}

static void count_message(load_t *load, lane_t *lane) {
    uint64_t now = now_ns();
    histogram_add(&load->count.latency, now - lane->began);
    load->count.operations++;
    count_bytes(load, lane, load->size);
    lane->began = now;
    lane->sent = lane->got = 0;
}

ssize_t work_echo(load_t *load, lane_t *lane) {
    for (;;) {
        ssize_t result = exchange(load, lane);
        if (result != WIRE_END) return result;
        count_message(load, lane);
        if (!load->running) return WIRE_END;
    }
}

ssize_t work_send(load_t *load, lane_t *lane) {
    for (int turn = 0; turn < TURNS && load->running; turn++) {
        ssize_t count = wire_write(&lane->wire, load->buffer, load->size);
        if (count <= 0) return count == WIRE_END ? WIRE_FAILED : count;
        count_bytes(load, lane, (size_t)count);
    }
    lane->wire.wants = EPOLLOUT;
    return load->running ? WIRE_AGAIN : WIRE_END;
}

ssize_t work_receive(load_t *load, lane_t *lane) {
    for (int turn = 0; (turn < TURNS || wire_holds(&lane->wire)) && load->running; turn++) {
        ssize_t count = wire_read(&lane->wire, load->buffer, load->size);
        if (count <= 0) return count == WIRE_END ? WIRE_FAILED : count;
        count_bytes(load, lane, (size_t)count);
    }
    lane->wire.wants = EPOLLIN;
    return load->running ? WIRE_AGAIN : WIRE_END;
}

ssize_t work_through(load_t *load, lane_t *lane) {
    if (lane->receives) return work_receive(load, lane);
    uint64_t bytes = load->count.bytes;
    ssize_t result = work_send(load, lane);
    /* What has arrived counts, and not what was sent. */
    load->count.bytes = bytes;
    return result;
}

static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n";
static const char HEAD_END[] = "\r\n\r\n";
static const char LENGTH[] = "\r\nContent-Length:";

/* How long the answer is that begins with these bytes; 0 as long as they do not tell. */
static size_t answer_length(const char *head, size_t count) {
    const char *end = memmem(head, count, HEAD_END, strlen(HEAD_END));
    if (end == NULL) return 0;
    const char *length = strcasestr(head, LENGTH);
    errno = 0;
    if (strncmp(head, "HTTP/1.1 200", 12) != 0 || length == NULL || length > end)
        die("an answer is no 200 with a Content-Length");
    return (size_t)(end - head) + strlen(HEAD_END) + strtoul(length + strlen(LENGTH), NULL, 10);
}

/* Reads the first answer of a lane, which says how long the others are. */
static ssize_t first_answer(lane_t *lane) {
    while (lane->answer == 0) {
        ssize_t count = wire_read(&lane->wire, lane->head + lane->got, HEAD_BYTES - 1 - lane->got);
        if (count <= 0) return count == WIRE_END ? WIRE_FAILED : count;
        lane->got += (size_t)count;
        lane->answer = answer_length(lane->head, lane->got);
        if (lane->answer == 0 && lane->got == HEAD_BYTES - 1)
            die("the head of an answer is too long");
    }
    return WIRE_END;
}

/* Sends the rest of a request, then reads until the answer is there. */
static ssize_t ask(load_t *load, lane_t *lane) {
    size_t size = strlen(REQUEST);
    while (lane->sent < size) {
        ssize_t count = wire_write(&lane->wire, REQUEST + lane->sent, size - lane->sent);
        if (count <= 0) return count == WIRE_END ? WIRE_FAILED : count;
        lane->sent += (size_t)count;
        lane->wire.wants = EPOLLIN;
        if (lane->sent == size) return WIRE_AGAIN;
    }
    if (lane->answer == 0) {
        ssize_t result = first_answer(lane);
        if (result != WIRE_END) return result;
    }
    while (lane->got < lane->answer) {
        size_t rest = lane->answer - lane->got;
        ssize_t count = wire_read(&lane->wire, load->buffer, rest < load->size ? rest : load->size);
        if (count <= 0) return count == WIRE_END ? WIRE_FAILED : count;
        lane->got += (size_t)count;
    }
    return WIRE_END;
}

ssize_t work_request(load_t *load, lane_t *lane) {
    for (;;) {
        ssize_t result = ask(load, lane);
        if (result != WIRE_END) return result;
        count_message(load, lane);
        if (!load->running) return WIRE_END;
    }
}

/* Reads nothing more, until the end. */
static ssize_t farewell(lane_t *lane) {
    uint8_t rest;
    ssize_t count = wire_read(&lane->wire, &rest, sizeof rest);
    return count > 0 ? WIRE_FAILED : count;
}

/* One connection after the other; the side that closes first keeps the port in TIME_WAIT. */
static ssize_t reconnect(load_t *load, lane_t *lane, bool is_last) {
    for (;;) {
        if (lane->wire.fd < 0) lane_open(load, lane);
        ssize_t result = exchange(load, lane);
        if (result == WIRE_END && is_last) result = farewell(lane);
        if (result != WIRE_END) return result;
        load->count.resumed += wire_resumed(&lane->wire);
        wire_close(&lane->wire);
        count_message(load, lane);
        if (!load->running) return WIRE_END;
    }
}

ssize_t work_connect(load_t *load, lane_t *lane) {
    return reconnect(load, lane, false);
}

ssize_t work_visit(load_t *load, lane_t *lane) {
    return reconnect(load, lane, true);
}
