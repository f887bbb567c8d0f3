#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "tool.h"
#include "wait.h"

bool wait_for(int fd, short events) {
    struct pollfd both[] = {{.fd = fd, .events = events}, {.fd = STDIN_FILENO, .events = POLLIN}};
    if (poll(both, 2, -1) < 0 && errno != EINTR) die("poll");
    return both[1].revents == 0;
}
