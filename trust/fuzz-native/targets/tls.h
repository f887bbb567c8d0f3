/* What both targets of TLS have: contexts and sessions by number.
 * Letters: C a context, X one that will not be as before, E a session, F the descriptor of the session before;
 * m material, p the right passphrase, P its bytes */
#ifndef BERKELEY_FUZZ_TLS_H
#define BERKELEY_FUZZ_TLS_H

#include "../harness.h"

enum { HANDLES_MAX = 8 };

typedef struct {
    js_t *of[HANDLES_MAX];
    size_t count;
} handles_t;

extern handles_t contexts, sessions;
extern bool contexts_changed; /* since tls_begin() */

void tls_begin(void);
/* The number of an external among the handles, or -1. */
int handle_of(const handles_t *handles, const js_t *external);
/* A call whose arguments are right. */
js_t *call_with(const char *name, size_t count, ...);
void add_handle(handles_t *handles, js_t *external);

/* Acts: the collector takes an external; from now on memory is short. */
void act_collect(input_t *input);
void act_short_of_memory(input_t *input);

#endif
