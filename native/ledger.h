/* The list of fds that an environment owns. A worker can be terminated between any two
 * instructions of its JavaScript, and its fds would stay open as long as the process. So the
 * list is kept here, from the system call that makes an fd to the one that closes it, and what
 * is left when the environment ends is closed. The main thread needs no list: it ends with the
 * process. */
#ifndef BERKELEY_LEDGER_H
#define BERKELEY_LEDGER_H

#include "call.h"

/* Adds an fd to the list, or removes it. Keeps errno. */
void ledger_mark(env_t *env, int fd, bool owned);
/* Adds what a system call returned, unless it is negative. Returns it. */
int ledger_add(env_t *env, int fd);

extern const method_t ledger_methods[];

#endif
