/* What differs from system to system: each function has one file for Linux, and one for the BSDs, of which
 * macOS is one here. The latter were never run: see docs/ports.md. */
#ifndef BERKELEY_PORT_H
#define BERKELEY_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifndef __linux__
#include "layouts.h"
#endif

/* socket(2) and socketpair(2), close-on-exec; `type` may have SOCK_NONBLOCK. */
int new_socket(int family, int type, int protocol);
int new_pair(int family, int type, int protocol, int fds[2]);
/* accept4(2), close-on-exec. */
int accept_socket(int fd, struct sockaddr *addr, socklen_t *length, int flags);
/* recvmsg(2); descriptors that arrive are close-on-exec. The flags of the header are those of the caller. */
ssize_t receive_message(int fd, struct msghdr *header, int flags);
struct mmsghdr;
/* recvmmsg(2) and sendmmsg(2), likewise, where a call for each message may stand in. */
int receive_messages(int fd, struct mmsghdr *messages, unsigned count, int flags);
int send_messages(int fd, struct mmsghdr *messages, unsigned count, int flags);
/* Address family of a socket, or -1 with errno. */
int domain_of(int fd);
/* What no other socket ever has; -1 with errno where sockets have no such thing. */
int socket_cookie(int fd, uint64_t *cookie);
/* sendfile(2) of Linux: moves the offset, and not the position of the file. Stops at the end of the file. */
ssize_t send_file(int socket, int file, off_t *offset, size_t count);
/* Takes a SIGPIPE away that is blocked and pending. Does not wait. */
void take_sigpipe(void);
/* Bytes: 0 received and not read, 1 sent and not acknowledged, 2 not sent; -1 with errno. */
ssize_t queued_bytes(int fd, int which);

#endif
