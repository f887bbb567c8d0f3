/* Sockets whose messages have boundaries, and what the programs of both sides have agreed on. */
#ifndef BENCH_MESSAGE_H
#define BENCH_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "address.h"

/* What goes one way comes in bursts of so many datagrams of this size. A source sends one when it is asked to, by a datagram
 * of one byte; a sink answers each with such a datagram. So nothing is in flight that the receiver has no room for. */
#define BURST      32
#define BURST_SIZE 1400
/* Room for four bursts, which every kernel allows by default. */
#define BURST_ROOM 212992

/* Datagrams are of UDP, or of unix sockets where the address is a path. */
typedef enum message_kind { MESSAGE_DATAGRAM, MESSAGE_SEQPACKET } message_kind_t;

message_kind_t message_kind(const char *name);

/* A socket at that address, non-blocking. The address becomes the one that it is bound to, and the harness is told. */
int message_serve(message_kind_t kind, address_t *address);

/* A socket that is connected to a server, non-blocking. On unix datagrams a server answers to an address, too: a file
 * whose name begins with the server's, and has the number of this process and of the lane behind it. */
int message_dial(message_kind_t kind, const address_t *server, size_t lane);

/* Removes the file that message_dial() has made, if it has. */
void message_forget(const address_t *server, size_t lane);

/* Sends a burst from memory of its size by one call, which the kernel cuts (UDP_SEGMENT); where to, unless it is
 * connected. -1 and errno when it fails. */
ssize_t message_send_burst(int fd, const uint8_t *data, void *name, size_t name_length);

#endif
