/* Kinds of option values: how the kernel's bytes and the registers stand for each other. */
#ifndef BERKELEY_VALUE_H
#define BERKELEY_VALUE_H

#include <sys/socket.h>

#include "../call.h"

/* What a value is made of on its way to or from the kernel. */
typedef struct {
    register_t_ *registers; /* numbers in and out */
    bytes_t bytes;          /* raw bytes, or a socket address */
    bytes_t more;           /* a second socket address, several of them, or a key */
} value_t;

/* A register as a whole number. JavaScript has checked that it is one that fits; what is none, or beyond 64 bits, is 0
 * here: C does not say what a cast would make of it. */
static inline int64_t whole(const value_t *value, int index) {
    double number = value->registers[index].number;
    return number > -0x1p63 && number < 0x1p63 ? (int64_t)number : 0;
}

typedef struct {
    const char *name;
    socklen_t size;                          /* of the kernel's value; 0: as long as the bytes */
    int (*encode)(value_t *value, void *to); /* registers -> value; 0 or -errno */
    int (*decode)(value_t *value, const void *from, socklen_t length); /* value -> registers */
} kind_t;

enum { TCP_INFO_ROOM = 320 }; /* a kernel that is newer than we are may fill more than we read */
enum {
    FILTER_SOURCES = 64
}; /* sources of a multicast filter: the most that Linux takes by default */
enum { VALUE_ROOM = 9216 }; /* no value with a layout of its own is larger */

/* sockopt_inet.c: the kinds that hold internet addresses or belong to TCP */
extern const kind_t inet_kinds[];
extern const int inet_kind_count;

/* cmsg_kind.c: the kinds that only control messages have */
extern const kind_t cmsg_kinds[];
extern const int cmsg_kind_count;

/* The kind of that number, or NULL. */
const kind_t *kind_at(int index);

/* tcp_info.c: one register per field, NaN for a field that this kernel does not know */
int decode_tcp_info(value_t *value, const void *from, socklen_t length);

#endif
