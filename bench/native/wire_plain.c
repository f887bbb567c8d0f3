/* Connections without TLS. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

/* MSG_TRUNC where a load is to throw away what it gets, without copying it first. */
#ifndef RECEIVE_FLAGS
#define RECEIVE_FLAGS 0
#endif

void wire_serve(const char *certificate, const char *key) {
    (void)certificate;
    (void)key;
}

void wire_dial(bool resumes) {
    (void)resumes;
}

void wire_open(wire_t *wire, int fd) {
    wire->fd = fd;
    wire->wants = EPOLLIN;
}

void wire_close(wire_t *wire) {
    close(wire->fd);
    wire->fd = -1;
}

static ssize_t result(wire_t *wire, ssize_t count, uint32_t wants) {
    if (count >= 0) return count;
    if (errno != EAGAIN && errno != EINTR) return WIRE_FAILED;
    wire->wants = wants;
    return WIRE_AGAIN;
}

ssize_t wire_read(wire_t *wire, void *to, size_t length) {
    return result(wire, recv(wire->fd, to, length, RECEIVE_FLAGS), EPOLLIN);
}

ssize_t wire_write(wire_t *wire, const void *from, size_t length) {
    return result(wire, send(wire->fd, from, length, MSG_NOSIGNAL), EPOLLOUT);
}

bool wire_holds(const wire_t *wire) {
    (void)wire;
    return false;
}

bool wire_resumed(const wire_t *wire) {
    (void)wire;
    return false;
}
