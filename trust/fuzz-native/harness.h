/* An input is a program: a sequence of calls of native functions with arguments made of its bytes. A target lists the
 * functions that it may call, with the shape of their arguments, and checks of the answers. */
#ifndef BERKELEY_FUZZ_HARNESS_H
#define BERKELEY_FUZZ_HARNESS_H

#include "fake/input.h"
#include "fake/js.h"

enum { ARGUMENTS_MAX = 8, CALLS_MAX = 64 };

typedef struct {
    js_t *arguments[ARGUMENTS_MAX];
    size_t count;
    js_t *result; /* NULL where it threw */
} made_t;

/* The letters of a shape, one argument each but for the last row:
 *   i an int32             c a small int           d a double
 *   s a string             b bytes                 r room for an answer, filled with a pattern
 *   v an array of views    ?x x, or undefined
 *   S three: bytes, and an offset and a length that are mostly inside them
 *   registers and script, no arguments: g sets registers, k the answers of the kernel
 * Others are the target's own, see target_argument(). */
typedef struct {
    const char *name, *shape;
    void (*check)(const made_t *made); /* NULL: only the checks of every call */
    void (*act)(input_t *input);       /* instead of a call: something that the target does */
} subject_t;

/* What a target defines. */
extern const subject_t subjects[]; /* ended by a row of NULLs */
void target_begin(input_t *input);
js_t *target_argument(char letter, input_t *input);
void target_keep(const subject_t *subject, js_t *result);
void target_end(void);

/* What it may use. */
double *registers(void);
js_t *export_of(const char *name);
js_t *call_native(const char *name, js_t *const *arguments, size_t count);
double number_of(const js_t *value);
/* Reports a defect and ends the process, unless it holds. */
void must(bool holds, const char *what);

void run_input(const uint8_t *data, size_t size);
void list_subjects(void);

#endif
