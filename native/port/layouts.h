/* What Linux alone has, for the other systems: numbers that no call of theirs takes, and layouts that no call
 * fills, so that the files that know them compile. Each use of them is refused by the system, or before it. */
#ifndef BERKELEY_LAYOUTS_H
#define BERKELEY_LAYOUTS_H

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

/* No family has a negative number. macOS and FreeBSD have families of two of these names, whose addresses are not
 * those of Linux. */
#undef AF_PACKET
#undef AF_NETLINK
#undef AF_CAN
#undef AF_VSOCK
enum { AF_PACKET = -1, AF_NETLINK = -2, AF_CAN = -3, AF_VSOCK = -4 };

/* Bits that these systems do not use in the type of a socket: see bsd.c. */
#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC  0x10000000
#define SOCK_NONBLOCK 0x20000000
#endif

/* That of macOS goes on while the system sleeps. */
#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME CLOCK_MONOTONIC
#endif

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0 /* bsd.c sets it afterwards */
#endif

#ifndef EAI_ADDRFAMILY
#define EAI_ADDRFAMILY EAI_FAMILY
#endif
#ifndef EAI_NODATA
#define EAI_NODATA EAI_NONAME
#endif
#ifndef EAI_CANCELED
#define EAI_CANCELED (-101)
#endif

/* Flags that no interface has. */
#ifndef IFF_NOTRAILERS
#define IFF_NOTRAILERS 0
#endif
#ifndef IFF_MASTER
#define IFF_MASTER    0
#define IFF_SLAVE     0
#define IFF_PORTSEL   0
#define IFF_AUTOMEDIA 0
#define IFF_DYNAMIC   0
#endif

struct sockaddr_vm {
    sa_family_t svm_family;
    uint32_t svm_port, svm_cid;
};

struct sockaddr_ll {
    sa_family_t sll_family;
    uint16_t sll_protocol;
    int32_t sll_ifindex;
    uint16_t sll_hatype;
    uint8_t sll_pkttype, sll_halen, sll_addr[8];
};

struct sockaddr_nl {
    sa_family_t nl_family;
    uint32_t nl_pid, nl_groups;
};

typedef uint32_t canid_t;

struct sockaddr_can {
    sa_family_t can_family;
    int32_t can_ifindex;
    union {
        struct {
            canid_t rx_id, tx_id;
        } tp;
    } can_addr;
};

struct ucred {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

struct sock_filter {
    uint16_t code;
    uint8_t jt, jf;
    uint32_t k;
};

struct sock_fprog {
    uint16_t len;
    struct sock_filter *filter;
};

struct sock_extended_err {
    uint32_t ee_errno;
    uint8_t ee_origin, ee_type, ee_code, ee_pad;
    uint32_t ee_info, ee_data;
};

struct group_filter {
    uint32_t gf_interface;
    struct sockaddr_storage gf_group;
    uint32_t gf_fmode, gf_numsrc;
    struct sockaddr_storage gf_slist[1];
};

#ifdef __FreeBSD__
struct in_pktinfo {
    unsigned ipi_ifindex;
    struct in_addr ipi_spec_dst, ipi_addr;
};
#endif

#ifdef __APPLE__
struct mmsghdr {
    struct msghdr msg_hdr;
    unsigned msg_len;
};
#endif

#endif
