/* A session: handshake, reading, writing, the end. Each call does what it can and says what it waits
 * for; the engine above makes it again when the socket is ready. */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

enum {
    RECORD_MAX = 16384,
    RECORD_EXTRA = 512, /* header, padding, tag: more than any suite adds */
    /* Beyond this nothing is read that could make more to send. A call of write makes less: two sides that
     * have both sent as much as they can have to go on reading, or neither ever sends again. */
    HELD_MAX = SCRATCH_OUT + 4 * RECORD_MAX
};

void session_free(session_t *session) {
    if (session->ssl) SSL_free(session->ssl);
    session->ssl = NULL;
    X509_free(session->leaf);
    sk_X509_pop_free(session->chain, X509_free);
    SSL_SESSION_free(session->resumption);
    session->leaf = NULL;
    session->chain = NULL;
    session->resumption = NULL;
    free(session->servername);
    session->servername = NULL;
    queue_free(&session->in);
    queue_free(&session->out);
    if (session->keylog.start) OPENSSL_cleanse(session->keylog.start, session->keylog.room);
    queue_free(&session->keylog);
    if (session->context) context_release(session->context);
    if (session->chosen) context_release(session->chosen);
    session->context = session->chosen = NULL;
}

static void session_finalize(napi_env env, void *data, void *hint) {
    (void)env;
    (void)hint;
    session_free(data);
    free(data);
}

/* The name that a client asks for, and whether it stops to look at the names of the peer. */
static bool prepare_client(session_t *session, const char *servername, bool checks_name,
                           bool wants_staple) {
    session->checks_name = checks_name;
    if (wants_staple) SSL_set_tlsext_status_type(session->ssl, TLSEXT_STATUSTYPE_ocsp);
    SSL_set_connect_state(session->ssl);
    return servername == NULL || SSL_set_tlsext_host_name(session->ssl, servername) == 1;
}

/* sessionNew(context, isServer, shortIsAll, servername?, checksName, asksForStaple) -> external */
static napi_value sessionNew_(napi_env env, napi_callback_info info) {
    call_t call;
    napi_value external;
    char servername[256];
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    int is_server = call_int(&call, 1), short_is_all = call_int(&call, 2);
    bool has_name = call_string(&call, 3, servername, sizeof servername);
    int checks_name = call_int(&call, 4), asks_for_staple = call_int(&call, 5);
    if (!call_good(&call)) return NULL;
    ERR_clear_error();
    session_t *session = calloc(1, sizeof *session);
    if (session == NULL) return call_number(&call, -ENOMEM);
    session->kind = KIND_SESSION;
    session->tls = (tls_t *)call.env;
    session->fd = -1;
    session->short_is_all = short_is_all != 0;
    session->context = context;
    context_keep(context);
    session->ssl = SSL_new(context->ctx);
    bool good = session->ssl && SSL_set_app_data(session->ssl, session) == 1 && bio_attach(session);
    if (good && is_server)
        SSL_set_accept_state(session->ssl);
    else if (good)
        good = prepare_client(session, has_name ? servername : NULL, checks_name != 0,
                              asks_for_staple != 0);
    if (!good || napi_create_external(env, session, session_finalize, NULL, &external) != napi_ok) {
        session_free(session);
        free(session);
        return call_number(&call, TLS_FAILED);
    }
    return external;
}

/* sessionIdentify(session, id): marks what a client can resume later, and what it may resume now */
static napi_value sessionIdentify_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    bytes_t id = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    if (session->ssl == NULL) return call_number(&call, -EBADF);
    if (id.length > sizeof session->id) return call_number(&call, -EINVAL);
    if (id.length) memcpy(session->id, id.start, id.length);
    session->id_length = (unsigned int)id.length;
    int good = SSL_set_session_id_context(session->ssl, session->id, session->id_length);
    return call_done(&call, good == 1);
}

/* sessionFree(session): now, and not when the collector comes by; keys of the connection with it */
static napi_value sessionFree_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    if (!call_good(&call)) return NULL;
    session_free(session);
    return call_number(&call, 0);
}

/* The reason on top of OpenSSL's queue, unless it says no more than that there is one below:
 * SSL_R_RECORD_LAYER_FAILURE, which is of 3.2 and later. Empties the queue. */
static unsigned long take_reason(void) {
    enum { RECORD_LAYER_FAILURE = 313 };
    unsigned long reason = 0, error;
    while ((error = ERR_get_error()) != 0) {
        bool says_nothing = ERR_GET_LIB(error) == ERR_LIB_SSL &&
                            ERR_GET_REASON(error) == RECORD_LAYER_FAILURE;
        if (reason == 0 || !says_nothing) reason = error;
    }
    return reason;
}

static int failed(session_t *session, int code) {
    unsigned long reason = take_reason();
    if (!session->failed) session->failure = reason;
    session->failed = true;
    return code;
}

/* What a call of the engine that did not succeed means: -EAGAIN, another -errno, 0 for the end of the
 * data, or TLS_*. */
