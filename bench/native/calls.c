/* What a call costs without any library: system calls in a loop, and a function of Node-API that does nothing.
 *   nothing()
 *   clock()                nanoseconds that this thread has had of the CPU: what other processes take does not count
 *   run(name, fd, count)   `name` is send, recv, recvmsg, getsockname or getsockopt; throws unless each one succeeded */
#define NAPI_VERSION 8
#include <node_api.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SIZE 64

static char data[SIZE];

/* One call: whether it did what it should. */
typedef bool call_t(int fd);

static bool call_send(int fd) {
    return send(fd, data, SIZE, MSG_NOSIGNAL) == SIZE;
}

static bool call_recv(int fd) {
    return recv(fd, data, SIZE, 0) == SIZE;
}

static bool call_recvmsg(int fd) {
    struct iovec piece = {.iov_base = data, .iov_len = SIZE};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    return recvmsg(fd, &message, 0) == SIZE;
}

static bool call_getsockname(int fd) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    return getsockname(fd, (struct sockaddr *)&name, &length) == 0;
}

static bool call_getsockopt(int fd) {
    int value;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &length) == 0;
}

static const struct {
    const char *name;
    call_t *call;
} calls[] = {
    {"send", call_send},
    {"recv", call_recv},
    {"recvmsg", call_recvmsg},
    {"getsockname", call_getsockname},
    {"getsockopt", call_getsockopt},
};

static call_t *call_named(const char *name) {
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(name, calls[i].name) == 0) return calls[i].call;
    return NULL;
}

static napi_value run(napi_env env, napi_callback_info info) {
    size_t argc = 3;
    napi_value argv[3];
    char name[16];
    int32_t fd = -1;
    uint32_t count = 0;
    bool good = napi_get_cb_info(env, info, &argc, argv, NULL, NULL) == napi_ok && argc == 3 &&
                napi_get_value_string_utf8(env, argv[0], name, sizeof name, NULL) == napi_ok &&
                napi_get_value_int32(env, argv[1], &fd) == napi_ok &&
                napi_get_value_uint32(env, argv[2], &count) == napi_ok;
    call_t *call = good ? call_named(name) : NULL;
    if (call == NULL) {
        napi_throw_type_error(env, NULL, "run takes the name of a call, a descriptor and a count");
        return NULL;
    }
    for (uint32_t i = 0; i < count && good; i++) good = call(fd);
    if (!good) napi_throw_error(env, NULL, "a system call did not do what it should");
    return NULL;
}

static napi_value nothing(napi_env env, napi_callback_info info) {
    (void)env;
    (void)info;
    return NULL;
}

static napi_value clock_now(napi_env env, napi_callback_info info) {
    (void)info;
    struct timespec now;
    napi_value result;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    napi_create_double(env, (double)now.tv_sec * 1e9 + (double)now.tv_nsec, &result);
    return result;
}

static void add(napi_env env, napi_value exports, const char *name, napi_callback callback) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
    napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT() {
    add(env, exports, "nothing", nothing);
    add(env, exports, "clock", clock_now);
    add(env, exports, "run", run);
    return exports;
}
