/* Batches that a loop receives: native/sys/inbox.c. */
#include "../harness.h"

static void check_count(const made_t *made) {
    must(number_of(made->result) <= number_of(made->arguments[2]),
         "more datagrams than were asked for");
}

/* What is longer than the memory it is copied to would go on behind it. */
static void check_taken(const made_t *made) {
    must(number_of(made->result) <= (double)made->arguments[1]->length,
         "more bytes than there was room for");
}

const subject_t subjects[] = {
    {"inboxReceive", "kiici", check_count, NULL},
    {"inboxReceive", "kiiii", check_count, NULL},
    {"inboxReceiveOne", "kiii", NULL, NULL},
    {"inboxTake", "cr", check_taken, NULL},
    {"inboxTake", "ir", check_taken, NULL},
    {"inboxCopy", "ccir", NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

void target_begin(input_t *input) {
    (void)input;
    call_native("ledgerKeep", NULL, 0);
    js_keep(call_native("inboxOpen", NULL, 0));
}

js_t *target_argument(char letter, input_t *input) {
    (void)letter, (void)input;
    return js_undefined();
}

void target_keep(const subject_t *subject, js_t *result) {
    (void)subject, (void)result;
}

void target_end(void) {}