static int meaning_of(session_t *session, int result) {
    int error = SSL_get_error(session->ssl, result);
    if (session->io_error) return failed(session, -session->io_error);
    switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return session->had_enough ? TLS_WANT_TURN : -EAGAIN;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_WANT_CLIENT_HELLO_CB: return TLS_WANT_SERVER;
    case SSL_ERROR_WANT_RETRY_VERIFY: return TLS_WANT_VERDICT;
    default: break;
    }
    /* close_notify after user_canceled, which a peer sends that gives up half of a connection:
     * OpenSSL 3.5 takes it, and has no name for it. */
    bool silent = error == SSL_ERROR_SYSCALL && ERR_peek_error() == 0 && !session->failed;
    if (silent && !session->eof && (SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN))
        return 0;
    return failed(session, session->eof ? TLS_TRUNCATED : TLS_FAILED);
}

/* What the registers say after a call. */
static void report(session_t *session) {
    register_value_t *registers = session->tls->env.registers;
    size_t held = queue_length(&session->out);
    registers[REGISTER_HELD].number = (double)held;
    registers[REGISTER_DRAINED].number = session->drained && queue_length(&session->in) == 0 &&
                                         session->later == 0 && held == 0 && session->ssl != NULL &&
                                         !SSL_has_pending(session->ssl) &&
                                         !(SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN);
    registers[REGISTER_NEWS].number = session->news;
    session->news = 0;
}

/* Before each call: what could not leave yet goes first. What then cannot is no reason not to read
 * what has come. -EAGAIN while so much is held that nothing may be read that makes more of it. */
static int begin(session_t *session, int fd, bool reads) {
    if (session->ssl == NULL) return -EBADF;
    if (ERR_peek_error() != 0) ERR_clear_error();
    bio_begin(session, fd);
    int error = bio_flush(session);
    if (error < 0 && !reads) return error;
    session->io_error = 0;
    return queue_length(&session->out) > HELD_MAX ? -EAGAIN : 0;
}

/* After each call: what was made leaves. That it cannot is what the call says, unless it has data or
 * a reason of the engine, which says more than that the peer does not listen any longer. */
static int settle(session_t *session, int result, bool reads) {
    int error = bio_flush(session);
    bio_end(session);
    report(session);
    bool tells = error < 0 &&
                 (result == -EAGAIN || result == TLS_WANT_TURN || (result >= 0 && !reads));
    return tells ? failed(session, error) : result;
}

/* A call that could not even begin. */
static napi_value give_up(call_t *call, session_t *session, int result) {
    bio_end(session);
    report(session);
    return call_number(call, result);
}

/* sessionHandshake(session, fd) -> 0, or what it waits for */
static napi_value sessionHandshake_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    int fd = call_int(&call, 1);
    if (!call_good(&call)) return NULL;
    int result = begin(session, fd, true);
    if (result < 0) return give_up(&call, session, result);
    int done = SSL_do_handshake(session->ssl);
    result = done == 1 ? 0 : meaning_of(session, done);
    /* The peer's close_notify in the midst of a handshake is no success. */
    if (done != 1 && result == 0) result = failed(session, TLS_TRUNCATED);
    result = settle(session, result, false);
    /* The last flight has to leave: nobody else would see to it. */
    if (result == 0 && queue_length(&session->out) > 0) result = -EAGAIN;
    return call_number(&call, result);
}

/* Whether another read could only say that there is nothing. */
static bool nothing_more(const session_t *session) {
    const tls_t *tls = session->tls;
    return session->drained && queue_length(&session->in) == 0 && tls->in_at == tls->in_end &&
           !SSL_has_pending(session->ssl);
}

/* Reads records until there is no more room, or nothing more is there. */
static int read_records(session_t *session, bytes_t into) {
    size_t total = 0;
    int result = 0;
    while (total < into.length) {
        size_t count = 0;
        session->wanted = into.length - total;
        int good = SSL_read_ex(session->ssl, into.start + total, into.length - total, &count);
        if (good != 1) {
            result = meaning_of(session, good);
            break;
        }
        total += count;
        session->has_data = true;
        if (nothing_more(session)) break;
    }
    if (total == 0) return result;
    /* What came before a failure is good; the failure is the next call's to report. */
    if (result != -EAGAIN && result != TLS_WANT_TURN && result != 0) session->later = result;
    return (int)total;
}

/* sessionRead(session, fd, buffer, offset, length) -> a count, 0 at the end */
static napi_value sessionRead_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    int fd = call_int(&call, 1);
    bytes_t into = call_slice(&call, 2);
    if (!call_good(&call)) return NULL;
    int result = session->later ? session->later : begin(session, fd, true);
    if (result < 0) return give_up(&call, session, result);
    if (into.length > INT32_MAX) into.length = INT32_MAX;
    return call_number(&call, settle(session, read_records(session, into), true));
}

/* Writes records as long as the scratch memory has room for them; a count, or why there is none. */
static int write_records(session_t *session, bytes_t from) {
    size_t total = 0;
    int result = -EAGAIN;
    if (queue_length(&session->out) > 0) return result;
    while (total < from.length) {
        size_t count = 0, length = from.length - total;
        if (length > RECORD_MAX) length = RECORD_MAX;
        if (session->tls->out_end + length + RECORD_EXTRA > SCRATCH_OUT) break;
        int good = SSL_write_ex(session->ssl, from.start + total, length, &count);
        if (good != 1) {
            result = meaning_of(session, good);
            if (result == 0) result = -EPIPE;
            break;
        }
        total += count;
    }
    return total > 0 ? (int)total : result;
}

