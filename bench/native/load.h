/* The load generator: lanes, each with one connection at a time, and what they do on it. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure.h"
#include "wire.h"

/* The most bytes of an answer to an HTTP request. */
#define HEAD_BYTES 1024

typedef struct lane {
    wire_t wire;
    uint32_t watched;
    /* Of the message that is under way: what of it was sent, what of it came back, when it began. */
    size_t sent, got;
    uint64_t began;
    /* Has it done anything yet? */
    bool settled;
    /* Of those that work in pairs: is it the one that receives? */
    bool receives;
    /* The first answer to a request, and how long it and all that follow are, as soon as that is known. */
    char head[HEAD_BYTES];
    size_t answer;
} lane_t;

typedef struct load {
    int set;
    address_t address;
    size_t size;
    uint8_t *buffer;
    /* How many lanes were opened, how many have done something, and how many still have something to finish. */
    size_t opened, settled, busy;
    /* False once the time is over: lanes finish what they have begun. */
    bool running;
    counters_t count;
} load_t;

/* What lanes do. Returns WIRE_AGAIN when it has to wait, 0 when the lane has finished; anything else is a failure. */
typedef ssize_t work_t(load_t *load, lane_t *lane);

/* Sends a message, waits until all of it came back, and again. */
work_t work_echo;
/* Sends all the time. */
work_t work_send;
/* Receives all the time. */
work_t work_receive;
/* In pairs: the first one sends all the time, the second one receives what the server passes on. */
work_t work_through;
/* Sends an HTTP request, waits for the answer, and again: answers are all as long as the first one. */
work_t work_request;
/* Connects, exchanges one message, closes, and again. */
work_t work_connect;
/* The same, but the server closes first: the port that lingers in TIME_WAIT is then that of the server, which is one
 * for all connections, and we do not run out of ours. */
work_t work_visit;

/* Opens the connection of a lane, and has it watched. */
void lane_open(load_t *load, lane_t *lane);

#endif
