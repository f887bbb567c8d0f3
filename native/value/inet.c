/* Options with internet addresses. In JavaScript every address is the bytes of its struct sockaddr. */
#include <netinet/in.h>
#include <string.h>

#include "../port/port.h"
#include "value.h"

/* struct in_addr, without a port: JavaScript sees a socket address with port 0. */
static int decode_in_addr(value_t *value, const void *from, socklen_t length) {
    struct sockaddr_in addr;
    if (length < sizeof addr.sin_addr || value->bytes.length < sizeof addr) return -EINVAL;
    memset(&addr, 0, sizeof addr);
    addr.sin_family = AF_INET;
    memcpy(&addr.sin_addr, from, sizeof addr.sin_addr);
    memcpy(value->bytes.start, &addr, sizeof addr);
    return 0;
}

/* struct ip_mreqn: register 0 interface index; bytes: its IPv4 address, if there is one */
static int encode_mreqn(value_t *value, void *to) {
    struct ip_mreqn request;
    struct sockaddr_in addr;
    memset(&request, 0, sizeof request);
    request.imr_ifindex = (int)register_int(value, 0);
    if (value->bytes.length >= sizeof addr) {
        memcpy(&addr, value->bytes.start, sizeof addr);
        if (addr.sin_family != AF_INET) return -EAFNOSUPPORT;
        request.imr_address = addr.sin_addr;
    }
    memcpy(to, &request, sizeof request);
    return 0;
}

int copy_address(bytes_t from, struct sockaddr_storage *to) {
    if (from.length < sizeof(sa_family_t) || from.length > sizeof *to) return -EINVAL;
    memcpy(to, from.start, from.length);
    return 0;
}

/* struct group_req: register 0 interface index, bytes the group */
static int encode_group(value_t *value, void *to) {
    struct group_req request;
    memset(&request, 0, sizeof request);
    request.gr_interface = (uint32_t)register_int(value, 0);
    int error = copy_address(value->bytes, &request.gr_group);
    memcpy(to, &request, sizeof request);
    return error;
}

/* struct group_source_req: register 0 interface index, bytes the group, more the source */
static int encode_group_source(value_t *value, void *to) {
    struct group_source_req request;
    memset(&request, 0, sizeof request);
    request.gsr_interface = (uint32_t)register_int(value, 0);
    int error = copy_address(value->bytes, &request.gsr_group);
    if (error == 0) error = copy_address(value->more, &request.gsr_source);
    memcpy(to, &request, sizeof request);
    return error;
}

enum { FILTER_SOURCES = 64 }; /* the most that Linux takes by default */

/* struct group_filter with room for all its sources; the kernel reads as many as `sources` says */
struct room_for_group_filter {
    uint32_t interface;
    struct sockaddr_storage group;
    uint32_t mode, sources;
    struct sockaddr_storage source[FILTER_SOURCES];
};
_Static_assert(sizeof(struct room_for_group_filter) <= VALUE_ROOM, "room for group_filter");
_Static_assert(offsetof(struct room_for_group_filter, source) ==
                   offsetof(struct group_filter, gf_slist),
               "group_filter as the system has it");

/* registers: 0 interface index, 1 MCAST_INCLUDE or MCAST_EXCLUDE; bytes the group; more the
 * sources, each in as many bytes as a struct sockaddr_storage */
static int encode_group_filter(value_t *value, void *to) {
    struct room_for_group_filter filter;
    size_t size = sizeof filter.source[0], count = value->more.length / size;
    if (value->more.length % size != 0 || count > FILTER_SOURCES) return -EINVAL;
    memset(&filter, 0, sizeof filter);
    filter.interface = (uint32_t)register_int(value, 0);
    filter.mode = (uint32_t)register_int(value, 1);
    filter.sources = (uint32_t)count;
    int error = copy_address(value->bytes, &filter.group);
    if (count > 0) memcpy(filter.source, value->more.start, count * size);
    memcpy(to, &filter, sizeof filter);
    return error;
}

