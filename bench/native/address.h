/* Where servers listen: at a port of 127.0.0.1, or on the path of a unix socket. */
#ifndef BENCH_ADDRESS_H
#define BENCH_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct address {
    union {
        struct sockaddr name;
        /* The longest of those that come here. */
        struct sockaddr_un path;
    };
    socklen_t length;
} address_t;

/* Of the command line: what has a slash is a path, anything else a port. Port 0 is a free one. */
address_t address_of(const char *text);

/* Is it TCP? */
bool is_inet(const address_t *address);

/* A listening socket, non-blocking. The address becomes the one that it is bound to. */
int listen_at(address_t *address);

/* The port of an address of TCP. */
uint16_t port_of(const address_t *address);

/* Tells the harness on standard output. */
void announce(const address_t *address);

/* A connection, non-blocking from then on. Connecting blocks: on one machine the kernel does that at once. */
int dial(const address_t *address);

/* Messages must leave at once: all peers are measured like that. */
void no_delay(int fd);

/* Closes a connection by a reset: nothing of it stays on either side, no TIME_WAIT for one. */
void reset(int fd);

#endif
