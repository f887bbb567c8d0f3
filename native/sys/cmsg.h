/* The bounded walk over control messages.
 *
 *   |<------------------------- cmsg_space(n) ------------------------->|
 *   |<------------------ cmsg_len(n) ------------------>|
 *   +-----------------+------+------+---------+---------+---------------+
 *   | cmsg_len        | level| type | padding | n bytes | padding       |
 *   +-----------------+------+------+---------+---------+---------------+
 *
 * CMSG_NXTHDR is not used: that macro calls into glibc, which musl lacks, and a walk over bytes
 * from an untrusted peer must check every step itself. */
#ifndef BERKELEY_CMSG_H
#define BERKELEY_CMSG_H

#include <sys/socket.h>

#include "../env.h"

/* One control message of a buffer: where its data is and how long, and where the next one begins. */
typedef struct {
    struct cmsghdr header;
    size_t data, data_length, next;
} cmsg_t;

/* Reads the one at `at`; false when there is none. A header that claims more than there is gets
 * what there is, as from the kernel when the room was too small. The step is never 0. */
bool cmsg_at(const uint8_t *control, size_t length, size_t at, cmsg_t *cmsg);

/* Gives a message one control message, for which the control memory has just the room: CMSG_SPACE(length). */
void cmsg_set_sole(struct msghdr *header, uint8_t *control, int level, int type, const void *data,
                   size_t length);

/* Adds the descriptors that arrived in a message to the ledger. */
void cmsg_add_descriptors(env_t *env, const struct msghdr *header);

/* The descriptor of a message that came with one and no other control message; else -1. */
int cmsg_sole_descriptor(const struct msghdr *header);

#endif
