/* Which fds an environment owns. A worker can be terminated between any two instructions of its
 * JavaScript, and its fds would stay open as long as the process: so the list is kept here, from
 * the system call that makes an fd to the one that closes it, and what is left at the end of the
 * environment is closed. The main thread needs none: its end is that of the process. */
#ifndef BERKELEY_LEDGER_H
#define BERKELEY_LEDGER_H

#include "env.h"

/* Notes that fd is owned here, or is not any more. Keeps errno. */
void ledger_mark(addon_t *addon, int fd, bool owned);
/* As above for an fd that a call may have made: negative ones are none. Returns it. */
int ledger_born(addon_t *addon, int fd);
/* Closes what is left. */
void ledger_close(addon_t *addon);

#endif
