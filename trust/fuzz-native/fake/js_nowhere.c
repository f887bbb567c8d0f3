/* The functions of Node-API and libuv that are not faked, for the linker only. napi_get_uv_event_loop() fails, so code
 * that needs an event loop goes no further; the others end the process. */
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

napi_status napi_get_uv_event_loop(napi_env env, uv_loop_t **loop) {
    (void)env, (void)loop;
    return napi_generic_failure;
}

#define NOWHERE(result, name, ...)                                                                 \
    result name(__VA_ARGS__) {                                                                     \
        fprintf(stderr, "%s: not in this fake\n", __func__);                                       \
        abort();                                                                                   \
    }

/* clang-format off */
NOWHERE(napi_status, napi_create_async_work, napi_env e, napi_value r, napi_value n, napi_async_execute_callback x, napi_async_complete_callback c, void *d, napi_async_work *w)
NOWHERE(napi_status, napi_delete_async_work, napi_env e, napi_async_work w)
NOWHERE(napi_status, napi_queue_async_work, napi_env e, napi_async_work w)
NOWHERE(napi_status, napi_create_threadsafe_function, napi_env e, napi_value f, napi_value r, napi_value n, size_t m, size_t t, void *x, napi_finalize z, void *y, napi_threadsafe_function_call_js c, napi_threadsafe_function *o)
NOWHERE(napi_status, napi_call_threadsafe_function, napi_threadsafe_function f, void *d, napi_threadsafe_function_call_mode m)
NOWHERE(napi_status, napi_release_threadsafe_function, napi_threadsafe_function f, napi_threadsafe_function_release_mode m)
NOWHERE(napi_status, napi_ref_threadsafe_function, napi_env e, napi_threadsafe_function f)
NOWHERE(napi_status, napi_unref_threadsafe_function, napi_env e, napi_threadsafe_function f)
NOWHERE(napi_status, napi_make_callback, napi_env e, napi_async_context a, napi_value r, napi_value f, size_t n, const napi_value *v, napi_value *o)
NOWHERE(napi_status, napi_get_reference_value, napi_env e, napi_ref r, napi_value *v)
NOWHERE(napi_status, napi_get_global, napi_env e, napi_value *v)
NOWHERE(napi_status, napi_get_and_clear_last_exception, napi_env e, napi_value *v)
NOWHERE(napi_status, napi_fatal_exception, napi_env e, napi_value v)
NOWHERE(napi_status, napi_open_handle_scope, napi_env e, napi_handle_scope *s)
NOWHERE(napi_status, napi_close_handle_scope, napi_env e, napi_handle_scope s)
NOWHERE(int, uv_cancel, uv_req_t *r)
NOWHERE(int, uv_check_init, uv_loop_t *l, uv_check_t *c)
NOWHERE(int, uv_check_start, uv_check_t *c, uv_check_cb b)
NOWHERE(void, uv_close, uv_handle_t *h, uv_close_cb c)
NOWHERE(void, uv_freeaddrinfo, struct addrinfo *a)
NOWHERE(int, uv_getaddrinfo, uv_loop_t *l, uv_getaddrinfo_t *r, uv_getaddrinfo_cb c, const char *n, const char *s, const struct addrinfo *h)
NOWHERE(int, uv_getnameinfo, uv_loop_t *l, uv_getnameinfo_t *r, uv_getnameinfo_cb c, const struct sockaddr *a, int f)
NOWHERE(int, uv_backend_fd, const uv_loop_t *l)
NOWHERE(int, uv_poll_init, uv_loop_t *l, uv_poll_t *p, int f)
NOWHERE(int, uv_poll_start, uv_poll_t *p, int e, uv_poll_cb c)
NOWHERE(int, uv_poll_stop, uv_poll_t *p)
NOWHERE(void, uv_ref, uv_handle_t *h)
NOWHERE(void, uv_unref, uv_handle_t *h)
/* clang-format on */
