/* A fake kernel, whose answers are made of the input. */
#ifndef BERKELEY_FAKE_KERNEL_H
#define BERKELEY_FAKE_KERNEL_H

#include <stdbool.h>
#include <sys/socket.h>

#include "input.h"

/* What the calls until the next script answer: one byte for each call, 0 to KERNEL_FAILS - 1 an errno; then, where
 * a call fills something, lengths and bytes. */
enum { KERNEL_FAILS = 32 };
void kernel_script(input_t script);
/* Whether values of setsockopt(2) are a struct sock_fprog, whose rows the kernel reads. */
void kernel_follows_filters(bool follows);

/* Reads memory as a system call would: a checker complains where it may not be read, or was never written. */
void kernel_reads(const void *from, size_t length);

/* pipes.c: descriptors 1000 and 1001 are the two ends of a stream. */
enum { PIPE_FIRST = 1000, PIPES = 2, PIPE_ROOM = 1 << 20 };
void pipes_reset(void);
/* What the next calls do, one byte each: 0 would block, 1 moves one byte, 2 fails, 3 is interrupted, others move at
 * most so many times 64 bytes. At its end they move all. */
void pipes_script(input_t script);
/* Bytes that the peer did not send arrive at an end. */
void pipe_put(int end, const uint8_t *from, size_t length);
/* Changes a byte on its way to an end. */
void pipe_change(int end, size_t at, uint8_t bits);
/* All but the first bytes on their way are lost. */
void pipe_cut(int end, size_t length);
/* Nothing follows what is on its way. */
void pipe_ends(int end);
size_t pipe_length(int end);

#endif
