/* System calls that more than one file makes: each is written once, here, with the flags that must
 * not be forgotten. All answer as the call does: a count or a number, or -1 with errno. */
#ifndef BERKELEY_SYSCALL_H
#define BERKELEY_SYSCALL_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

ssize_t recv_bytes(int fd, void *to, size_t length, int flags);
/* Never raises SIGPIPE. */
ssize_t send_bytes(int fd, const void *from, size_t length, int flags);
int set_option(int fd, int level, int name, const void *from, socklen_t length);
/* The events of one fd that are ready; 0 when the milliseconds are over. */
int poll_fd(int fd, int events, int milliseconds);
/* 1 when O_NONBLOCK is set, 0 when it is not. */
int is_nonblocking(int fd);
/* Sets O_NONBLOCK if it is not set. For calls without MSG_DONTWAIT: all processes that share the open
 * socket may have cleared it. */
int make_nonblocking(int fd);
/* A duplicate that is close-on-exec. dup(2) has no flag for that. */
int duplicate_fd(int fd);

#endif
