/* close(2) of a socket that lingers. With SO_LINGER close(2) waits for the peer, also on a non-blocking
 * socket. Only it can tell whether this is the last descriptor of the socket, which decides whether the
 * connection ends at all: so the call itself has to be made, and a thread of its own makes it. A thread
 * of libuv's pool would be missing there for files and lookups. */
#ifndef BERKELEY_LINGER_H
#define BERKELEY_LINGER_H

#include <stdbool.h>

/* Whether close(2) may wait. */
bool lingers(int fd);

/* Makes the call on a new thread, which belongs to no environment: neither the end of a worker nor that of
 * the process waits for it. `report`, unless it is -1, is a socket of which the thread becomes the owner:
 * the answer of close(2) is sent over it, 0 or -errno as an int. 0, or -errno: then nothing was done. */
int close_on_thread(int fd, int report);

/* Releases what is left of such threads that have ended. To be called when an environment ends. */
void join_ended_closers(void *data);

/* Switches SO_LINGER off, for every descriptor of the socket, and makes the call: what close(2) answers. */
int close_at_once(int fd);

/* Closes on a thread what lingers, or at once if there can be none. */
void close_unattended(int fd);

#endif
