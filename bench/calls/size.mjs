/** Bytes of a message, as in bench/native/calls.c. */
export const SIZE = 64
