#include "input.h"

#include <string.h>

size_t input_left(const input_t *input) {
    return (size_t)(input->end - input->at);
}

void input_copy(input_t *input, void *to, size_t length) {
    input_t part = input_part(input, length);
    size_t there = input_left(&part);
    if (there > 0) memcpy(to, part.at, there);
    if (there < length) memset((uint8_t *)to + there, 0, length - there);
}

input_t input_part(input_t *input, size_t length) {
    size_t there = input_left(input);
    if (there == 0) return *input;
    input_t part = {input->at, input->at + (length < there ? length : there)};
    input->at = part.end;
    return part;
}

uint8_t input_u8(input_t *input) {
    uint8_t number;
    input_copy(input, &number, sizeof number);
    return number;
}

uint16_t input_u16(input_t *input) {
    uint16_t number;
    input_copy(input, &number, sizeof number);
    return number;
}

int32_t input_i32(input_t *input) {
    int32_t number;
    input_copy(input, &number, sizeof number);
    return number;
}

double input_double(input_t *input) {
    double number;
    input_copy(input, &number, sizeof number);
    return number;
}

input_t input_bytes(input_t *input) {
    enum { LONG = 255 };
    size_t length = input_u8(input);
    if (length == LONG) length = input_u16(input);
    return input_part(input, length);
}
