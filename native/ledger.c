#include "ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call.h"

enum { FIRST_ROOM = 1024 };

static bool has_room(addon_t *addon, size_t fd) {
    if (fd < addon->ledger_room) return true;
    size_t room = addon->ledger_room * 2 > fd ? addon->ledger_room * 2 : fd + FIRST_ROOM;
    bool *larger = realloc(addon->ledger, room * sizeof *larger);
    if (larger == NULL) return false;
    memset(larger + addon->ledger_room, 0, (room - addon->ledger_room) * sizeof *larger);
    addon->ledger = larger;
    addon->ledger_room = room;
    return true;
}

void ledger_mark(addon_t *addon, int fd, bool owned) {
    int error = errno;
    if (addon->ledger_kept && fd >= 0 && has_room(addon, (size_t)fd)) addon->ledger[fd] = owned;
    errno = error;
}

int ledger_born(addon_t *addon, int fd) {
    if (fd >= 0) ledger_mark(addon, fd, true);
    return fd;
}

/* Nobody is there any more who wished to linger, and close(2) would wait. */
static void close_now(int fd) {
    struct linger off = {0, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
    close(fd);
}

void ledger_close(addon_t *addon) {
    for (size_t fd = 0; fd < addon->ledger_room; fd++)
        if (addon->ledger[fd]) close_now((int)fd);
    free(addon->ledger);
    addon->ledger = NULL;
    addon->ledger_room = 0;
    addon->ledger_kept = false;
}

/* ledgerKeep(): from now on */
static napi_value ledgerKeep_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    call.addon->ledger_kept = true;
    return call_number(&call, 0);
}

/* ledgerMark(fd, owned): an fd that came from elsewhere, or that goes there */
static napi_value ledgerMark_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    int fd = call_int(&call, 0), owned = call_int(&call, 1);
    if (!call_good(&call)) return NULL;
    ledger_mark(call.addon, fd, owned != 0);
    return call_number(&call, 0);
}

const method_t ledger_methods[] = {
    {"ledgerKeep", ledgerKeep_},
    {"ledgerMark", ledgerMark_},
    {NULL, NULL},
};
