/* Socket addresses: made from their parts, and read into parts. The only file that knows the
 * layout of a struct sockaddr. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../port/port.h"
#include "sys.h"

#ifdef __linux__
#include <linux/can.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netpacket/packet.h>
#endif

/* Whether the system has a family that not all have: see port/layouts.h. */
#define HAS_FAMILY(family) ((family) > 0)

/* It is not at the beginning everywhere. */
static const size_t family_at = offsetof(struct sockaddr, sa_family);

static const size_t path_at = offsetof(struct sockaddr_un, sun_path);

static bool is_port(int number) {
    return number >= 0 && number <= UINT16_MAX;
}

static bool is_u32(int64_t number) {
    return number >= 0 && number <= UINT32_MAX;
}

/* inetAddress(host, port, sockaddr) -> length, or -EINVAL when host is not a dotted quad */
static int64_t inet_address(call_t *call) {
    char host[INET_ADDRSTRLEN + 1] = "";
    struct sockaddr_in addr;
    bool has_host = call_string(call, 0, host, sizeof host);
    int port = call_int(call, 1);
    bytes_t to = call_bytes(call, 2);
    if (!call_ok(call)) return -1;
    memset(&addr, 0, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_port = htons((uint16_t)port);
    if (!is_port(port) || to.length < sizeof addr || !has_host) return -EINVAL;
    if (inet_pton(AF_INET, host, &addr.sin_addr) != 1) return -EINVAL;
    memcpy(to.start, &addr, sizeof addr);
    return sizeof addr;
}

/* inet6Address(host, port, flowinfo, scopeid, sockaddr) -> length, or -EINVAL */
static int64_t inet6_address(call_t *call) {
    char host[INET6_ADDRSTRLEN + 1] = "";
    struct sockaddr_in6 addr;
    bool has_host = call_string(call, 0, host, sizeof host);
    int port = call_int(call, 1);
    int64_t flowinfo = call_int64(call, 2), scopeid = call_int64(call, 3);
    bytes_t to = call_bytes(call, 4);
    if (!call_ok(call)) return -1;
    memset(&addr, 0, sizeof addr);
    addr.sin6_family = AF_INET6;
    addr.sin6_port = htons((uint16_t)port);
    addr.sin6_flowinfo = htonl((uint32_t)flowinfo);
    addr.sin6_scope_id = (uint32_t)scopeid;
    if (!is_port(port) || !is_u32(flowinfo) || !is_u32(scopeid)) return -EINVAL;
    if (to.length < sizeof addr || !has_host) return -EINVAL;
    if (inet_pton(AF_INET6, host, &addr.sin6_addr) != 1) return -EINVAL;
    memcpy(to.start, &addr, sizeof addr);
    return sizeof addr;
}

/* unixAddress(path, sockaddr) -> length. A first NUL makes the name abstract: every byte of it
 * counts. Otherwise it is a path: no NUL inside, and one behind it. The empty path is the unnamed
 * address, which asks bind(2) for an automatic abstract name. */
static int64_t unix_address(call_t *call) {
    struct sockaddr_un addr;
    bytes_t path = call_bytes(call, 0), to = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    bool is_path = path.length > 0 && path.start[0] != '\0';
    size_t room = is_path ? sizeof addr.sun_path - 1 : sizeof addr.sun_path;
    if (path.length > room) return -ENAMETOOLONG;
    if (is_path && memchr(path.start, '\0', path.length)) return -EINVAL;
    if (to.length < sizeof addr) return -EINVAL;
    memset(&addr, 0, sizeof addr);
    addr.sun_family = AF_UNIX;
    if (path.length) memcpy(addr.sun_path, path.start, path.length);
    memcpy(to.start, &addr, sizeof addr);
    return (int64_t)(path_at + path.length + (is_path ? 1 : 0));
}

/* vsockAddress(cid, port, sockaddr) -> length */
static int64_t vsock_address(call_t *call) {
    struct sockaddr_vm addr;
    int64_t cid = call_int64(call, 0), port = call_int64(call, 1);
    bytes_t to = call_bytes(call, 2);
    if (!call_ok(call)) return -1;
    if (!HAS_FAMILY(AF_VSOCK)) return -EAFNOSUPPORT;
    if (!is_u32(cid) || !is_u32(port) || to.length < sizeof addr) return -EINVAL;
    memset(&addr, 0, sizeof addr);
    addr.svm_family = AF_VSOCK;
    addr.svm_cid = (unsigned)cid;
    addr.svm_port = (unsigned)port;
    memcpy(to.start, &addr, sizeof addr);
    return sizeof addr;
}

/* packetAddress(ifindex, protocol, hatype, pkttype, hardware, sockaddr) -> length. The hardware address
 * may be longer than the struct has room for (InfiniBand): then the sockaddr is longer, too. */
static int64_t packet_address(call_t *call) {
    const size_t hardware_at = offsetof(struct sockaddr_ll, sll_addr);
    struct sockaddr_ll addr;
    int ifindex = call_int(call, 0), protocol = call_int(call, 1);
    int hatype = call_int(call, 2), pkttype = call_int(call, 3);
    bytes_t hardware = call_bytes(call, 4), to = call_bytes(call, 5);
    if (!call_ok(call)) return -1;
    if (!HAS_FAMILY(AF_PACKET)) return -EAFNOSUPPORT;
    if (!is_port(protocol) || !is_port(hatype) || pkttype < 0 || pkttype > UINT8_MAX)
        return -EINVAL;
    size_t size = hardware_at + hardware.length;
    if (size < sizeof addr) size = sizeof addr;
    if (hardware.length > UINT8_MAX || to.length < size) return -EINVAL;
    memset(&addr, 0, sizeof addr);
    addr.sll_family = AF_PACKET;
    addr.sll_protocol = htons((uint16_t)protocol);
    addr.sll_ifindex = ifindex;
    addr.sll_hatype = (unsigned short)hatype;
    addr.sll_pkttype = (unsigned char)pkttype;
    addr.sll_halen = (unsigned char)hardware.length;
    memcpy(to.start, &addr, sizeof addr);
    if (hardware.length) memcpy(to.start + hardware_at, hardware.start, hardware.length);
    return (int64_t)size;
}

/* netlinkAddress(pid, groups, sockaddr) -> length */
static int64_t netlink_address(call_t *call) {
    struct sockaddr_nl addr;
    int64_t pid = call_int64(call, 0), groups = call_int64(call, 1);
    bytes_t to = call_bytes(call, 2);
    if (!call_ok(call)) return -1;
    if (!HAS_FAMILY(AF_NETLINK)) return -EAFNOSUPPORT;
    if (!is_u32(pid) || !is_u32(groups) || to.length < sizeof addr) return -EINVAL;
    memset(&addr, 0, sizeof addr);
    addr.nl_family = AF_NETLINK;
    addr.nl_pid = (uint32_t)pid;
    addr.nl_groups = (uint32_t)groups;
    memcpy(to.start, &addr, sizeof addr);
    return sizeof addr;
}

/* canAddress(ifindex, rxId, txId, sockaddr) -> length; the two identifiers are those of ISO-TP */
static int64_t can_address(call_t *call) {
    struct sockaddr_can addr;
    int ifindex = call_int(call, 0);
    int64_t rx_id = call_int64(call, 1), tx_id = call_int64(call, 2);
    bytes_t to = call_bytes(call, 3);
    if (!call_ok(call)) return -1;
    if (!HAS_FAMILY(AF_CAN)) return -EAFNOSUPPORT;
    if (!is_u32(rx_id) || !is_u32(tx_id) || to.length < sizeof addr) return -EINVAL;
    memset(&addr, 0, sizeof addr);
    addr.can_family = AF_CAN;
    addr.can_ifindex = ifindex;
    addr.can_addr.tp.rx_id = (canid_t)rx_id;
    addr.can_addr.tp.tx_id = (canid_t)tx_id;
    memcpy(to.start, &addr, sizeof addr);
    return sizeof addr;
}

/* Registers of addressParts(). FIRST and SECOND are numbers that only one family has: hatype and pkttype of
 * a packet address, pid and groups of netlink, rx_id and tx_id of CAN. */
enum { PORT, FLOWINFO, SCOPE, NAME_AT, NAME_LENGTH, CID, FIRST, SECOND, IS_WHOLE, PARTS };

/* The functions of the families return false for bytes that are too few for an address of theirs. */

static bool inet_parts(bytes_t addr, register_value_t *registers) {
    struct sockaddr_in in;
    if (addr.length < sizeof in) return false;
    memcpy(&in, addr.start, sizeof in);
    registers[PORT].number = ntohs(in.sin_port);
    return true;
}

static bool inet6_parts(bytes_t addr, register_value_t *registers) {
    struct sockaddr_in6 in6;
    if (addr.length < sizeof in6) return false;
    memcpy(&in6, addr.start, sizeof in6);
    registers[PORT].number = ntohs(in6.sin6_port);
    registers[FLOWINFO].number = ntohl(in6.sin6_flowinfo);
    registers[SCOPE].number = in6.sin6_scope_id;
    return true;
}

/* A path that the kernel returns has its NUL counted in, or no NUL when it fills the room. */
static bool unix_parts(bytes_t addr, register_value_t *registers) {
    size_t length = addr.length > path_at ? addr.length - path_at : 0;
    const char *name = length ? (const char *)addr.start + path_at : "";
    registers[NAME_AT].number = (double)path_at;
    registers[NAME_LENGTH].number = (double)(name[0] == '\0' ? length : strnlen(name, length));
    return true;
}

static bool vsock_parts(bytes_t addr, register_value_t *registers) {
    struct sockaddr_vm vm;
    if (addr.length < sizeof vm) return false;
    memcpy(&vm, addr.start, sizeof vm);
    registers[PORT].number = vm.svm_port;
    registers[CID].number = vm.svm_cid;
    return true;
}

/* The kernel returns as many bytes of the hardware address as there are, at least 8. */
static bool packet_parts(bytes_t addr, register_value_t *registers) {
    const size_t hardware_at = offsetof(struct sockaddr_ll, sll_addr);
    struct sockaddr_ll ll;
    if (addr.length < hardware_at) return false;
    memset(&ll, 0, sizeof ll);
    memcpy(&ll, addr.start, addr.length < sizeof ll ? addr.length : sizeof ll);
    if (ll.sll_halen > addr.length - hardware_at) return false;
    registers[PORT].number = ntohs(ll.sll_protocol);
    registers[SCOPE].number = ll.sll_ifindex;
    registers[NAME_AT].number = (double)hardware_at;
    registers[NAME_LENGTH].number = ll.sll_halen;
    registers[FIRST].number = ll.sll_hatype;
    registers[SECOND].number = ll.sll_pkttype;
    return true;
}

static bool netlink_parts(bytes_t addr, register_value_t *registers) {
    struct sockaddr_nl nl;
    if (addr.length < sizeof nl) return false;
    memcpy(&nl, addr.start, sizeof nl);
    registers[FIRST].number = nl.nl_pid;
    registers[SECOND].number = nl.nl_groups;
    return true;
}

/* Raw CAN returns the part without identifiers only. */
static bool can_parts(bytes_t addr, register_value_t *registers) {
    struct sockaddr_can can;
    if (addr.length < offsetof(struct sockaddr_can, can_addr)) return false;
    memset(&can, 0, sizeof can);
    memcpy(&can, addr.start, addr.length < sizeof can ? addr.length : sizeof can);
    registers[SCOPE].number = can.can_ifindex;
    registers[FIRST].number = can.can_addr.tp.rx_id;
    registers[SECOND].number = can.can_addr.tp.tx_id;
    return true;
}

/* addressParts(sockaddr) -> family, or -EINVAL when too short for one. Registers: 0 port (of a packet
 * address its protocol), 1 flowinfo, 2 scope id or interface index, 3 offset and 4 length of the
 * name or hardware address, 5 cid, 6 and 7 as above, 8 whether there are bytes for all that. */
static int64_t address_parts(call_t *call) {
    sa_family_t family;
    bytes_t addr = call_bytes(call, 0);
    if (!call_ok(call)) return -1;
    register_value_t *registers = call->env->registers;
    for (int i = 0; i < PARTS; i++) registers[i].number = 0;
    if (addr.length < family_at + sizeof family) return -EINVAL;
    memcpy(&family, addr.start + family_at, sizeof family);
    bool is_whole = false;
    switch ((int)family) {
    case AF_INET: is_whole = inet_parts(addr, registers); break;
    case AF_INET6: is_whole = inet6_parts(addr, registers); break;
    case AF_UNIX: is_whole = unix_parts(addr, registers); break;
    case AF_VSOCK: is_whole = vsock_parts(addr, registers); break;
    case AF_PACKET: is_whole = packet_parts(addr, registers); break;
    case AF_NETLINK: is_whole = netlink_parts(addr, registers); break;
    case AF_CAN: is_whole = can_parts(addr, registers); break;
    default: break;
    }
    registers[IS_WHOLE].number = is_whole;
    return family;
}

/* addressText(sockaddr) -> the IPv4 or IPv6 address as text, undefined for other families */
static napi_value address_text(call_t *call) {
    sa_family_t family;
    char text[INET6_ADDRSTRLEN];
    const char *made = NULL;
    bytes_t addr = call_bytes(call, 0);
    if (!call_ok(call) || addr.length < family_at + sizeof family) return NULL;
    memcpy(&family, addr.start + family_at, sizeof family);
    if (family == AF_INET && addr.length >= sizeof(struct sockaddr_in))
        made = inet_ntop(AF_INET, addr.start + offsetof(struct sockaddr_in, sin_addr), text,
                         sizeof text);
    else if (family == AF_INET6 && addr.length >= sizeof(struct sockaddr_in6))
        made = inet_ntop(AF_INET6, addr.start + offsetof(struct sockaddr_in6, sin6_addr), text,
                         sizeof text);
    return made ? new_string(call->napi, made) : NULL;
}

const method_t addr_methods[] = {
    {"inetAddress", .number = inet_address},     {"inet6Address", .number = inet6_address},
    {"unixAddress", .number = unix_address},     {"vsockAddress", .number = vsock_address},
    {"packetAddress", .number = packet_address}, {"netlinkAddress", .number = netlink_address},
    {"canAddress", .number = can_address},       {"addressParts", .number = address_parts},
    {"addressText", .value = address_text},      {0},
};
