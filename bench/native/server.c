/* The server that others are compared with: one thread, one epoll set.
 *   server echo|sink|source|answer|idle ADDRESS [CERTIFICATE KEY]
 * It ends when its standard input does. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "tool.h"
#include "wire.h"

#define PIECE 65536
/* Bounds what one connection gets before the others have their turn. */
#define TURNS 16
#define BATCH 512

typedef struct conn {
    wire_t wire;
    uint32_t watched;
    /* What was read and is not yet written: echo only. The memory is never cleared: it would cost each connection. */
    size_t from, to;
    uint8_t buffer[PIECE];
} conn_t;

/* Does what is to be done; WIRE_AGAIN when it has to wait, otherwise the connection is over. */
typedef ssize_t work_t(conn_t *conn);

static ssize_t echo(conn_t *conn) {
    for (;;) {
        while (conn->from < conn->to) {
            ssize_t sent = wire_write(&conn->wire, conn->buffer + conn->from,
                                      conn->to - conn->from);
            if (sent <= 0) return sent;
            conn->from += (size_t)sent;
            conn->wire.wants = EPOLLIN;
            if (conn->from == conn->to && !wire_holds(&conn->wire)) return WIRE_AGAIN;
        }
        ssize_t got = wire_read(&conn->wire, conn->buffer, sizeof conn->buffer);
        if (got <= 0) return got;
        conn->from = 0;
        conn->to = (size_t)got;
    }
}

/* One message, and the connection is over. */
static ssize_t answer(conn_t *conn) {
    ssize_t result = echo(conn);
    return result == WIRE_AGAIN && (conn->to == 0 || conn->from < conn->to) ? WIRE_AGAIN : WIRE_END;
}

/* What is under way has one memory for all, and a connection that waits needs none. Answers leave at once, or never. */
static ssize_t idle(conn_t *conn) {
    static uint8_t piece[PIECE];
    for (;;) {
        ssize_t got = wire_read(&conn->wire, piece, sizeof piece);
        if (got <= 0) return got;
        if (wire_write(&conn->wire, piece, (size_t)got) != got) return WIRE_FAILED;
    }
}

static ssize_t sink(conn_t *conn) {
    for (int turn = 0; turn < TURNS || wire_holds(&conn->wire); turn++) {
        ssize_t got = wire_read(&conn->wire, conn->buffer, sizeof conn->buffer);
        if (got <= 0) return got;
    }
    conn->wire.wants = EPOLLIN;
    return WIRE_AGAIN;
}

static ssize_t source(conn_t *conn) {
    static const uint8_t piece[PIECE];
    for (int turn = 0; turn < TURNS; turn++) {
        ssize_t sent = wire_write(&conn->wire, piece, sizeof piece);
        if (sent <= 0) return sent;
    }
    conn->wire.wants = EPOLLOUT;
    return WIRE_AGAIN;
}

static work_t *work_of(const char *name) {
    if (strcmp(name, "echo") == 0) return echo;
    if (strcmp(name, "sink") == 0) return sink;
    if (strcmp(name, "source") == 0) return source;
    if (strcmp(name, "answer") == 0) return answer;
    if (strcmp(name, "idle") == 0) return idle;
    errno = 0;
    die("a server does echo, sink, source, answer or idle");
}

static void watch(int set, int operation, int fd, uint32_t events, void *data) {
    struct epoll_event event = {.events = events, .data.ptr = data};
    if (epoll_ctl(set, operation, fd, &event) < 0) die("epoll_ctl");
}

static void serve(int set, conn_t *conn, work_t *work) {
    if (work(conn) != WIRE_AGAIN) {
        wire_close(&conn->wire);
        free(conn);
    } else if (conn->watched != conn->wire.wants) {
        conn->watched = conn->wire.wants;
        watch(set, EPOLL_CTL_MOD, conn->wire.fd, conn->watched, conn);
    }
}

static void welcome(int set, int listener, bool is_tcp, work_t *work) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        conn_t *conn = malloc(work == idle ? offsetof(conn_t, buffer) : sizeof *conn);
        if (conn == NULL) die("memory");
        memset(conn, 0, offsetof(conn_t, buffer));
        if (is_tcp) no_delay(fd);
        wire_open(&conn->wire, fd);
        conn->watched = EPOLLIN;
        watch(set, EPOLL_CTL_ADD, fd, EPOLLIN, conn);
        /* A side that sends without being asked would otherwise wait for a word of the peer. */
        if (work == source) serve(set, conn, work);
    }
}

int PROGRAM(int argc, char **argv) {
    if (argc < 3) die("server WORK ADDRESS [CERTIFICATE KEY]");
    work_t *work = work_of(argv[1]);
    address_t address = address_of(argv[2]);
    many_descriptors();
    wire_serve(argc > 3 ? argv[3] : NULL, argc > 4 ? argv[4] : NULL);
    int set = epoll_create1(EPOLL_CLOEXEC), listener = listen_at(&address);
    announce(&address);
    static int listening, input;
    watch(set, EPOLL_CTL_ADD, listener, EPOLLIN, &listening);
    watch(set, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, &input);
    for (;;) {
        struct epoll_event events[BATCH];
        int count = epoll_wait(set, events, BATCH, -1);
        for (int i = 0; i < count; i++) {
            void *about = events[i].data.ptr;
            if (about == &input) return 0;
            if (about == &listening)
                welcome(set, listener, is_inet(&address), work);
            else
                serve(set, about, work);
        }
    }
}