/* sessionWrite(session, fd, buffer, offset, length) -> how much the engine took. What the socket had
 * no room for is held: the call is made again, with nothing to write, until it is gone. */
static napi_value sessionWrite_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    int fd = call_int(&call, 1);
    bytes_t from = call_slice(&call, 2);
    if (!call_good(&call)) return NULL;
    int result = begin(session, fd, false);
    if (result < 0) return give_up(&call, session, result);
    if (from.length == 0)
        result = queue_length(&session->out) > 0 ? -EAGAIN : 0;
    else
        result = write_records(session, from);
    return call_number(&call, settle(session, result, false));
}

/* sessionRelax(session): gives back the engine's buffers, of a record each way, until the next record */
static napi_value sessionRelax_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    if (!call_good(&call)) return NULL;
    return call_number(&call, session->ssl ? SSL_free_buffers(session->ssl) : 0);
}

/* sessionShutdown(session, fd): says that nothing more will be sent; the peer's answer is not waited
 * for. 0 when it has left. */
static napi_value sessionShutdown_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    int fd = call_int(&call, 1);
    if (!call_good(&call)) return NULL;
    int result = begin(session, fd, false);
    if (result < 0) return give_up(&call, session, result);
    /* A key update that no record took along yet counts as a handshake under way: it goes first. */
    if (!session->failed && SSL_get_key_update_type(session->ssl) != SSL_KEY_UPDATE_NONE)
        SSL_do_handshake(session->ssl);
    bool speaks = !session->failed && SSL_is_init_finished(session->ssl) &&
                  !(SSL_get_shutdown(session->ssl) & SSL_SENT_SHUTDOWN);
    int done = speaks ? SSL_shutdown(session->ssl) : 1;
    result = done >= 0 ? 0 : meaning_of(session, done);
    result = settle(session, result, false);
    if (result == 0 && queue_length(&session->out) > 0) result = -EAGAIN;
    return call_number(&call, result);
}

/* sessionKeyUpdate(session, asksPeer): fresh keys with the next record, of TLS 1.3 */
static napi_value sessionKeyUpdate_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    int asks = call_int(&call, 1);
    if (!call_good(&call)) return NULL;
    if (session->ssl == NULL) return call_number(&call, -EBADF);
    /* One is on its way with the next record: a second would be refused until then. */
    if (SSL_get_key_update_type(session->ssl) != SSL_KEY_UPDATE_NONE) return call_number(&call, 0);
    ERR_clear_error();
    int good = SSL_key_update(session->ssl,
                              asks ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    return call_done(&call, good == 1);
}

/* sessionChoose(session, context?): answers TLS_WANT_SERVER; without a context the peer is refused */
static napi_value sessionChoose_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    bool has_context = call_has(&call, 1);
    context_t *context = has_context ? call_context(&call, 1) : NULL;
    if (!call_good(&call)) return NULL;
    if (session->ssl == NULL) return call_number(&call, -EBADF);
    session->hello = has_context ? ANSWERED : REFUSED;
    if (!has_context || context == session->context || session->chosen)
        return call_number(&call, 0);
    session->chosen = context;
    context_keep(context);
    SSL_set_SSL_CTX(session->ssl, context->ctx);
    /* What SSL_set_SSL_CTX() leaves with the first context. */
    SSL_set_verify(session->ssl, SSL_CTX_get_verify_mode(context->ctx), NULL);
    SSL_set_verify_depth(session->ssl, SSL_CTX_get_verify_depth(context->ctx));
    SSL_set_min_proto_version(session->ssl, (int)SSL_CTX_get_min_proto_version(context->ctx));
    SSL_set_max_proto_version(session->ssl, (int)SSL_CTX_get_max_proto_version(context->ctx));
    return call_number(&call, 0);
}

/* sessionVerdict(session, isGood): answers TLS_WANT_VERDICT */
static napi_value sessionVerdict_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    int good = call_int(&call, 1);
    if (!call_good(&call)) return NULL;
    session->verdict = good ? ANSWERED : REFUSED;
    return call_number(&call, 0);
}

const method_t session_methods[] = {
    {"sessionNew", .callback = sessionNew_},
    {"sessionIdentify", .callback = sessionIdentify_},
    {"sessionFree", .callback = sessionFree_},
    {"sessionHandshake", .callback = sessionHandshake_},
    {"sessionRead", .callback = sessionRead_},
    {"sessionWrite", .callback = sessionWrite_},
    {"sessionRelax", .callback = sessionRelax_},
    {"sessionShutdown", .callback = sessionShutdown_},
    {"sessionKeyUpdate", .callback = sessionKeyUpdate_},
    {"sessionChoose", .callback = sessionChoose_},
    {"sessionVerdict", .callback = sessionVerdict_},
    {0},
};
