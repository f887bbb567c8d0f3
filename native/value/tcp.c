/* Options of TCP. */
#include <string.h>

#include "value.h"

/* struct tcp_md5sig of Linux; registers: 0 flags, 1 prefix length, 2 interface index; bytes the
 * peer, more the key */
struct kernel_md5sig {
    struct sockaddr_storage peer;
    uint8_t flags, prefix;
    uint16_t key_length;
    int32_t ifindex;
    uint8_t key[80];
};

static int encode_md5sig(value_t *value, void *to) {
    struct kernel_md5sig signature;
    memset(&signature, 0, sizeof signature);
    if (value->more.length > sizeof signature.key) return -EINVAL;
    signature.flags = (uint8_t)register_int(value, 0);
    signature.prefix = (uint8_t)register_int(value, 1);
    signature.ifindex = (int32_t)register_int(value, 2);
    signature.key_length = (uint16_t)value->more.length;
    if (value->more.length > 0) memcpy(signature.key, value->more.start, value->more.length);
    int error = copy_address(value->bytes, &signature.peer);
    memcpy(to, &signature, sizeof signature);
    return error;
}

/* struct tcp_repair_opt of Linux, one for each of the four options that it knows; code 0 means
 * no option. Two registers per option: code, value. */
struct kernel_repair_option {
    uint32_t code, value;
};
enum { REPAIR_OPTIONS = 4 };

static int encode_repair_options(value_t *value, void *to) {
    struct kernel_repair_option options[REPAIR_OPTIONS];
    for (int i = 0; i < REPAIR_OPTIONS; i++) {
        options[i].code = (uint32_t)register_int(value, 2 * i);
        options[i].value = (uint32_t)register_int(value, 2 * i + 1);
    }
    memcpy(to, options, sizeof options);
    return 0;
}

/* struct tcp_repair_window of Linux, one register per field: snd_wl1, snd_wnd, max_window,
 * rcv_wnd, rcv_wup */
enum { REPAIR_WINDOW = 5 };
typedef uint32_t repair_window_t[REPAIR_WINDOW];

static int encode_repair_window(value_t *value, void *to) {
    repair_window_t window;
    for (int i = 0; i < REPAIR_WINDOW; i++) window[i] = (uint32_t)register_int(value, i);
    memcpy(to, window, sizeof window);
    return 0;
}

static int decode_repair_window(value_t *value, const void *from, socklen_t length) {
    repair_window_t window;
    if (length < sizeof window) return -EINVAL;
    memcpy(window, from, sizeof window);
    for (int i = 0; i < REPAIR_WINDOW; i++) value->registers[i].number = window[i];
    return 0;
}

static const kind_t kinds[] = {
    {"md5sig", sizeof(struct kernel_md5sig), encode_md5sig, NULL},
    {"repair_options", sizeof(struct kernel_repair_option[REPAIR_OPTIONS]), encode_repair_options,
     NULL},
    {"repair_window", sizeof(repair_window_t), encode_repair_window, decode_repair_window},
};
const kind_group_t tcp_kinds = KIND_GROUP(kinds);
