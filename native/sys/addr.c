/* Socket addresses: made from their parts, and read into them. The only place that knows the
 * layout of a struct sockaddr. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../call.h"

static const size_t path_at = offsetof(struct sockaddr_un, sun_path);

/* inetAddress(host, port, sockaddr) -> length, or -EINVAL when host is no dotted quad */
static napi_value inetAddress_(napi_env env, napi_callback_info info) {
    call_t call;
    char host[INET_ADDRSTRLEN + 1] = "";
    struct sockaddr_in addr;
    call_begin(&call, env, info);
    bool has_host = call_string(&call, 0, host, sizeof host);
    int port = call_int(&call, 1);
    bytes_t to = call_bytes(&call, 2);
    if (!call_good(&call)) return NULL;
    memset(&addr, 0, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_port = htons((uint16_t)port);
    if (port < 0 || port > UINT16_MAX || to.length < sizeof addr || !has_host ||
        inet_pton(AF_INET, host, &addr.sin_addr) != 1)
        return call_number(&call, -EINVAL);
    memcpy(to.start, &addr, sizeof addr);
    return call_number(&call, sizeof addr);
}

/* inet6Address(host, port, flowinfo, scopeid, sockaddr) -> length, or -EINVAL */
static napi_value inet6Address_(napi_env env, napi_callback_info info) {
    call_t call;
    char host[INET6_ADDRSTRLEN + 1] = "";
    struct sockaddr_in6 addr;
    call_begin(&call, env, info);
    bool has_host = call_string(&call, 0, host, sizeof host);
    int port = call_int(&call, 1);
    int64_t flowinfo = call_int64(&call, 2), scopeid = call_int64(&call, 3);
    bytes_t to = call_bytes(&call, 4);
    if (!call_good(&call)) return NULL;
    memset(&addr, 0, sizeof addr);
    addr.sin6_family = AF_INET6;
    addr.sin6_port = htons((uint16_t)port);
    addr.sin6_flowinfo = htonl((uint32_t)flowinfo);
    addr.sin6_scope_id = (uint32_t)scopeid;
    if (port < 0 || port > UINT16_MAX || flowinfo < 0 || flowinfo > UINT32_MAX || scopeid < 0 ||
        scopeid > UINT32_MAX || to.length < sizeof addr || !has_host ||
        inet_pton(AF_INET6, host, &addr.sin6_addr) != 1)
        return call_number(&call, -EINVAL);
    memcpy(to.start, &addr, sizeof addr);
    return call_number(&call, sizeof addr);
}

/* unixAddress(path, sockaddr) -> length. A first NUL makes the name abstract: every byte of it
 * counts. Otherwise it is a path: no NUL inside, and one behind it. The empty path is the
 * unnamed address; bind(2) takes it as a wish for an automatic abstract name. */
static napi_value unixAddress_(napi_env env, napi_callback_info info) {
    call_t call;
    struct sockaddr_un addr;
    call_begin(&call, env, info);
    bytes_t path = call_bytes(&call, 0);
    bytes_t to = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    bool is_path = path.length > 0 && path.start[0] != '\0';
    size_t room = is_path ? sizeof addr.sun_path - 1 : sizeof addr.sun_path;
    if (path.length > room) return call_number(&call, -ENAMETOOLONG);
    if (is_path && memchr(path.start, '\0', path.length)) return call_number(&call, -EINVAL);
    if (to.length < sizeof addr) return call_number(&call, -EINVAL);
    memset(&addr, 0, sizeof addr);
    addr.sun_family = AF_UNIX;
    if (path.length) memcpy(addr.sun_path, path.start, path.length);
    memcpy(to.start, &addr, sizeof addr);
    return call_number(&call, (int64_t)(path_at + path.length + (is_path ? 1 : 0)));
}

/* vsockAddress(cid, port, sockaddr) -> length */
static napi_value vsockAddress_(napi_env env, napi_callback_info info) {
    call_t call;
    struct sockaddr_vm addr;
    call_begin(&call, env, info);
    int64_t cid = call_int64(&call, 0), port = call_int64(&call, 1);
    bytes_t to = call_bytes(&call, 2);
    if (!call_good(&call)) return NULL;
    if (cid < 0 || cid > UINT32_MAX || port < 0 || port > UINT32_MAX || to.length < sizeof addr)
        return call_number(&call, -EINVAL);
    memset(&addr, 0, sizeof addr);
    addr.svm_family = AF_VSOCK;
    addr.svm_cid = (unsigned)cid;
    addr.svm_port = (unsigned)port;
    memcpy(to.start, &addr, sizeof addr);
    return call_number(&call, sizeof addr);
}

/* Where the name stands in a unix address, and how long it is. A path that the kernel returns
 * has its NUL counted in, or (when it fills the room) none. */
static size_t unix_name_length(bytes_t addr) {
    if (addr.length <= path_at) return 0;
    size_t length = addr.length - path_at;
    const char *name = (const char *)addr.start + path_at;
    return name[0] == '\0' ? length : strnlen(name, length);
}

/* addressParts(sockaddr) -> family, or -EINVAL when too short. Registers: 0 port (of a packet
 * address its protocol), 1 flowinfo,
 * 2 scope id or interface index, 3 offset and 4 length of the name or hardware address, 5 cid. */
static napi_value addressParts_(napi_env env, napi_callback_info info) {
    call_t call;
    sa_family_t family;
    call_begin(&call, env, info);
    bytes_t addr = call_bytes(&call, 0);
    if (!call_good(&call)) return NULL;
    register_t_ *registers = call.addon->registers;
    for (int i = 0; i < 6; i++) registers[i].number = 0;
    if (addr.length < sizeof family) return call_number(&call, -EINVAL);
    memcpy(&family, addr.start, sizeof family);
    if (family == AF_INET && addr.length >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, addr.start, sizeof in);
        registers[0].number = ntohs(in.sin_port);
    } else if (family == AF_INET6 && addr.length >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, addr.start, sizeof in6);
        registers[0].number = ntohs(in6.sin6_port);
        registers[1].number = ntohl(in6.sin6_flowinfo);
        registers[2].number = in6.sin6_scope_id;
    } else if (family == AF_UNIX) {
        registers[3].number = (double)path_at;
        registers[4].number = (double)unix_name_length(addr);
    } else if (family == AF_VSOCK && addr.length >= sizeof(struct sockaddr_vm)) {
        struct sockaddr_vm vm;
        memcpy(&vm, addr.start, sizeof vm);
        registers[0].number = vm.svm_port;
        registers[5].number = vm.svm_cid;
    } else if (family == AF_PACKET && addr.length >= offsetof(struct sockaddr_ll, sll_addr)) {
        struct sockaddr_ll ll;
        memset(&ll, 0, sizeof ll);
        memcpy(&ll, addr.start, addr.length < sizeof ll ? addr.length : sizeof ll);
        size_t there = addr.length - offsetof(struct sockaddr_ll, sll_addr);
        registers[0].number = ntohs(ll.sll_protocol);
        registers[2].number = ll.sll_ifindex;
        registers[3].number = offsetof(struct sockaddr_ll, sll_addr);
        registers[4].number = (double)(ll.sll_halen < there ? ll.sll_halen : there);
    }
    return call_number(&call, family);
}

