/* Batches: the tables of native/sys/mmsg.c. */
#include <string.h>

#include "../harness.h"

enum { FIELDS = 7, ROWS_MAX = 64 };

static void check_count(const made_t *made, size_t at) {
    must(number_of(made->result) <= number_of(made->arguments[at]),
         "more rows than were asked for");
}

static void check_received(const made_t *made) {
    check_count(made, 2);
}

static void check_sent(const made_t *made) {
    check_count(made, 4);
}

const subject_t subjects[] = {
    {"sendmmsg", "kiivTcbb", check_sent, NULL},
    {"sendmmsg", "kiivbibb", check_sent, NULL},
    {"recvmmsg", "kiicrrrr", check_received, NULL},
    {"recvmmsg", "kiiirrrr", check_received, NULL},
    {NULL, NULL, NULL, NULL},
};

void target_begin(input_t *input) {
    (void)input;
    call_native("ledgerKeep", NULL, 0);
}

/* T, a table of rows with small numbers: most point into the memory that comes with it. */
js_t *target_argument(char letter, input_t *input) {
    int32_t rows[ROWS_MAX][FIELDS];
    size_t count = input_u8(input) % (ROWS_MAX + 1);
    (void)letter;
    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < FIELDS; j++) rows[i][j] = (int8_t)input_u8(input);
    return js_bytes(rows, count * sizeof rows[0]);
}

void target_keep(const subject_t *subject, js_t *result) {
    (void)subject, (void)result;
}

void target_end(void) {}
