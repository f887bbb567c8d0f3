/* Network interfaces: names, indices, addresses. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../port/port.h"
#include "labels.h"
#include "sys.h"

#ifdef __linux__
#include <netpacket/packet.h>
#endif

/* The addresses of InfiniBand are longer than the struct says; C libraries make room for them. */
enum { HARDWARE_ADDRESS_MAX = 20 };

static size_t packet_size(const struct sockaddr_ll *addr) {
    size_t length = addr->sll_halen < HARDWARE_ADDRESS_MAX ? addr->sll_halen : HARDWARE_ADDRESS_MAX;
    size_t size = offsetof(struct sockaddr_ll, sll_addr) + length;
    return size > sizeof *addr ? size : sizeof *addr;
}

static size_t sockaddr_size(const struct sockaddr *addr) {
    switch ((int)addr->sa_family) {
    case AF_INET: return sizeof(struct sockaddr_in);
    case AF_INET6: return sizeof(struct sockaddr_in6);
    case AF_PACKET: return packet_size((const struct sockaddr_ll *)(const void *)addr);
    default: return 0;
    }
}

static napi_value new_sockaddr(napi_env napi, const struct sockaddr *addr) {
    size_t size = addr ? sockaddr_size(addr) : 0;
    return size ? new_bytes(napi, addr, size) : new_undefined(napi);
}

/* [name, IFF_* flags, address?, netmask?, broadcast or peer address?] */
static napi_value new_interface_row(napi_env napi, const char *name, const struct ifaddrs *entry) {
    napi_value row;
    napi_create_array_with_length(napi, 5, &row);
    napi_set_element(napi, row, 0, new_string(napi, name));
    napi_set_element(napi, row, 1, new_int(napi, entry->ifa_flags));
    napi_set_element(napi, row, 2, new_sockaddr(napi, entry->ifa_addr));
    napi_set_element(napi, row, 3, new_sockaddr(napi, entry->ifa_netmask));
    napi_set_element(napi, row, 4, new_sockaddr(napi, entry->ifa_broadaddr));
    return row;
}

static int add_rows(napi_env napi, napi_value rows, const struct ifaddrs *first,
                    const labels_t *labels) {
    uint32_t length = 0;
    for (const struct ifaddrs *entry = first; entry != NULL; entry = entry->ifa_next) {
        char room[IF_NAMESIZE];
        const char *name = real_name(labels, entry, room);
        if (name == NULL) return -errno;
        napi_set_element(napi, rows, length++, new_interface_row(napi, name, entry));
    }
    return 0;
}

/* getifaddrs() -> rows, or -errno */
static napi_value sys_getifaddrs(call_t *call) {
    napi_env napi = call->napi;
    struct ifaddrs *first = NULL;
    labels_t labels = {NULL, 0, 0};
    napi_value rows;
    if (getifaddrs(&first) < 0) return new_int(napi, -errno);
    int error = all_labels(&labels);
    napi_create_array(napi, &rows);
    if (error == 0) error = add_rows(napi, rows, first, &labels);
    free(labels.rows);
    freeifaddrs(first);
    return error < 0 ? new_int(napi, error) : rows;
}

/* ifNameToIndex(name) -> index, or -errno */
static ssize_t sys_if_nametoindex(call_t *call) {
    char name[IF_NAMESIZE] = "";
    call_string(call, 0, name, sizeof name);
    if (!call_ok(call)) return -1;
    unsigned index = if_nametoindex(name);
    return index ? (ssize_t)index : -1;
}

/* ifIndexToName(index) -> name, or -errno */
static napi_value sys_if_indextoname(call_t *call) {
    char name[IF_NAMESIZE];
    int index = call_int(call, 0);
    if (!call_ok(call)) return NULL;
    if (if_indextoname((unsigned)index, name) == NULL) return new_int(call->napi, -errno);
    return new_string(call->napi, name);
}

/* ifNameIndex() -> [index, name, index, name, ...], or -errno */
static napi_value sys_if_nameindex(call_t *call) {
    napi_env napi = call->napi;
    napi_value pairs;
    uint32_t length = 0;
    struct if_nameindex *first = if_nameindex();
    if (first == NULL) return new_int(napi, -errno);
    napi_create_array(napi, &pairs);
    for (const struct if_nameindex *entry = first; entry->if_index != 0; entry++) {
        napi_set_element(napi, pairs, length++, new_int(napi, entry->if_index));
        napi_set_element(napi, pairs, length++, new_string(napi, entry->if_name));
    }
    if_freenameindex(first);
    return pairs;
}

/* ifMtu(name) -> bytes, or -errno */
static int64_t if_mtu(call_t *call) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    call_string(call, 0, request.ifr_name, sizeof request.ifr_name);
    if (!call_ok(call)) return -1;
    int fd = new_socket(AF_UNIX, SOCK_DGRAM, 0); /* any socket answers this ioctl */
    if (fd < 0) return -errno;
    int result = ioctl(fd, SIOCGIFMTU, &request) < 0 ? -errno : request.ifr_mtu;
    close(fd);
    return result;
}

static const struct {
    const char *name;
    unsigned bit;
} flags[] = {
    {"up", IFF_UP},
    {"broadcast", IFF_BROADCAST},
    {"debug", IFF_DEBUG},
    {"loopback", IFF_LOOPBACK},
    {"pointopoint", IFF_POINTOPOINT},
    {"notrailers", IFF_NOTRAILERS},
    {"running", IFF_RUNNING},
    {"noarp", IFF_NOARP},
    {"promisc", IFF_PROMISC},
    {"allmulti", IFF_ALLMULTI},
    {"master", IFF_MASTER},
    {"slave", IFF_SLAVE},
    {"multicast", IFF_MULTICAST},
    {"portsel", IFF_PORTSEL},
    {"automedia", IFF_AUTOMEDIA},
    {"dynamic", IFF_DYNAMIC},
};

napi_value interface_flags(napi_env napi) {
    napi_value table;
    napi_create_object(napi, &table);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        napi_set_named_property(napi, table, flags[i].name, new_int(napi, flags[i].bit));
    return table;
}

const method_t interface_methods[] = {
    {"getifaddrs", .value = sys_getifaddrs},
    {"ifNameToIndex", .syscall = sys_if_nametoindex},
    {"ifIndexToName", .value = sys_if_indextoname},
    {"ifNameIndex", .value = sys_if_nameindex},
    {"ifMtu", .number = if_mtu},
    {0},
};
