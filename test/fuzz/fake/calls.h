/* Is included in front of every source of native/: its system calls are the fake ones of kernel.c and pipes.c. So
 * nothing leaves the process, the kernel can say what no real one says, and an input does the same each time. */
#define recv        fake_recv
#define recvfrom    fake_recvfrom
#define recvmsg     fake_recvmsg
#define recvmmsg    fake_recvmmsg
#define send        fake_send
#define sendto      fake_sendto
#define sendmsg     fake_sendmsg
#define sendmmsg    fake_sendmmsg
#define getsockopt  fake_getsockopt
#define setsockopt  fake_setsockopt
#define accept4     fake_accept4
#define getsockname fake_getsockname
#define getpeername fake_getpeername
#define getaddrinfo fake_getaddrinfo
#define getnameinfo fake_getnameinfo
#define close       fake_close
