#include "tls.h"

#include <stdarg.h>
#include <string.h>

#include "../fake/kernel.h"
#include "pki.h"

handles_t contexts, sessions;
bool contexts_changed;

static int latest_session;

void tls_begin(void) {
    js_t *made = pki_whole(CA_PEM); /* before the numbers begin anew */
    (void)made;
    pki_repeat();
    pipes_reset();
    memset(&contexts, 0, sizeof contexts);
    memset(&sessions, 0, sizeof sessions);
    latest_session = 0;
    contexts_changed = false;
}

int handle_of(const handles_t *handles, const js_t *external) {
    for (size_t i = 0; i < handles->count; i++)
        if (handles->of[i] == external) return (int)i;
    return -1;
}

js_t *call_with(const char *name, size_t count, ...) {
    js_t *arguments[ARGUMENTS_MAX];
    va_list list;
    va_start(list, count);
    for (size_t i = 0; i < count; i++) arguments[i] = va_arg(list, js_t *);
    va_end(list);
    return call_native(name, arguments, count);
}

void add_handle(handles_t *handles, js_t *external) {
    if (external == NULL || external->kind != JS_EXTERNAL) return;
    if (handles->count < HANDLES_MAX) handles->of[handles->count++] = external;
}

static js_t *handle_at(const handles_t *handles, uint8_t number) {
    return handles->count > 0 ? handles->of[number % handles->count] : js_undefined();
}

js_t *target_argument(char letter, input_t *input) {
    switch (letter) {
    case 'X': contexts_changed = true; /* fall through */
    case 'C': return handle_at(&contexts, input_u8(input));
    case 'm': return pki_changed(input);
    case 'p': return js_string(PKI_PASSPHRASE, strlen(PKI_PASSPHRASE));
    case 'P': return js_bytes(PKI_PASSPHRASE, strlen(PKI_PASSPHRASE));
    case 'F': return js_number(PIPE_FIRST + latest_session % PIPES);
    case 'E': {
        js_t *session = handle_at(&sessions, input_u8(input));
        latest_session = handle_of(&sessions, session);
        if (latest_session < 0) latest_session = 0;
        return session;
    }
    default: must(false, "an unknown letter in a shape"); return NULL;
    }
}

void target_keep(const subject_t *subject, js_t *result) {
    if (strcmp(subject->name, "contextNew") == 0) add_handle(&contexts, result);
    if (strcmp(subject->name, "sessionNew") == 0) add_handle(&sessions, result);
}

void act_collect(input_t *input) {
    uint8_t which = input_u8(input);
    contexts_changed = true;
    js_t *external = handle_at(which & 128 ? &contexts : &sessions, which & 127);
    js_collect(external);
}

void act_short_of_memory(input_t *input) {
    js_memory = input_u8(input) + 1;
}
