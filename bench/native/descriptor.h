/* Descriptors passed over a unix stream, each with one byte. */
#ifndef BENCH_DESCRIPTOR_H
#define BENCH_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/types.h>

/* What is passed: an open file that nothing has to be asked for. */
int descriptor_open(void);

/* Sends it once. False when it has to wait, or (`over`) when the peer is gone. */
bool descriptor_send(int socket, int fd, bool *over);

/* Receives one and closes it. */
bool descriptor_receive(int socket, bool *over);

#endif
