/* A session: its life, the handshake, the decisions of JavaScript, the end. */
#include <stdlib.h>
#include <string.h>

#include "tls.h"

static void peer_clear(session_peer_t *peer) {
    X509_free(peer->leaf);
    sk_X509_pop_free(peer->chain, X509_free);
    SSL_SESSION_free(peer->resumption);
    free(peer->servername);
    hello_free(&peer->client_hello);
    peer->leaf = NULL;
    peer->chain = NULL;
    peer->resumption = NULL;
    peer->servername = NULL;
}

/* Releases everything but the struct: the external may outlive it. */
static void session_clear(session_t *session) {
    if (session->ssl) SSL_free(session->ssl);
    session->ssl = NULL;
    psk_free(session);
    peer_clear(&session->peer);
    queue_free(&session->io.in);
    queue_free(&session->io.out);
    if (session->keylog.start) OPENSSL_cleanse(session->keylog.start, session->keylog.room);
    queue_free(&session->keylog);
    if (session->context) context_release(session->context);
    if (session->chosen) context_release(session->chosen);
    session->context = session->chosen = NULL;
    memory_of_session(session);
}

static void session_finalize(napi_env napi, void *data, void *hint) {
    (void)napi;
    (void)hint;
    session_t *session = data;
    errors_begin(&session->tls->env);
    session_clear(session);
    errors_end(&session->tls->env);
    free(session);
}

/* How a session begins: the arguments of sessionNew() but the context. */
typedef struct {
    bool is_server, short_is_drained, has_name, checks_name, asks_for_ocsp;
    char servername[256]; /* that a client asks for */
} session_args_t;

static void read_session_args(call_t *call, session_args_t *args) {
    args->is_server = call_int(call, 1) != 0;
    args->short_is_drained = call_int(call, 2) != 0;
    args->has_name = call_string(call, 3, args->servername, sizeof args->servername);
    args->checks_name = call_int(call, 4) != 0;
    args->asks_for_ocsp = call_int(call, 5) != 0;
}

static bool prepare_client(session_t *session, const session_args_t *args) {
    session->peer.checks_name = args->checks_name;
    if (args->asks_for_ocsp) SSL_set_tlsext_status_type(session->ssl, TLSEXT_STATUSTYPE_ocsp);
    SSL_set_connect_state(session->ssl);
    return !args->has_name || SSL_set_tlsext_host_name(session->ssl, args->servername) == 1;
}

static bool prepare(session_t *session, const session_args_t *args) {
    session->ssl = SSL_new(session->context->ctx);
    if (!session->ssl || SSL_set_app_data(session->ssl, session) != 1) return false;
    if (!bio_attach(session) || !psk_prepare(session)) return false;
    if (!args->is_server) return prepare_client(session, args);
    SSL_set_accept_state(session->ssl);
    verdict_prepare(session);
    return true;
}

/* sessionNew(context, isServer, shortReadDrains, servername?, checksName, requestsOcsp) -> external, or a
 * number when it cannot be made */
static napi_value session_new(call_t *call) {
    napi_value external;
    session_args_t args;
    context_t *context = call_context(call, 0);
    read_session_args(call, &args);
    if (!call_ok(call)) return NULL;
    session_t *session = calloc(1, sizeof *session);
    if (session == NULL) return new_int(call->napi, -ENOMEM);
    session->kind = KIND_SESSION;
    session->tls = tls_of(call);
    session->io.fd = -1;
    session->io.short_is_drained = args.short_is_drained;
    session->context = context;
    context_keep(context);
    if (!prepare(session, &args) ||
        napi_create_external(call->napi, session, session_finalize, NULL, &external) != napi_ok) {
        int64_t failed = tls_result(tls_of(call), false);
        session_clear(session);
        free(session);
        return new_int(call->napi, failed);
    }
    memory_of_session(session);
    return external;
}

/* sessionIdentify(session, id): what a client may resume now, and another client later */
static int64_t session_identify(call_t *call) {
    session_t *session = call_session(call, 0);
    bytes_t id = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    session_peer_t *peer = &session->peer;
    if (session->ssl == NULL) return -EBADF;
    if (id.length > sizeof peer->id) return -EINVAL;
    if (id.length) memcpy(peer->id, id.start, id.length);
    peer->id_length = (unsigned int)id.length;
    return tls_result(tls_of(call),
                      SSL_set_session_id_context(session->ssl, peer->id, peer->id_length) == 1);
}

/* sessionFree(session): releases the memory and the keys now, and not when it is collected */
static int64_t session_free(call_t *call) {
    session_t *session = call_session(call, 0);
    if (call_ok(call)) session_clear(session);
    return 0;
}

/* A call that ends a flight waits until all of it has left: no later call would send it. */
static int until_sent(const session_t *session, int result) {
    return result == 0 && queue_length(&session->io.out) > 0 ? -EAGAIN : result;
}

/* Goes on with the handshake: 0 when it is done, or a result. */
static int go_on(session_t *session) {
    int done = SSL_do_handshake(session->ssl);
    if (done == 1) return verdict_conclude(session);
    int result = result_of(session, done);
    /* close_notify during a handshake is not a success. */
    return result == 0 ? fail_session(session, TLS_TRUNCATED) : result;
}

/* sessionHandshake(session, fd) -> 0, or what it waits for */
static int64_t session_handshake(call_t *call) {
    session_t *session = call_session(call, 0);
    int fd = call_int(call, 1);
    if (!call_ok(call)) return -1;
    int result = begin_call(session, fd, true);
    if (result < 0) return abort_call(session, result);
    result = session->io.is_held ? verdict_follow(session) : go_on(session);
    return until_sent(session, finish_call(session, result, false));
}

