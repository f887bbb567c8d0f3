/* Control messages: the walk and the builder of native/sys/cmsg.c, the layouts of native/value/. */
#include <math.h>
#include <string.h>

#include "../harness.h"

/* Registers of cmsgAt(). */
enum { LEVEL, TYPE, DATA, DATA_LENGTH };

static double step(js_t *control, double length, double at) {
    js_t *arguments[] = {control, js_number(length), js_number(at)};
    return number_of(call_native("cmsgAt", arguments, 3));
}

/* A walk from anywhere goes forward, stays inside, and ends. */
static void check_at(const made_t *made) {
    js_t *control = made->arguments[0];
    double length = number_of(made->arguments[1]), at = number_of(made->arguments[2]);
    if (!(length >= 0 && at >= 0)) return;
    if (length > (double)control->length) length = (double)control->length;
    for (double next; (next = step(control, length, at)) > 0; at = next) {
        must(next > trunc(at), "the walk does not go forward");
        must(next <= length, "the walk leaves the buffer");
        must(registers()[DATA] + registers()[DATA_LENGTH] <= next, "data reach into the next one");
    }
}

/* What was put is found as it was. */
static void check_put(const made_t *made) {
    double end = number_of(made->result), at = trunc(number_of(made->arguments[1]));
    if (end < 0) return;
    js_t *control = made->arguments[0], *data = made->arguments[4];
    must(end <= (double)control->length, "a message was put beyond the buffer");
    must(step(control, end, at) == end, "a message is not where it was put");
    must(registers()[LEVEL] == number_of(made->arguments[2]), "another level is read");
    must(registers()[TYPE] == number_of(made->arguments[3]), "another type is read");
    must(registers()[DATA_LENGTH] == (double)data->length, "another length is read");
    if (data->length > 0)
        must(memcmp(js_start(control) + (size_t)registers()[DATA], js_start(data), data->length) ==
                 0,
             "other data are read");
}

static void check_encoded(const made_t *made) {
    must(number_of(made->result) <= (double)made->arguments[1]->length, "longer than its room");
}

const subject_t subjects[] = {
    {"cmsgLen", "d", NULL, NULL},
    {"cmsgSpace", "d", NULL, NULL},
    {"cmsgPut", "rdiib", check_put, NULL},
    {"cmsgAt", "bdd", check_at, NULL},
    {"cmsgDecode", "cb?r", NULL, NULL},
    {"cmsgEncode", "gcr?b", check_encoded, NULL},
    {NULL, NULL, NULL, NULL},
};
