/* The server for files that others are compared with: sends a file by sendfile(2), again and again, over one connection
 * after the other.
 *   file-server source PORT FILE
 * It ends when its standard input does. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "tool.h"
#include "wait.h"

/* False when the program is to end. */
static bool serve(int socket, int file, off_t size) {
    off_t at = 0;
    for (;;) {
        ssize_t count = sendfile(socket, file, &at, (size_t)(size - at));
        if (count < 0 && errno == EAGAIN) {
            if (!wait_for(socket, POLLOUT)) return false;
        } else if (count <= 0) {
            return true;
        } else if (at == size) {
            at = 0;
        }
    }
}

int main(int argc, char **argv) {
    struct stat facts;
    errno = 0;
    if (argc != 4 || strcmp(argv[1], "source") != 0) die("file-server source PORT FILE");
    int file = open(argv[3], O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &facts) < 0) die(argv[3]);
    signal(SIGPIPE, SIG_IGN);
    address_t address = address_of(argv[2]);
    int listener = listen_at(&address);
    announce(&address);
    for (bool running = true; running && wait_for(listener, POLLIN);) {
        int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) continue;
        running = serve(socket, file, facts.st_size);
        close(socket);
    }
    return 0;
}
