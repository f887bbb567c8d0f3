/* Kinds of values: how the bytes of the kernel become numbers in registers, and the other way
 * round. Socket options and control messages share them. */
#ifndef BERKELEY_VALUE_H
#define BERKELEY_VALUE_H

#include <sys/socket.h>

#include "../call.h"

/* The JavaScript side of a value. */
typedef struct {
    register_value_t *registers; /* its numbers */
    bytes_t bytes;               /* raw bytes, or a socket address */
    bytes_t more;                /* a second socket address, several of them, or a key */
} value_t;

/* A register as an integer. JavaScript has checked that it is one and fits. C does not define what
 * a cast makes of anything else, so that is 0 here. */
static inline int64_t register_int(const value_t *value, int index) {
    double number = value->registers[index].number;
    return number > -0x1p63 && number < 0x1p63 ? (int64_t)number : 0;
}

typedef struct {
    const char *name;
    socklen_t size;                          /* of the kernel's value; 0: as long as the bytes */
    int (*encode)(value_t *value, void *to); /* registers -> value; 0 or -errno */
    int (*decode)(value_t *value, const void *from, socklen_t length); /* value -> registers */
} kind_t;

/* The kinds of one file. */
typedef struct {
    const kind_t *kinds;
    int count;
} kind_group_t;

#define KIND_GROUP(kinds)                                                                          \
    { kinds, sizeof kinds / sizeof kinds[0] }

enum { VALUE_ROOM = 9216 }; /* no value with a layout of its own is larger */

extern const kind_group_t number_kinds;
extern const kind_group_t tcp_info_kinds;
extern const kind_group_t inet_kinds;
extern const kind_group_t tcp_kinds;
extern const kind_group_t cmsg_kinds;
extern const kind_group_t link_kinds;

/* Copies a socket address of any family; 0, or -EINVAL when its length is not that of an address. */
int copy_address(bytes_t from, struct sockaddr_storage *to);

/* The kind of a number, or NULL. */
const kind_t *kind_at(int index);

/* { int: 1, u32: 2, ... }: the numbers that kind_at() takes. */
napi_value kind_numbers(napi_env napi);

/* The name of each register of the kind "tcp_info". */
napi_value tcp_info_names(napi_env napi);

#endif
