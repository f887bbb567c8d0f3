/* Descriptors that are passed one at a time, each with one byte of data: a stream drops one that comes without any
 * (unix(7)). What a call needs is its own or in memory that JavaScript knows, so that its arguments are numbers. */
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../ledger.h"
#include "../port/port.h"
#include "cmsg.h"
#include "sys.h"

/* sendDescriptor(fd, passed, flags, sockaddr?) */
static ssize_t sys_send_descriptor(call_t *call) {
    int fd = call_int(call, 0), passed = call_int(call, 1), flags = call_int(call, 2);
    bytes_t name = call_optional_bytes(call, 3);
    if (!call_ok(call)) return -1;
    uint8_t byte = 0;
    struct iovec payload = {&byte, sizeof byte};
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof passed)];
    struct msghdr header;
    memset(&header, 0, sizeof header);
    header.msg_name = name.start;
    header.msg_namelen = (socklen_t)name.length;
    header.msg_iov = &payload;
    header.msg_iovlen = 1;
    cmsg_set_sole(&header, control, SOL_SOCKET, SCM_RIGHTS, &passed, sizeof passed);
    return sendmsg(fd, &header, flags | MSG_NOSIGNAL);
}

/* recvDescriptor(fd, flags) -> bytes; registers: 1 control length, 2 flags, 3 the descriptor where one came whole and
 * nothing else, which is the caller's, else -1: then the control messages are behind the registers, and the
 * descriptors among them are in the ledger. All are close-on-exec. */
static ssize_t sys_recv_descriptor(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 1);
    if (!call_ok(call)) return -1;
    register_value_t *registers = call->env->registers;
    uint8_t byte = 0;
    struct iovec payload = {&byte, sizeof byte};
    struct msghdr header;
    memset(&header, 0, sizeof header);
    header.msg_iov = &payload;
    header.msg_iovlen = 1;
    header.msg_control = (uint8_t *)registers + BEHIND_DATA;
    header.msg_controllen = BEHIND_MOST;
    ssize_t result = receive_message(fd, &header, flags);
    if (result < 0) return result;
    bool is_whole = header.msg_controllen > 0 && (header.msg_flags & MSG_CTRUNC) == 0;
    int sole = is_whole ? cmsg_sole_descriptor(&header) : -1;
    if (sole >= 0)
        ledger_forget(sole);
    else
        cmsg_add_descriptors(call->env, &header);
    registers[1].number = (double)header.msg_controllen;
    registers[2].number = header.msg_flags;
    registers[3].number = sole;
    return result;
}

const method_t rights_methods[] = {
    {"sendDescriptor", .syscall = sys_send_descriptor},
    {"recvDescriptor", .syscall = sys_recv_descriptor},
    {0},
};
