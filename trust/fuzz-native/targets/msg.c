/* Messages, and the slices of plain calls: native/sys/msg.c, io.c. */
#include "../harness.h"

static double bytes_in(const js_t *views) {
    if (views->kind != JS_ARRAY) return (double)views->length;
    double total = 0;
    for (size_t i = 0; i < views->length; i++) {
        const js_t *element = views->elements[i];
        if (element->kind == JS_GETTER) element = element->value;
        if (element->kind == JS_VIEW || element->kind == JS_DATA_VIEW)
            total += (double)element->length;
    }
    return total;
}

static void check_views(const made_t *made) {
    must(number_of(made->result) <= bytes_in(made->arguments[1]), "more than there was room for");
}

static void check_slice(const made_t *made) {
    must(number_of(made->result) <= number_of(made->arguments[3]), "more than the slice");
}

const subject_t subjects[] = {
    {"sendmsg", "kivi?b?b", check_views, NULL}, {"recvmsg", "kivi?r?r", check_views, NULL},
    {"recv", "kiSi", check_slice, NULL},        {"recvfrom", "kiSir", check_slice, NULL},
    {"send", "kiSi", check_slice, NULL},        {"sendto", "kiSib", check_slice, NULL},
    {"sendShort", "kiii", NULL, NULL},          {"sendDescriptor", "kii?b", NULL, NULL},
    {"recvDescriptor", "ki", NULL, NULL},       {NULL, NULL, NULL, NULL},
};

/* As in a worker: descriptors that arrive are noted. */
void target_begin(input_t *input) {
    (void)input;
    call_native("ledgerKeep", NULL, 0);
}

js_t *target_argument(char letter, input_t *input) {
    (void)letter, (void)input;
    return js_undefined();
}

void target_keep(const subject_t *subject, js_t *result) {
    (void)subject, (void)result;
}

void target_end(void) {}