/* sessionRelax(session): gives back OpenSSL's buffers, of a record each way, until the next record */
static int64_t session_relax(call_t *call) {
    session_t *session = call_open_session(call);
    if (session == NULL || SSL_free_buffers(session->ssl) != 1) return 0;
    session->io.has_buffers = false;
    memory_of_session(session);
    return 1;
}

/* Sends close_notify, unless it was sent, or must not be; what SSL_shutdown() returns. */
static int send_close_notify(session_t *session) {
    SSL *ssl = session->ssl;
    if (session->failed) return 1;
    /* A key update that no record took along yet counts as a handshake under way: it goes first. */
    if (SSL_get_key_update_type(ssl) != SSL_KEY_UPDATE_NONE) SSL_do_handshake(ssl);
    if (!SSL_is_init_finished(ssl) || (SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN)) return 1;
    return SSL_shutdown(ssl);
}

/* sessionShutdown(session, fd): sends close_notify and does not wait for the peer's; 0 when it has
 * left */
static int64_t session_shutdown(call_t *call) {
    session_t *session = call_session(call, 0);
    int fd = call_int(call, 1);
    if (!call_ok(call)) return -1;
    /* Nothing leaves before the verdict. */
    if (session->io.is_held) return 0;
    int result = begin_call(session, fd, false);
    if (result < 0) return abort_call(session, result);
    int done = send_close_notify(session);
    result = done >= 0 ? 0 : result_of(session, done);
    return until_sent(session, finish_call(session, result, false));
}

/* sessionKeyUpdate(session, asksPeer): new keys with the next record, in TLS 1.3 */
static int64_t session_key_update(call_t *call) {
    session_t *session = call_session(call, 0);
    int asks = call_int(call, 1);
    if (!call_ok(call)) return -1;
    if (session->ssl == NULL) return -EBADF;
    /* The next record takes one along already: OpenSSL would refuse a second until then. */
    if (SSL_get_key_update_type(session->ssl) != SSL_KEY_UPDATE_NONE) return 0;
    int type = asks ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
    return tls_result(tls_of(call), SSL_key_update(session->ssl, type) == 1);
}

/* Applies what the context says about partial chains. */
static void set_partial_chain(SSL *ssl, SSL_CTX *ctx) {
    unsigned long flag = X509_V_FLAG_PARTIAL_CHAIN;
    X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_clear_flags(rules, flag);
    unsigned long chosen = X509_VERIFY_PARAM_get_flags(SSL_CTX_get0_param(ctx));
    X509_VERIFY_PARAM_set_flags(rules, chosen & flag);
}

/* False without memory. */
static bool switch_context(session_t *session, context_t *context) {
    SSL *ssl = session->ssl;
    session->chosen = context;
    context_keep(context);
    SSL_set_SSL_CTX(ssl, context->ctx);
    /* SSL_set_SSL_CTX() does not take these along. */
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context->ctx), NULL);
    SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(context->ctx));
    set_partial_chain(ssl, context->ctx);
    SSL_set_min_proto_version(ssl, (int)SSL_CTX_get_min_proto_version(context->ctx));
    SSL_set_max_proto_version(ssl, (int)SSL_CTX_get_max_proto_version(context->ctx));
    verdict_prepare(session);
    return psk_prepare(session);
}

static void set_protocol(protocol_t *protocol, bytes_t name) {
    protocol->decision = ACCEPTED;
    protocol->length = (uint8_t)name.length;
    memcpy(protocol->name, name.start, name.length);
}

/* sessionChoose(session, context?, refusesProtocols, protocol?): answers TLS_WANT_SERVER; without a context
 * the client is refused. The protocol is the one to agree on, instead of what the context says. */
static int64_t session_choose(call_t *call) {
    session_t *session = call_session(call, 0);
    context_t *context = call_has(call, 1) ? call_context(call, 1) : NULL;
    bool refuses = call_int(call, 2) != 0;
    bytes_t name = call_optional_bytes(call, 3);
    if (!call_ok(call)) return -1;
    if (session->ssl == NULL) return -EBADF;
    protocol_t *protocol = &session->peer.protocol;
    if (name.length > sizeof protocol->name) return -EINVAL;
    if (refuses) protocol->decision = REFUSED;
    if (name.length > 0) set_protocol(protocol, name);
    hello_free(&session->peer.client_hello);
    session->peer.hello = context ? ACCEPTED : REFUSED;
    bool is_new = context && context != session->context && !session->chosen;
    return is_new && !switch_context(session, context) ? -ENOMEM : 0;
}

/* sessionVerdict(session, isGood): answers TLS_WANT_VERDICT */
static int64_t session_verdict(call_t *call) {
    session_t *session = call_session(call, 0);
    int good = call_int(call, 1);
    if (call_ok(call)) session->peer.verdict = good ? ACCEPTED : REFUSED;
    return 0;
}

const method_t session_methods[] = {
    {"sessionNew", .value = session_new},
    {"sessionIdentify", .number = session_identify},
    {"sessionFree", .number = session_free},
    {"sessionHandshake", .number = session_handshake},
    {"sessionRelax", .number = session_relax},
    {"sessionShutdown", .number = session_shutdown},
    {"sessionKeyUpdate", .number = session_key_update},
    {"sessionChoose", .number = session_choose},
    {"sessionVerdict", .number = session_verdict},
    {0},
};
