#include "work.h"

#include <errno.h>

#include "callback.h"
#include "call.h"

static void run(napi_env env, void *data) {
    work_t *work = data;
    (void)env;
    work->result = work->run(work);
}

/* A closing environment has deleted them, or is about to. */
static void forget(work_t *work) {
    if (work->addon->closing) return;
    napi_env env = work->addon->env;
    if (work->callback) napi_delete_reference(env, work->callback);
    if (work->handle) napi_delete_async_work(env, work->handle);
}

static void done(napi_env env, napi_status status, void *data) {
    work_t *work = data;
    addon_t *addon = work->addon;
    if (status != napi_ok) work->result = work->owed ? work->run(work) : -ECANCELED;
    if (!addon->closing) callback_call(addon, work->callback, new_int(env, work->result));
    forget(work);
    work->drop(work);
    addon_settled(addon);
}

int work_start(work_t *work, addon_t *addon, const char *name, napi_value callback) {
    napi_env env = addon->env;
    work->addon = addon;
    if (napi_create_reference(env, callback, 1, &work->callback) != napi_ok ||
        napi_create_async_work(env, NULL, new_string(env, name), run, done, work, &work->handle) !=
            napi_ok ||
        napi_queue_async_work(env, work->handle) != napi_ok) {
        forget(work);
        return -ENOMEM;
    }
    addon->outstanding++;
    return 0;
}
