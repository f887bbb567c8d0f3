/* Network interfaces: names, indices, addresses. */
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys.h"

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

static napi_value new_sockaddr(napi_env napi, const struct sockaddr *addr) {
    size_t size = addr ? sockaddr_size(addr) : 0;
    return size ? new_bytes(napi, addr, size) : new_undefined(napi);
}

/* An IPv4 address, its label, and the interface that it belongs to. */
typedef struct {
    struct in_addr addr;
    char label[IF_NAMESIZE];
    int index;
} labelled_t;

typedef struct {
    labelled_t *rows;
    size_t count, room;
} labels_t;

/* False without memory. */
static bool add_label(labels_t *labels, const labelled_t *row) {
    if (labels->count == labels->room) {
        size_t room = labels->room ? 2 * labels->room : 16;
        labelled_t *rows = realloc(labels->rows, room * sizeof *rows);
        if (rows == NULL) return false;
        labels->rows = rows;
        labels->room = room;
    }
    labels->rows[labels->count++] = *row;
    return true;
}

static bool read_label(labels_t *labels, const struct nlmsghdr *message) {
    const struct ifaddrmsg *about = NLMSG_DATA(message);
    labelled_t row = {.index = (int)about->ifa_index};
    int left = (int)IFA_PAYLOAD(message);
    for (struct rtattr *part = IFA_RTA(about); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
        size_t length = RTA_PAYLOAD(part);
        if (part->rta_type == IFA_LOCAL && length >= sizeof row.addr)
            memcpy(&row.addr, RTA_DATA(part), sizeof row.addr);
        if (part->rta_type == IFA_LABEL && length <= sizeof row.label)
            memcpy(row.label, RTA_DATA(part), length); /* its NUL is counted in */
    }
    row.label[sizeof row.label - 1] = '\0';
    return add_label(labels, &row);
}

/* Reads the messages of one answer: 1 when more follow, 0 at the end of the list, or -errno. */
static int read_labels(labels_t *labels, const void *answer, size_t length) {
    const struct nlmsghdr *message = answer;
    for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
        if (message->nlmsg_type == NLMSG_DONE) return 0;
        if (message->nlmsg_type == NLMSG_ERROR)
            return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
        if (message->nlmsg_type == RTM_NEWADDR && !read_label(labels, message)) return -ENOMEM;
    }
    return 1;
}

/* Asks for the IPv4 addresses over a socket of netlink(7). The kernel has the answer ready: it is
 * never waited for. */
static int ask_for_labels(labels_t *labels, int fd) {
    union {
        struct nlmsghdr alignment;
        char bytes[16384];
    } answer;
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg about;
    } request;
    int result = 1;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETADDR;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.about.ifa_family = AF_INET;
    if (send(fd, &request, sizeof request, 0) < 0) return -errno;
    while (result > 0) {
        ssize_t length = recv(fd, &answer, sizeof answer, MSG_DONTWAIT);
        if (length <= 0) return length < 0 ? -errno : -EPROTO;
        result = read_labels(labels, &answer, (size_t)length);
    }
    return result;
}

/* getifaddrs(3) gives the label of an IPv4 address in place of the name of its interface. A label
 * may be any text, also the name of another interface: only netlink tells. 0 or -errno. */
static int all_labels(labels_t *labels) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    int result = ask_for_labels(labels, fd);
    close(fd);
    return result;
}

/* The name of the interface of an entry; NULL when the system does not tell, with errno. */
static const char *real_name(const labels_t *labels, const struct ifaddrs *entry, char *room) {
    if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET) return entry->ifa_name;
    struct sockaddr_in in;
    memcpy(&in, entry->ifa_addr, sizeof in);
    for (size_t i = 0; i < labels->count; i++) {
        const labelled_t *row = &labels->rows[i];
        if (row->addr.s_addr != in.sin_addr.s_addr || strcmp(row->label, entry->ifa_name) != 0)
            continue;
        const char *name = if_indextoname((unsigned)row->index, room);
        /* An interface that has gone since is left out by the code that asks more about it. */
        return name == NULL && errno == ENXIO ? entry->ifa_name : name;
    }
    return entry->ifa_name;
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
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any socket answers this ioctl */
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
