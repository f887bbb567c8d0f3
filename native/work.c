#include "work.h"

#include <errno.h>

#include "call.h"
#include "callback.h"

static void run(napi_env napi, void *data) {
    work_t *work = data;
    (void)napi;
    work->result = work->run(work);
}

/* A closing environment deletes the handles by itself. */
static void delete_handles(work_t *work) {
    if (work->env->closing) return;
    napi_env napi = work->env->napi;
    if (work->callback) napi_delete_reference(napi, work->callback);
    if (work->handle) napi_delete_async_work(napi, work->handle);
}

static napi_value answer_of(work_t *work) {
    if (work->answer) return work->answer(work);
    return new_int(work->env->napi, work->result);
}

static void done(napi_env napi, napi_status status, void *data) {
    work_t *work = data;
    (void)napi;
    env_t *env = work->env;
    if (status != napi_ok) work->result = -ECANCELED;
    if (!env->closing) callback_call(env, work->callback, answer_of(work));
    delete_handles(work);
    work->drop(work);
    env_release(env);
}

int work_start(work_t *work, env_t *env, const char *name, napi_value callback) {
    napi_env napi = env->napi;
    work->env = env;
    if (napi_create_reference(napi, callback, 1, &work->callback) != napi_ok ||
        napi_create_async_work(napi, NULL, new_string(napi, name), run, done, work,
                               &work->handle) != napi_ok ||
        napi_queue_async_work(napi, work->handle) != napi_ok) {
        delete_handles(work);
        return -ENOMEM;
    }
    env_hold(env);
    return 0;
}
