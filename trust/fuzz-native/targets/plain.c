/* For targets that need no more than the harness gives. */
#include "../harness.h"

void target_begin(input_t *input) {
    (void)input;
}

js_t *target_argument(char letter, input_t *input) {
    (void)letter, (void)input;
    return js_undefined();
}

void target_keep(const subject_t *subject, js_t *result) {
    (void)subject, (void)result;
}

void target_end(void) {}