/* addressText(sockaddr) -> the address of an AF_INET or AF_INET6 address as text, else undefined */
static napi_value addressText_(napi_env env, napi_callback_info info) {
    call_t call;
    sa_family_t family;
    char text[INET6_ADDRSTRLEN];
    const char *made = NULL;
    call_begin(&call, env, info);
    bytes_t addr = call_bytes(&call, 0);
    if (!call_good(&call)) return NULL;
    if (addr.length < sizeof family) return new_undefined(env);
    memcpy(&family, addr.start, sizeof family);
    if (family == AF_INET && addr.length >= sizeof(struct sockaddr_in))
        made = inet_ntop(AF_INET, addr.start + offsetof(struct sockaddr_in, sin_addr), text,
                         sizeof text);
    else if (family == AF_INET6 && addr.length >= sizeof(struct sockaddr_in6))
        made = inet_ntop(AF_INET6, addr.start + offsetof(struct sockaddr_in6, sin6_addr), text,
                         sizeof text);
    return made ? new_string(env, made) : new_undefined(env);
}

const method_t addr_methods[] = {
    {"inetAddress", inetAddress_},
    {"inet6Address", inet6Address_},
    {"unixAddress", unixAddress_},
    {"vsockAddress", vsockAddress_},
    {"addressParts", addressParts_},
    {"addressText", addressText_},
    {NULL, NULL},
};
