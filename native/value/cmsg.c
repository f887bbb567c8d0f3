/* Control messages: the kinds that options do not have. Times are nanoseconds in a 64-bit register. */
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "../port/port.h"
#include "value.h"

#ifdef __linux__
/* Uses struct timespec without including its header. */
#include <linux/errqueue.h>
#endif

/* Unsigned, because the bytes may be anything: a time that does not fit wraps around. */
static uint64_t nanoseconds(int64_t seconds, uint64_t rest) {
    return (uint64_t)seconds * 1000000000 + rest;
}

static int decode_timeval_ns(value_t *value, const void *from, socklen_t length) {
    struct timeval time;
    if (length < sizeof time) return -EINVAL;
    memcpy(&time, from, sizeof time);
    value->registers[0].u64 = nanoseconds(time.tv_sec, (uint64_t)time.tv_usec * 1000);
    return 0;
}

static int decode_timespec(value_t *value, const void *from, socklen_t length) {
    struct timespec time;
    if (length < sizeof time) return -EINVAL;
    memcpy(&time, from, sizeof time);
    value->registers[0].u64 = nanoseconds(time.tv_sec, (uint64_t)time.tv_nsec);
    return 0;
}

/* struct scm_timestamping: registers 0 software, 1 legacy, 2 hardware */
static int decode_timestamping(value_t *value, const void *from, socklen_t length) {
    struct timespec times[3];
    if (length < sizeof times) return -EINVAL;
    memcpy(times, from, sizeof times);
    for (int i = 0; i < 3; i++)
        value->registers[i].u64 = nanoseconds(times[i].tv_sec, (uint64_t)times[i].tv_nsec);
    return 0;
}

static int encode_u16(value_t *value, void *to) {
    uint16_t number = (uint16_t)register_int(value, 0);
    memcpy(to, &number, sizeof number);
    return 0;
}

static int decode_u16(value_t *value, const void *from, socklen_t length) {
    uint16_t number;
    if (length < sizeof number) return -EINVAL;
    memcpy(&number, from, sizeof number);
    value->registers[0].number = number;
    return 0;
}

static void put_inet(uint8_t *to, struct in_addr addr) {
    struct sockaddr_in in;
    memset(&in, 0, sizeof in);
    in.sin_family = AF_INET;
    in.sin_addr = addr;
    memcpy(to, &in, sizeof in);
}

/* struct in_pktinfo: register 0 interface index; bytes: two socket addresses, the local one that
 * the kernel would reply from and the one that the datagram was sent to */
static int decode_pktinfo(value_t *value, const void *from, socklen_t length) {
    struct in_pktinfo info;
    if (length < sizeof info || value->bytes.length < 2 * sizeof(struct sockaddr_in))
        return -EINVAL;
    memcpy(&info, from, sizeof info);
    value->registers[0].number = info.ipi_ifindex;
    put_inet(value->bytes.start, info.ipi_spec_dst);
    put_inet(value->bytes.start + sizeof(struct sockaddr_in), info.ipi_addr);
    return 0;
}

/* register 0 interface index; bytes: the socket address to send from, if any */
static int encode_pktinfo(value_t *value, void *to) {
    struct in_pktinfo info;
    struct sockaddr_in addr;
    memset(&info, 0, sizeof info);
    info.ipi_ifindex = (int)register_int(value, 0);
    if (value->bytes.length >= sizeof addr) {
        memcpy(&addr, value->bytes.start, sizeof addr);
        if (addr.sin_family != AF_INET) return -EAFNOSUPPORT;
        info.ipi_spec_dst = addr.sin_addr;
    }
    memcpy(to, &info, sizeof info);
    return 0;
}

/* Whether the address means something on one link only, so that it needs the link with it. */
static int is_of_link(const struct in6_addr *addr) {
    return IN6_IS_ADDR_LINKLOCAL(addr) || IN6_IS_ADDR_MC_LINKLOCAL(addr) ||
           IN6_IS_ADDR_MC_NODELOCAL(addr);
}

/* struct in6_pktinfo: register 0 interface index; bytes: the address that the datagram was sent to */
static int decode_pktinfo6(value_t *value, const void *from, socklen_t length) {
    struct in6_pktinfo info;
    struct sockaddr_in6 addr;
    if (length < sizeof info || value->bytes.length < sizeof addr) return -EINVAL;
    memcpy(&info, from, sizeof info);
    memset(&addr, 0, sizeof addr);
    addr.sin6_family = AF_INET6;
    addr.sin6_addr = info.ipi6_addr;
    if (is_of_link(&addr.sin6_addr)) addr.sin6_scope_id = (uint32_t)info.ipi6_ifindex;
    memcpy(value->bytes.start, &addr, sizeof addr);
    value->registers[0].number = info.ipi6_ifindex;
    return 0;
}

/* register 0 interface index; bytes: the socket address to send from, if any */
static int encode_source6(value_t *value, void *to) {
    struct in6_pktinfo info;
    struct sockaddr_in6 addr;
    memset(&info, 0, sizeof info);
    info.ipi6_ifindex = (unsigned)register_int(value, 0);
    if (value->bytes.length >= sizeof addr) {
        memcpy(&addr, value->bytes.start, sizeof addr);
        if (addr.sin6_family != AF_INET6) return -EAFNOSUPPORT;
        info.ipi6_addr = addr.sin6_addr;
    }
    memcpy(to, &info, sizeof info);
    return 0;
}

/* struct sock_extended_err: registers 0 errno, 1 origin, 2 type, 3 code, 4 info, 5 data, 6 length
 * of the address of the host that reported it; bytes: that address */
static int decode_extended_error(value_t *value, const void *from, socklen_t length) {
    struct sock_extended_err error;
    if (length < sizeof error) return -EINVAL;
    memcpy(&error, from, sizeof error);
    size_t there = length - sizeof error;
    size_t address = there < value->bytes.length ? there : value->bytes.length;
    const double fields[] = {error.ee_errno, error.ee_origin, error.ee_type,  error.ee_code,
                             error.ee_info,  error.ee_data,   (double)address};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        value->registers[i].number = fields[i];
    /* Both may be the same memory. */
    if (address) memmove(value->bytes.start, (const uint8_t *)from + sizeof error, address);
    return 0;
}

static const kind_t kinds[] = {
    {"u16", sizeof(uint16_t), encode_u16, decode_u16},
    {"timeval_ns", sizeof(struct timeval), NULL, decode_timeval_ns},
    {"timespec", sizeof(struct timespec), NULL, decode_timespec},
    {"timestamping", 3 * sizeof(struct timespec), NULL, decode_timestamping},
    {"pktinfo", sizeof(struct in_pktinfo), encode_pktinfo, decode_pktinfo},
    {"pktinfo6_cmsg", sizeof(struct in6_pktinfo), encode_source6, decode_pktinfo6},
    {"extended_error", sizeof(struct sock_extended_err), NULL, decode_extended_error},
};
const kind_group_t cmsg_kinds = KIND_GROUP(kinds);
