#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "tool.h"

static address_t loopback(uint16_t port) {
    struct sockaddr_in inet = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    address_t address = {.length = sizeof inet};
    memcpy(&address.path, &inet, sizeof inet);
    return address;
}

address_t address_of(const char *text) {
    if (strchr(text, '/') == NULL) return loopback((uint16_t)number(text));
    address_t address = {.path.sun_family = AF_UNIX, .length = sizeof address.path};
    errno = 0;
    if (strlen(text) >= sizeof address.path.sun_path)
        die("a path that is too long for a unix socket");
    strcpy(address.path.sun_path, text);
    return address;
}

bool is_inet(const address_t *address) {
    return address->name.sa_family == AF_INET;
}

uint16_t port_of(const address_t *address) {
    struct sockaddr_in inet;
    memcpy(&inet, &address->path, sizeof inet);
    return ntohs(inet.sin_port);
}

static int socket_for(const address_t *address, int flags) {
    int fd = socket(address->name.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0) die("socket");
    return fd;
}

int listen_at(address_t *address) {
    int fd = socket_for(address, SOCK_NONBLOCK);
    socklen_t room = sizeof address->path;
    if (bind(fd, &address->name, address->length) < 0 || listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, &address->name, &room) < 0)
        die("listen");
    return fd;
}

void announce(const address_t *address) {
    if (is_inet(address))
        printf("{\"port\":%d}\n", port_of(address));
    else
        printf("{\"path\":\"%s\"}\n", address->path.sun_path);
    fflush(stdout);
}

int dial(const address_t *address) {
    int fd = socket_for(address, 0);
    if (connect(fd, &address->name, address->length) < 0) die("connect");
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) die("fcntl");
    if (is_inet(address)) no_delay(fd);
    return fd;
}

void no_delay(int fd) {
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) die("TCP_NODELAY");
}

void reset(int fd) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) < 0) die("SO_LINGER");
    close(fd);
}
