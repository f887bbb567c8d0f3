/* Marks the system calls of Node addons for the reader of the trace of strace -i.
 *
 * A trace does not say which code called: libuv, Node and we use the same calls on the same kinds of descriptors. This library is
 * preloaded, replaces libc's functions, and looks at its return address. What comes from a file *.node makes its
 * system call by one instruction here; all else goes on to libc. So the instruction pointer tells them apart, in the addons as
 * they are. When it is loaded, the library announces the instruction by a call that no other code makes.
 *
 * Addons call from JavaScript, from libuv's pool and from threads of their own, never between fork and exec; the main program, which does, is told
 * apart without dladdr(3) and its lock. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the instruction of system calls is known here for x86-64 only"
#endif

enum { ANNOUNCEMENT = 0x6265726b }; /* a command that fcntl(2) does not have */

static uintptr_t program_begin, program_end;

/* The one instruction. Never inlined, or there would be several. */
__attribute__((noinline, noclone)) static long ours(long number, long a, long b, long c, long d,
                                                    long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    if (result >= 0 || result < -4095) return result;
    errno = (int)-result;
    return -1;
}

static bool from_addon(const void *caller) {
    Dl_info info;
    uintptr_t address = (uintptr_t)caller;
    if (address >= program_begin && address < program_end) return false;
    if (dladdr(caller, &info) == 0 || info.dli_fname == NULL) return false;
    /* Other packages that tests compare with have addons of their own. */
    const char *slash = strrchr(info.dli_fname, '/');
    const char *file = slash == NULL ? info.dli_fname : slash + 1;
    return strncmp(file, "berkeley", strlen("berkeley")) == 0 && strstr(file, ".node") != NULL;
}

/* The main program is the first in the list, and the only one that is asked for. */
static int note_program(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;
        if (program_end == 0 || begin < program_begin) program_begin = begin;
        if (end > program_end) program_end = end;
    }
    return 1;
}

__attribute__((constructor)) static void announce(void) {
    int error = errno;
    dl_iterate_phdr(note_program, NULL);
    ours(SYS_fcntl, -1, ANNOUNCEMENT, 0, 0, 0, 0);
    errno = error;
}

#define A(value) ((long)(value))

/* MARKED(result, name, parameters, arguments of libc's function, system call and its six arguments) */
#define MARKED(type, name, parameters, given, ...)                                                 \
    __attribute__((visibility("default"))) type name parameters {                                  \
        if (from_addon(__builtin_return_address(0))) return (type)ours(__VA_ARGS__);               \
        type(*real) parameters = (type(*) parameters)dlsym(RTLD_NEXT, #name);                      \
        return real given;                                                                         \
    }

MARKED(int, socket, (int family, int type, int protocol), (family, type, protocol), SYS_socket,
       family, type, protocol, 0, 0, 0)
MARKED(int, socketpair, (int family, int type, int protocol, int fds[2]),
       (family, type, protocol, fds), SYS_socketpair, family, type, protocol, A(fds), 0, 0)
MARKED(int, bind, (int fd, const struct sockaddr *addr, socklen_t length), (fd, addr, length),
       SYS_bind, fd, A(addr), length, 0, 0, 0)
MARKED(int, connect, (int fd, const struct sockaddr *addr, socklen_t length), (fd, addr, length),
       SYS_connect, fd, A(addr), length, 0, 0, 0)
MARKED(int, listen, (int fd, int backlog), (fd, backlog), SYS_listen, fd, backlog, 0, 0, 0, 0)
MARKED(int, accept4, (int fd, struct sockaddr *addr, socklen_t *length, int flags),
       (fd, addr, length, flags), SYS_accept4, fd, A(addr), A(length), flags, 0, 0)
MARKED(int, shutdown, (int fd, int how), (fd, how), SYS_shutdown, fd, how, 0, 0, 0, 0)
MARKED(int, close, (int fd), (fd), SYS_close, fd, 0, 0, 0, 0, 0)
MARKED(int, getsockname, (int fd, struct sockaddr *addr, socklen_t *length), (fd, addr, length),
       SYS_getsockname, fd, A(addr), A(length), 0, 0, 0)
MARKED(int, getpeername, (int fd, struct sockaddr *addr, socklen_t *length), (fd, addr, length),
       SYS_getpeername, fd, A(addr), A(length), 0, 0, 0)
MARKED(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *length),
       (fd, level, name, value, length), SYS_getsockopt, fd, level, name, A(value), A(length), 0)
