/* Numbers, and small structs of numbers: options of any family. One pair of functions per kind. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/time.h>

#include "../port/port.h"
#include "value.h"

#ifdef __linux__
#include <linux/filter.h>
#endif

/* int: also the flags, seconds and byte counts. Some options answer with one byte. */
static int encode_int(value_t *value, void *to) {
    int number = (int)register_int(value, 0);
    memcpy(to, &number, sizeof number);
    return 0;
}

static int decode_int(value_t *value, const void *from, socklen_t length) {
    int number = 0;
    if (length == 1)
        number = *(const unsigned char *)from;
    else if (length >= sizeof number)
        memcpy(&number, from, sizeof number);
    else
        return -EINVAL;
    value->registers[0].number = number;
    return 0;
}

static int encode_u32(value_t *value, void *to) {
    uint32_t number = (uint32_t)register_int(value, 0);
    memcpy(to, &number, sizeof number);
    return 0;
}

static int decode_u32(value_t *value, const void *from, socklen_t length) {
    uint32_t number;
    if (length < sizeof number) return -EINVAL;
    memcpy(&number, from, sizeof number);
    value->registers[0].number = number;
    return 0;
}

/* An interface index in network byte order, for IP_UNICAST_IF and IPV6_UNICAST_IF. */
static int encode_net32(value_t *value, void *to) {
    uint32_t number = htonl((uint32_t)register_int(value, 0));
    memcpy(to, &number, sizeof number);
    return 0;
}

static int decode_net32(value_t *value, const void *from, socklen_t length) {
    uint32_t number;
    if (length < sizeof number) return -EINVAL;
    memcpy(&number, from, sizeof number);
    value->registers[0].number = ntohl(number);
    return 0;
}

static int encode_u64(value_t *value, void *to) {
    memcpy(to, &value->registers[0].u64, sizeof(uint64_t));
    return 0;
}

static int decode_u64(value_t *value, const void *from, socklen_t length) {
    uint32_t narrow;
    if (length >= sizeof(uint64_t)) {
        memcpy(&value->registers[0].u64, from, sizeof(uint64_t));
        return 0;
    }
    if (length < sizeof narrow) return -EINVAL;
    memcpy(&narrow, from, sizeof narrow);
    value->registers[0].u64 = narrow;
    return 0;
}

/* seconds with a fraction <-> struct timeval, rounded up: 0 means no timeout, so a short one must not become 0 */
static int encode_timeval(value_t *value, void *to) {
    double seconds = value->registers[0].number;
    if (!(seconds >= 0 && seconds <= 2147483647.0)) return -EDOM;
    struct timeval time = {.tv_sec = (time_t)seconds, .tv_usec = 0};
    double micros = (seconds - (double)time.tv_sec) * 1e6;
    time.tv_usec = (suseconds_t)micros;
    /* Less than this is the rounding error of a decimal fraction. */
    bool is_cut = (double)time.tv_usec < micros - 1e-3;
    if (is_cut || (seconds > 0 && time.tv_sec == 0 && time.tv_usec == 0)) time.tv_usec++;
    if (time.tv_usec >= 1000000) {
        time.tv_sec++;
        time.tv_usec -= 1000000;
    }
    memcpy(to, &time, sizeof time);
    return 0;
}

static int decode_timeval(value_t *value, const void *from, socklen_t length) {
    struct timeval time;
    if (length < sizeof time) return -EINVAL;
    memcpy(&time, from, sizeof time);
    value->registers[0].number = (double)time.tv_sec + (double)time.tv_usec / 1e6;
    return 0;
}

/* registers: 0 on or off, 1 seconds */
static int encode_linger(value_t *value, void *to) {
    struct linger linger = {.l_onoff = value->registers[0].number != 0,
                            .l_linger = (int)register_int(value, 1)};
    memcpy(to, &linger, sizeof linger);
    return 0;
}

static int decode_linger(value_t *value, const void *from, socklen_t length) {
    struct linger linger;
    if (length < sizeof linger) return -EINVAL;
    memcpy(&linger, from, sizeof linger);
    value->registers[0].number = linger.l_onoff;
    value->registers[1].number = linger.l_linger;
    return 0;
}

/* registers: 0 pid, 1 uid, 2 gid */
static int encode_ucred(value_t *value, void *to) {
    struct ucred credentials = {.pid = (pid_t)register_int(value, 0),
                                .uid = (uid_t)register_int(value, 1),
                                .gid = (gid_t)register_int(value, 2)};
    memcpy(to, &credentials, sizeof credentials);
    return 0;
}

static int decode_ucred(value_t *value, const void *from, socklen_t length) {
    struct ucred credentials;
    if (length < sizeof credentials) return -EINVAL;
    memcpy(&credentials, from, sizeof credentials);
    value->registers[0].number = credentials.pid;
    value->registers[1].number = credentials.uid;
    value->registers[2].number = credentials.gid;
    return 0;
}

/* registers: 0 clock id, 1 flags (SOF_TXTIME_*) */
struct kernel_txtime {
    int32_t clockid;
    uint32_t flags;
};

static int encode_txtime(value_t *value, void *to) {
    struct kernel_txtime txtime = {.clockid = (int32_t)register_int(value, 0),
                                   .flags = (uint32_t)register_int(value, 1)};
    memcpy(to, &txtime, sizeof txtime);
    return 0;
}

static int decode_txtime(value_t *value, const void *from, socklen_t length) {
    struct kernel_txtime txtime;
    if (length < sizeof txtime) return -EINVAL;
    memcpy(&txtime, from, sizeof txtime);
    value->registers[0].number = txtime.clockid;
    value->registers[1].number = txtime.flags;
    return 0;
}

/* struct sock_fprog: bytes are its rows of struct sock_filter, which the kernel only reads */
static int encode_filter(value_t *value, void *to) {
    size_t rows = value->bytes.length / sizeof(struct sock_filter);
    if (rows == 0 || rows > UINT16_MAX || value->bytes.length % sizeof(struct sock_filter) != 0)
        return -EINVAL;
    struct sock_fprog program = {.len = (unsigned short)rows,
                                 .filter = (struct sock_filter *)(void *)value->bytes.start};
    memcpy(to, &program, sizeof program);
    return 0;
}

static const kind_t kinds[] = {
    {"bytes", 0, NULL, NULL},
    {"int", sizeof(int), encode_int, decode_int},
    {"u32", sizeof(uint32_t), encode_u32, decode_u32},
    {"net32", sizeof(uint32_t), encode_net32, decode_net32},
    {"u64", sizeof(uint64_t), encode_u64, decode_u64},
    {"timeval", sizeof(struct timeval), encode_timeval, decode_timeval},
    {"linger", sizeof(struct linger), encode_linger, decode_linger},
    {"ucred", sizeof(struct ucred), encode_ucred, decode_ucred},
    {"txtime", sizeof(struct kernel_txtime), encode_txtime, decode_txtime},
    {"filter", sizeof(struct sock_fprog), encode_filter, NULL},
};
const kind_group_t number_kinds = KIND_GROUP(kinds);
