/* The table of the fds that environments of this process own, from the system call that makes one
 * to the one that closes it. It is the only state that environments share. It is there for three
 * reasons:
 *
 * - A worker can be terminated between any two instructions of its JavaScript, and its fds would
 *   stay open as long as the process: what is left when a worker ends is closed.
 * - A number that an object of one thread owns is not for another thread to adopt.
 * - Other code of the process may close an fd of ours, and get the same number for something else.
 *   So a number is owned together with the cookie of the socket behind it (SO_COOKIE, which no
 *   other socket ever has), and is not closed when that is another one. */
#ifndef BERKELEY_LEDGER_H
#define BERKELEY_LEDGER_H

#include "call.h"

/* Prepares the table for an environment. */
void ledger_open(env_t *env);
/* Adds what a system call returned, unless it is negative. Returns it. Keeps errno. */
int ledger_add(env_t *env, int fd);
/* A new fd belongs to the caller, and to no environment: a former owner of its number has lost it. */
void ledger_forget(int fd);
/* Removes an fd that the environment owns: it is about to be closed. Keeps errno. */
void ledger_remove(env_t *env, int fd);

/* Whether the environment owns an fd that is still the same one: other code has not closed it. */
bool ledger_owns(env_t *env, int fd);

extern const method_t ledger_methods[];

#endif
