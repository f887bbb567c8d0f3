/* The functions of files that are for Linux alone. */
#include "../callback.h"
#include "../sys/labels.h"
#include "../sys/sys.h"
#include "../value/value.h"

static int64_t no_such_call(call_t *call) {
    (void)call;
    return -ENOSYS;
}

static napi_value no_such_thing(call_t *call) {
    return new_int(call->napi, -ENOSYS);
}

/* callOutside(function), as in sys/reactor.c */
static napi_value call_outside(call_t *call) {
    napi_value result = NULL;
    callback_outside(call->napi, call->argv[0], 0, NULL, &result);
    return result;
}

const method_t reactor_methods[] = {
    {"callOutside", .value = call_outside},   {"reactorOpen", .value = no_such_thing},
    {"reactorFlush", .number = no_such_call}, {"reactorHold", .number = no_such_call},
    {"epollCtl", .number = no_such_call},     {0},
};

const method_t netns_methods[] = {
    {"socketIn", .number = no_such_call},
    {"pidfdOpen", .number = no_such_call},
    {"pidfdGetfd", .number = no_such_call},
    {0},
};

static const kind_t none[1];
const kind_group_t link_kinds = {none, 0};

/* getifaddrs(3) gives the names. */
int all_labels(labels_t *labels) {
    (void)labels;
    return 0;
}

const char *real_name(const labels_t *labels, const struct ifaddrs *entry, char *room) {
    (void)labels, (void)room;
    return entry->ifa_name;
}
