/* Option values: the two calls of native/sys/sockopt.c with every kind of native/value/. */
#include "../fake/kernel.h"
#include "../harness.h"

static double kind_of(const char *name) {
    return number_of(js_property(export_of("kinds"), name));
}

static void check_get(const made_t *made) {
    const js_t *room = made->arguments[4];
    if (number_of(made->arguments[3]) != kind_of("bytes") || room->kind != JS_VIEW) return;
    must(number_of(made->result) <= (double)room->length, "longer than its room");
}

const subject_t subjects[] = {
    {"getsockopt", "kiiiK?r", check_get, NULL},
    {"setsockopt", "kgiiiK?b?b", NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

void target_begin(input_t *input) {
    (void)input;
    kernel_follows_filters(false);
}

/* K, a kind. The kernel follows the pointer in a value only for the kind of filters: bytes of the input would be an
 * arbitrary pointer. */
js_t *target_argument(char letter, input_t *input) {
    (void)letter;
    double kind = input_u8(input);
    kernel_follows_filters(kind == kind_of("filter"));
    return js_number(kind);
}

void target_keep(const subject_t *subject, js_t *result) {
    (void)subject, (void)result;
}

void target_end(void) {}
