/* The bounded walk over control messages.
 *
 *   |<------------------------- cmsg_space(n) ------------------------->|
 *   |<------------------ cmsg_len(n) ------------------>|
 *   +-----------------+------+------+---------+---------+---------------+
 *   | cmsg_len        | level| type | padding | n bytes | padding       |
 *   +-----------------+------+------+---------+---------+---------------+
 *
 * The arithmetic is ours and not CMSG_NXTHDR's: that macro calls into glibc, which musl lacks,
 * and a walk over bytes that a stranger may have shaped should check every step itself. */
#ifndef BERKELEY_CMSG_H
#define BERKELEY_CMSG_H

#include <sys/socket.h>

#include "../env.h"

/* One control message of a buffer: where it stands, how long its data is, where the next one is. */
typedef struct {
    struct cmsghdr header;
    size_t data, data_length, next;
} cmsg_t;

/* Reads the one at `at`; false when there is none. A header that claims more than there is is cut
 * to what there is, as the kernel does when the room was too small. The step is never 0. */
bool cmsg_at(const uint8_t *control, size_t length, size_t at, cmsg_t *cmsg);

/* Descriptors that arrived in a message are owned here from this moment. */
void cmsg_note_descriptors(addon_t *addon, const struct msghdr *header);

#endif
