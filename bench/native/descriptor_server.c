/* The server for descriptors that others are compared with: one connection after the other.
 *   descriptor-server sink|source PATH
 * A sink closes what it receives. It ends when its standard input does. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "descriptor.h"
#include "tool.h"
#include "wait.h"

/* False when the program is to end. */
static bool serve(int socket, int fd, bool sends) {
    for (bool over = false; !over;) {
        bool worked = sends ? descriptor_send(socket, fd, &over)
                            : descriptor_receive(socket, &over);
        if (!worked && !over && !wait_for(socket, sends ? POLLOUT : POLLIN)) return false;
    }
    return true;
}

int main(int argc, char **argv) {
    errno = 0;
    if (argc != 3) die("descriptor-server sink|source PATH");
    bool sends = strcmp(argv[1], "source") == 0;
    if (!sends && strcmp(argv[1], "sink") != 0) die("a server does sink or source");
    address_t address = address_of(argv[2]);
    int listener = listen_at(&address), fd = descriptor_open();
    announce(&address);
    for (bool running = true; running && wait_for(listener, POLLIN);) {
        int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) die("accept");
        running = serve(socket, fd, sends);
        close(socket);
    }
    return 0;
}