static int copy_in6(bytes_t from, struct in6_addr *to) {
    struct sockaddr_in6 addr;
    if (from.length < sizeof addr) return -EINVAL;
    memcpy(&addr, from.start, sizeof addr);
    if (addr.sin6_family != AF_INET6) return -EAFNOSUPPORT;
    *to = addr.sin6_addr;
    return 0;
}

/* struct in6_pktinfo: register 0 interface index, bytes the address */
static int encode_pktinfo6(value_t *value, void *to) {
    struct in6_pktinfo info;
    memset(&info, 0, sizeof info);
    info.ipi6_ifindex = (unsigned)register_int(value, 0);
    int error = copy_in6(value->bytes, &info.ipi6_addr);
    memcpy(to, &info, sizeof info);
    return error;
}

/* struct ipv6_mreq: register 0 interface index, bytes the address */
static int encode_mreq6(value_t *value, void *to) {
    struct ipv6_mreq request;
    memset(&request, 0, sizeof request);
    request.ipv6mr_interface = (unsigned)register_int(value, 0);
    int error = copy_in6(value->bytes, &request.ipv6mr_multiaddr);
    memcpy(to, &request, sizeof request);
    return error;
}

/* struct ip6_mtuinfo: register 0 the path MTU; the kernel leaves the address empty */
static int decode_mtuinfo6(value_t *value, const void *from, socklen_t length) {
    struct ip6_mtuinfo info;
    if (length < sizeof info) return -EINVAL;
    memcpy(&info, from, sizeof info);
    value->registers[0].number = info.ip6m_mtu;
    return 0;
}

/* struct in6_flowlabel_req of <linux/in6.h>, which collides with <netinet/in.h> */
struct flow_label {
    struct in6_addr destination;
    uint32_t label; /* in network byte order */
    uint8_t action, share;
    uint16_t flags, expires, linger;
    uint32_t padding;
};

/* registers: 0 label, 1 IPV6_FL_A_*, 2 share, 3 flags, 4 expires and 5 linger in seconds; bytes the destination, if there is one */
static int encode_flow_label(value_t *value, void *to) {
    struct flow_label request;
    struct sockaddr_in6 addr;
    memset(&request, 0, sizeof request);
    if (value->bytes.length >= sizeof addr) {
        memcpy(&addr, value->bytes.start, sizeof addr);
        if (addr.sin6_family != AF_INET6) return -EAFNOSUPPORT;
        request.destination = addr.sin6_addr;
    }
    request.label = htonl((uint32_t)register_int(value, 0));
    request.action = (uint8_t)register_int(value, 1);
    request.share = (uint8_t)register_int(value, 2);
    request.flags = (uint16_t)register_int(value, 3);
    request.expires = (uint16_t)register_int(value, 4);
    request.linger = (uint16_t)register_int(value, 5);
    memcpy(to, &request, sizeof request);
    return 0;
}

static const kind_t kinds[] = {
    {"flow_label", sizeof(struct flow_label), encode_flow_label, NULL},
    {"in_addr", sizeof(struct in_addr), NULL, decode_in_addr},
    {"mreqn", sizeof(struct ip_mreqn), encode_mreqn, NULL},
    {"group", sizeof(struct group_req), encode_group, NULL},
    {"group_source", sizeof(struct group_source_req), encode_group_source, NULL},
    {"group_filter", sizeof(struct room_for_group_filter), encode_group_filter, NULL},
    {"pktinfo6", sizeof(struct in6_pktinfo), encode_pktinfo6, NULL},
    {"mreq6", sizeof(struct ipv6_mreq), encode_mreq6, NULL},
    {"mtuinfo6", sizeof(struct ip6_mtuinfo), NULL, decode_mtuinfo6},
};
const kind_group_t inet_kinds = KIND_GROUP(kinds);
