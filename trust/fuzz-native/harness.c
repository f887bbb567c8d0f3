#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/kernel.h"

enum { REGISTERS = 80, ROOM_MAX = 4096, VIEWS_MAX = 64, SURPRISES = 32 };

static js_t *exports;
static const js_t *begun; /* what is older was made when the addon was loaded */
static js_t *last_view;

void must(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "BROKEN: %s\n", what);
    abort();
}

js_t *export_of(const char *name) {
    js_t *there = js_property(exports, name);
    must(there != NULL, name);
    return there;
}

double *registers(void) {
    return (double *)(void *)export_of("registers")->memory;
}

double number_of(const js_t *value) {
    return value != NULL && value->kind == JS_NUMBER ? value->number : NAN;
}

/* Arguments */

static js_t *view_of(input_t bytes) {
    last_view = js_bytes(bytes.at, input_left(&bytes));
    return last_view;
}

static js_t *new_room(input_t *input) {
    size_t length = input_u16(input) % (ROOM_MAX + 1);
    last_view = js_bytes(NULL, length);
    if (length > 0) memset(js_start(last_view), 0xa5, length);
    return last_view;
}

/* An argument of a type that the function does not expect. */
static js_t *surprise(input_t *input) {
    switch (input_u8(input) % 10) {
    case 0: return js_undefined();
    case 1: return js_number(input_double(input));
    case 2: return js_string("surprise", 8);
    case 3: return js_new(JS_OBJECT);
    case 4: return js_array(input_u8(input));
    case 5: return view_of(input_bytes(input));
    case 6: return js_view(JS_DATA_VIEW, js_buffer(64), 8, 16);
    case 7: return js_new(JS_EXTERNAL);
    case 8: return last_view != NULL ? last_view : js_undefined(); /* the same memory twice */
    default: {
        js_t *view = view_of(input_bytes(input));
        js_detach(view);
        return view;
    }
    }
}

static js_t *new_element(input_t *input) {
    js_t *former = last_view;
    switch (input_u8(input)) {
    case 250: return js_getter(GETTER_DETACHES, view_of(input_bytes(input)), former);
    case 251: return js_getter(GETTER_THROWS, js_undefined(), NULL);
    case 252: return surprise(input);
    case 253: return former != NULL ? former : js_undefined();
    default: return view_of(input_bytes(input));
    }
}

/* An array of them, or one alone. */
static js_t *new_views(input_t *input) {
    uint8_t count = input_u8(input);
    if (count == UINT8_MAX) return view_of(input_bytes(input));
    js_t *array = js_array(count % (VIEWS_MAX + 1));
    for (size_t i = 0; i < array->length; i++) array->elements[i] = new_element(input);
    return array;
}

static void set_registers(input_t *input) {
    size_t count = input_u8(input) % 12;
    for (size_t i = 0; i < count; i++) {
        double number = input_u8(input) & 1 ? input_double(input) : (double)input_i32(input);
        registers()[i] = number;
    }
}

/* Mostly a part that lies inside; now and then anything. */
static void push_slice(made_t *made, input_t *input) {
    js_t *view = view_of(input_bytes(input));
    int64_t offset = input_i32(input), length = input_i32(input);
    if (input_u8(input) < 224) {
        offset = (uint32_t)offset % (int64_t)(view->length + 1);
        length = (uint32_t)length % (int64_t)(view->length + 1 - (size_t)offset);
    }
    made->arguments[made->count++] = view;
    made->arguments[made->count++] = js_number((double)offset);
    made->arguments[made->count++] = js_number((double)length);
}

static js_t *new_argument(char letter, input_t *input) {
    switch (letter) {
    case 'i': return js_number(input_i32(input));
    case 'c': return js_number(input_u8(input));
    case 'd': return js_number(input_double(input));
    case 'b': return view_of(input_bytes(input));
    case 'r': return new_room(input);
    case 'v': return new_views(input);
    case 's': {
        input_t text = input_bytes(input);
        return js_string(text.at, input_left(&text));
    }
    default: return target_argument(letter, input);
    }
}

static void push_arguments(made_t *made, const char *shape, input_t *input) {
    for (const char *letter = shape; *letter != '\0'; letter++) {
        bool is_absent = *letter == '?' && (input_u8(input) & 1) == 0;
        if (*letter == '?') letter++;
        if (*letter == 'g')
            set_registers(input);
        else if (*letter == 'k')
            kernel_script(input_bytes(input));
        else if (*letter == 'S')
            push_slice(made, input);
        else
            made->arguments[made->count++] = is_absent ? js_undefined()
                                                       : new_argument(*letter, input);
    }
}

/* Calls */

enum { LEAST_ANSWER = -5017 }; /* the lowest number that stands for an error */

/* The checks of every call: it gave a result or threw, and a negative number is a known error. */
static void check_answer(const js_t *result, bool thrown) {
    must(result != NULL || thrown, "neither a result nor an exception");
    if (result == NULL || result->kind != JS_NUMBER) return;
    must(result->number >= LEAST_ANSWER, "an error without a name");
}

js_t *call_native(const char *name, js_t *const *arguments, size_t count) {
    bool thrown = false;
    js_t *result = js_call(export_of(name), arguments, count, &thrown);
    check_answer(result, thrown);
    return thrown ? NULL : result;
}

static void run_call(const subject_t *subject, input_t *input) {
    made_t made = {.count = 0};
    uint8_t odd = input_u8(input);
    push_arguments(&made, subject->shape, input);
    if (odd >= 256 - SURPRISES && made.count > 0)
        made.arguments[odd % made.count] = surprise(input);
    made.result = call_native(subject->name, made.arguments, made.count);
    bool failed = made.result == NULL || number_of(made.result) < 0;
    if (!failed && subject->check != NULL && odd < 256 - SURPRISES) subject->check(&made);
    target_keep(subject, made.result);
}

static size_t subject_count(void) {
    size_t count = 0;
    while (subjects[count].name != NULL) count++;
    return count;
}

static void load_once(void) {
    if (exports != NULL) return;
    exports = js_load();
    begun = js_mark();
    atexit(js_unload);
}

void run_input(const uint8_t *data, size_t size) {
    load_once();
    input_t input = {data, data + size};
    size_t count = subject_count();
    last_view = NULL;
    js_memory = -1;
    memset(registers(), 0, REGISTERS * sizeof(double));
    target_begin(&input);
    for (int calls = 0; calls < CALLS_MAX && input_left(&input) > 0; calls++) {
        const subject_t *subject = &subjects[input_u8(&input) % count];
        if (subject->act != NULL)
            subject->act(&input);
        else
            run_call(subject, &input);
    }
    target_end();
    kernel_script((input_t){NULL, NULL}); /* it is memory of the input */
    js_release(begun);
}

void list_subjects(void) {
    for (const subject_t *subject = subjects; subject->name != NULL; subject++)
        printf("%s %s\n", subject->name, subject->shape);
}