MARKED(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
       (fd, level, name, value, length), SYS_setsockopt, fd, level, name, A(value), length, 0)
MARKED(ssize_t, recv, (int fd, void *into, size_t length, int flags), (fd, into, length, flags),
       SYS_recvfrom, fd, A(into), A(length), flags, 0, 0)
MARKED(ssize_t, recvfrom,
       (int fd, void *into, size_t length, int flags, struct sockaddr *addr, socklen_t *room),
       (fd, into, length, flags, addr, room), SYS_recvfrom, fd, A(into), A(length), flags, A(addr),
       A(room))
MARKED(ssize_t, recvmsg, (int fd, struct msghdr *header, int flags), (fd, header, flags),
       SYS_recvmsg, fd, A(header), flags, 0, 0, 0)
MARKED(int, recvmmsg,
       (int fd, struct mmsghdr *headers, unsigned count, int flags, struct timespec *timeout),
       (fd, headers, count, flags, timeout), SYS_recvmmsg, fd, A(headers), count, flags, A(timeout),
       0)
MARKED(ssize_t, send, (int fd, const void *from, size_t length, int flags),
       (fd, from, length, flags), SYS_sendto, fd, A(from), A(length), flags, 0, 0)
MARKED(ssize_t, sendto,
       (int fd, const void *from, size_t length, int flags, const struct sockaddr *addr,
        socklen_t room),
       (fd, from, length, flags, addr, room), SYS_sendto, fd, A(from), A(length), flags, A(addr),
       room)
MARKED(ssize_t, sendmsg, (int fd, const struct msghdr *header, int flags), (fd, header, flags),
       SYS_sendmsg, fd, A(header), flags, 0, 0, 0)
MARKED(int, sendmmsg, (int fd, struct mmsghdr *headers, unsigned count, int flags),
       (fd, headers, count, flags), SYS_sendmmsg, fd, A(headers), count, flags, 0, 0)
MARKED(ssize_t, sendfile, (int to, int from, off_t *offset, size_t count),
       (to, from, offset, count), SYS_sendfile, to, from, A(offset), A(count), 0, 0)
MARKED(int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout), SYS_poll,
       A(fds), A(count), timeout, 0, 0, 0)
MARKED(int, eventfd, (unsigned count, int flags), (count, flags), SYS_eventfd2, count, flags, 0, 0,
       0, 0)
MARKED(int, epoll_create1, (int flags), (flags), SYS_epoll_create1, flags, 0, 0, 0, 0, 0)
MARKED(int, epoll_ctl, (int set, int operation, int fd, struct epoll_event *event),
       (set, operation, fd, event), SYS_epoll_ctl, set, operation, fd, A(event), 0, 0)
MARKED(int, epoll_wait, (int set, struct epoll_event *events, int room, int timeout),
       (set, events, room, timeout), SYS_epoll_wait, set, A(events), room, timeout, 0, 0)

__attribute__((visibility("default"))) int fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    if (from_addon(__builtin_return_address(0)))
        return (int)ours(SYS_fcntl, fd, command, argument, 0, 0, 0);
    int (*real)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl");
    return real(fd, command, argument);
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (from_addon(__builtin_return_address(0)))
        return (int)ours(SYS_ioctl, fd, A(request), A(argument), 0, 0, 0);
    int (*real)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT,
                                                                                   "ioctl");
    return real(fd, request, argument);
}

__attribute__((visibility("default"))) int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    if (from_addon(__builtin_return_address(0)))
        return (int)ours(SYS_openat, AT_FDCWD, A(path), flags, mode, 0, 0);
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    return real(path, flags, mode);
}

/* What libc has no function for, or not the libc that the addons are built for. */
__attribute__((visibility("default"))) long syscall(long number, ...) {
    long given[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++) given[i] = va_arg(rest, long);
    va_end(rest);
    if (from_addon(__builtin_return_address(0)))
        return ours(number, given[0], given[1], given[2], given[3], given[4], given[5]);
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}
