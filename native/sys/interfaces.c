/* Network interfaces: names, indices, addresses. */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../call.h"

/* The addresses of InfiniBand are longer than the struct says; C libraries make room for them. */
enum { HARDWARE_ADDRESS_MAX = 20 };

static size_t packet_size(const struct sockaddr_ll *addr) {
    size_t length = addr->sll_halen < HARDWARE_ADDRESS_MAX ? addr->sll_halen : HARDWARE_ADDRESS_MAX;
    size_t size = offsetof(struct sockaddr_ll, sll_addr) + length;
    return size > sizeof *addr ? size : sizeof *addr;
}

static size_t sockaddr_size(const struct sockaddr *addr) {
    switch (addr->sa_family) {
    case AF_INET: return sizeof(struct sockaddr_in);
    case AF_INET6: return sizeof(struct sockaddr_in6);
    case AF_PACKET: return packet_size((const struct sockaddr_ll *)(const void *)addr);
    default: return 0;
    }
}

static napi_value sockaddr_value(napi_env env, const struct sockaddr *addr) {
    size_t size = addr ? sockaddr_size(addr) : 0;
    return size ? new_bytes(env, addr, size) : new_undefined(env);
}

/* [name, IFF_* flags, address?, netmask?, broadcast or peer address?] */
static napi_value interface_row(napi_env env, const struct ifaddrs *entry) {
    napi_value row;
    napi_create_array_with_length(env, 5, &row);
    napi_set_element(env, row, 0, new_string(env, entry->ifa_name));
    napi_set_element(env, row, 1, new_int(env, entry->ifa_flags));
    napi_set_element(env, row, 2, sockaddr_value(env, entry->ifa_addr));
    napi_set_element(env, row, 3, sockaddr_value(env, entry->ifa_netmask));
    napi_set_element(env, row, 4, sockaddr_value(env, entry->ifa_broadaddr));
    return row;
}

/* getifaddrs() -> rows, or -errno */
static napi_value getifaddrs_(napi_env env, napi_callback_info info) {
    call_t call;
    struct ifaddrs *first = NULL;
    napi_value rows;
    uint32_t length = 0;
    call_begin(&call, env, info);
    if (getifaddrs(&first) < 0) return call_number(&call, -errno);
    napi_create_array(env, &rows);
    for (const struct ifaddrs *entry = first; entry != NULL; entry = entry->ifa_next)
        napi_set_element(env, rows, length++, interface_row(env, entry));
    freeifaddrs(first);
    return rows;
}

/* ifNameToIndex(name) -> index, or -errno */
static napi_value ifNameToIndex_(napi_env env, napi_callback_info info) {
    call_t call;
    char name[IF_NAMESIZE] = "";
    call_begin(&call, env, info);
    call_string(&call, 0, name, sizeof name);
    if (!call_good(&call)) return NULL;
    unsigned index = if_nametoindex(name);
    return call_number(&call, index ? (int64_t)index : -errno);
}

/* ifIndexToName(index) -> name, or -errno */
static napi_value ifIndexToName_(napi_env env, napi_callback_info info) {
    call_t call;
    char name[IF_NAMESIZE];
    call_begin(&call, env, info);
    int index = call_int(&call, 0);
    if (!call_good(&call)) return NULL;
    if (if_indextoname((unsigned)index, name) == NULL) return call_number(&call, -errno);
    return new_string(env, name);
}

/* ifMtu(name) -> bytes, or -errno */
static napi_value ifMtu_(napi_env env, napi_callback_info info) {
    call_t call;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    call_begin(&call, env, info);
    call_string(&call, 0, request.ifr_name, sizeof request.ifr_name);
    if (!call_good(&call)) return NULL;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any socket answers this ioctl */
    if (fd < 0) return call_number(&call, -errno);
    int result = ioctl(fd, SIOCGIFMTU, &request) < 0 ? -errno : request.ifr_mtu;
    close(fd);
    return call_number(&call, result);
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

/* { up: 1, broadcast: 2, ... } */
napi_value device_flags(napi_env env) {
    napi_value table;
    napi_create_object(env, &table);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        napi_set_named_property(env, table, flags[i].name, new_int(env, flags[i].bit));
    return table;
}

const method_t device_methods[] = {
    {"getifaddrs", getifaddrs_},
    {"ifNameToIndex", ifNameToIndex_},
    {"ifIndexToName", ifIndexToName_},
    {"ifMtu", ifMtu_},
    {NULL, NULL},
};
