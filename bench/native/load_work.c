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
