/* Socket addresses: native/sys/addr.c, and the arguments and results of resolve.c. */
#include <math.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../harness.h"

enum { NAME_AT = 3, NAME_LENGTH = 4 };

/* What was built can be read, has the family that was asked for, and lies inside of its room. */
static void check_built(const made_t *made, size_t at, sa_family_t family) {
    double length = number_of(made->result);
    if (length < 0) return;
    const js_t *room = made->arguments[at];
    must(length <= (double)room->length, "an address is longer than its room");
    js_t *address = js_bytes(js_start(room), (size_t)length);
    must(number_of(call_native("addressParts", &address, 1)) == family, "another family is read");
}

static void check_inet(const made_t *made) {
    check_built(made, 2, AF_INET);
}

static void check_inet6(const made_t *made) {
    check_built(made, 4, AF_INET6);
}

static void check_vsock(const made_t *made) {
    check_built(made, 2, AF_VSOCK);
}

static void check_packet(const made_t *made) {
    check_built(made, 5, AF_PACKET);
    if (number_of(made->result) < 0) return;
    must(registers()[NAME_LENGTH] == (double)made->arguments[4]->length,
         "a hardware address has changed");
}

static void check_netlink(const made_t *made) {
    check_built(made, 2, AF_NETLINK);
}

static void check_can(const made_t *made) {
    check_built(made, 3, AF_CAN);
}

/* A name comes back as long as it was. */
static void check_unix(const made_t *made) {
    check_built(made, 1, AF_UNIX);
    if (number_of(made->result) < 0) return;
    must(registers()[NAME_LENGTH] == (double)made->arguments[0]->length, "a name has changed");
}

static void check_parts(const made_t *made) {
    double end = registers()[NAME_AT] + registers()[NAME_LENGTH];
    if (number_of(made->result) < 0 || registers()[NAME_LENGTH] == 0) return;
    must(end <= (double)made->arguments[0]->length, "a name reaches beyond its address");
}

static void check_length(const made_t *made) {
    must(number_of(made->result) <= (double)sizeof(struct sockaddr_storage),
         "a length of no address");
}

const subject_t subjects[] = {
    {"inetAddress", "sir", check_inet, NULL},
    {"inet6Address", "siddr", check_inet6, NULL},
    {"unixAddress", "br", check_unix, NULL},
    {"vsockAddress", "ddr", check_vsock, NULL},
    {"packetAddress", "iiiibr", check_packet, NULL},
    {"netlinkAddress", "ddr", check_netlink, NULL},
    {"canAddress", "iddr", check_can, NULL},
    {"addressParts", "b", check_parts, NULL},
    {"addressText", "b", NULL, NULL},
    {"getnameinfo", "bi", NULL, NULL},
    {"getaddrinfo", "?s?sccci", NULL, NULL},
    {"getsockname", "kir", check_length, NULL},
    {"accept4", "kii?r", NULL, NULL},
    {"connectError", "k", NULL, NULL},
    {"connectPeer", "k", NULL, NULL},
    {NULL, NULL, NULL, NULL},
};
