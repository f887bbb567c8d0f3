/* The bytes of one input, read from the front. At the end everything is 0. */
#ifndef BERKELEY_FUZZ_INPUT_H
#define BERKELEY_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *at, *end;
} input_t;

size_t input_left(const input_t *input);
uint8_t input_u8(input_t *input);
uint16_t input_u16(input_t *input);
int32_t input_i32(input_t *input);
double input_double(input_t *input);
/* The next bytes, as many as there are up to `length`; they are the caller's to read. */
input_t input_part(input_t *input, size_t length);
/* A length in one byte or three, then that many bytes. */
input_t input_bytes(input_t *input);
/* Copies as many as there are, and fills the rest with 0. */
void input_copy(input_t *input, void *to, size_t length);

#endif
