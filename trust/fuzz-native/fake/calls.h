/* Included before every source of native/: system calls become the fake ones of kernel.c and pipes.c. So nothing
 * leaves the process, answers can be such as no real kernel gives, and an input does the same each time. */
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
