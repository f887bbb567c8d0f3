/* Pre-shared keys. OpenSSL asks for a key in the midst of a handshake, and does not wait for it. In TLS 1.3
 * the identities are in the hello, for which JavaScript is asked anyway. In TLS 1.2 they come later: what
 * has arrived is held back from OpenSSL until JavaScript has the key. See RFC 4279, and RFC 8446 section
 * 4.2.11. */
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

enum {
    RECORD_HEAD = 5,
    MESSAGE_HEAD = 4,
    HELD_MAX = 1 << 17, /* more than a flight has with the longest chain of certificates */
};

static size_t two_bytes(const uint8_t *at) {
    return (size_t)at[0] << 8 | at[1];
}

static bool is_psk(const SSL_CIPHER *suite) {
    int exchange = suite ? SSL_CIPHER_get_kx_nid(suite) : NID_undef;
    return exchange == NID_kx_psk || exchange == NID_kx_dhe_psk || exchange == NID_kx_ecdhe_psk ||
           exchange == NID_kx_rsa_psk;
}

bool psk_was_used(const session_t *session) {
    const psk_t *psk = session->psk;
    if (psk == NULL) return false;
    if (SSL_version(session->ssl) == TLS1_3_VERSION)
        return psk->was_taken && SSL_session_reused(session->ssl);
    const SSL_CIPHER *current = SSL_get_current_cipher(session->ssl);
    return is_psk(current ? current : SSL_get_pending_cipher(session->ssl));
}

/* Callbacks of OpenSSL */

static unsigned int take_key(psk_t *psk, unsigned char *to, unsigned int room) {
    if (psk->key_length > room) return 0;
    memcpy(to, psk->key, psk->key_length);
    psk->was_taken = psk->key_length > 0;
    return (unsigned int)psk->key_length;
}

static unsigned int on_server(SSL *ssl, const char *identity, unsigned char *key,
                              unsigned int room) {
    psk_t *psk = session_of(ssl)->psk;
    if (psk == NULL || identity == NULL || strcmp(identity, psk->identity) != 0) return 0;
    /* Nothing is resumed that a key has authenticated: the key may be withdrawn. */
    SSL_set_num_tickets(ssl, 0);
    return take_key(psk, key, room);
}

static unsigned int on_client(SSL *ssl, const char *hint, char *identity,
                              unsigned int identity_room, unsigned char *key, unsigned int room) {
    psk_t *psk = session_of(ssl)->psk;
    (void)hint;
    if (psk == NULL || strlen(psk->identity) > identity_room) return 0;
    memcpy(identity, psk->identity, strlen(psk->identity) + 1);
    return take_key(psk, key, room);
}

/* A session of TLS 1.3 that stands for the key. OpenSSL makes one itself of what on_client() gives, but
 * without the id that a client's sessions must have here. */
static SSL_SESSION *session_for(SSL *ssl, const psk_t *psk) {
    static const unsigned char aes_128_gcm_sha256[] = {0x13, 0x01};
    const session_peer_t *peer = &session_of(ssl)->peer;
    const SSL_CIPHER *suite = SSL_CIPHER_find(ssl, aes_128_gcm_sha256);
    SSL_SESSION *made = SSL_SESSION_new();
    if (made == NULL || suite == NULL ||
        SSL_SESSION_set1_master_key(made, psk->key, psk->key_length) != 1 ||
        SSL_SESSION_set_cipher(made, suite) != 1 ||
        SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION) != 1 ||
        SSL_SESSION_set1_id_context(made, peer->id, peer->id_length) != 1) {
        SSL_SESSION_free(made);
        return NULL;
    }
    return made;
}

/* Before the hello of a client, and again when the server has asked for another one. */
static int on_offer(SSL *ssl, const EVP_MD *digest, const unsigned char **identity, size_t *length,
                    SSL_SESSION **offer) {
    psk_t *psk = session_of(ssl)->psk;
    *offer = NULL;
    if (psk == NULL || psk->key_length == 0) return 1;
    if (digest != NULL && EVP_MD_get_type(digest) != NID_sha256) return 1;
    *offer = session_for(ssl, psk);
    *identity = (const unsigned char *)psk->identity;
    *length = strlen(psk->identity);
    psk->was_taken = *offer != NULL;
    return *offer != NULL;
}

static void set_client_callbacks(SSL_CTX *ctx) {
    SSL_CTX_set_psk_use_session_callback(ctx, on_offer);
    SSL_CTX_set_psk_client_callback(ctx, on_client);
}

/* contextPsk(context, isServer, hint?): sessions ask for keys; a server gives clients of TLS 1.2 a hint */
static int64_t context_psk(call_t *call) {
    char hint[PSK_MAX_IDENTITY_LEN + 1];
    context_t *context = call_context(call, 0);
    bool is_server = call_int(call, 1) != 0;
    bool has_hint = call_string(call, 2, hint, sizeof hint);
    if (!call_ok(call)) return -1;
    context->has_psk = true;
    if (is_server)
        SSL_CTX_set_psk_server_callback(context->ctx, on_server);
    else
        set_client_callbacks(context->ctx);
    return tls_result(tls_of(call),
                      !has_hint || SSL_CTX_use_psk_identity_hint(context->ctx, hint) == 1);
}

/* The life of what a session has of it */

bool psk_prepare(session_t *session) {
    const context_t *context = context_of(session->ssl);
    SSL *ssl = session->ssl;
    if (SSL_is_server(ssl)) SSL_set_psk_server_callback(ssl, context->has_psk ? on_server : NULL);
    if (!context->has_psk || session->psk != NULL) return true;
    session->psk = calloc(1, sizeof *session->psk);
    return session->psk != NULL;
}

static void forget_question(psk_t *psk) {
    free(psk->asked);
    psk->asked = NULL;
    psk->asked_length = 0;
}

void psk_free(session_t *session) {
    psk_t *psk = session->psk;
    if (psk == NULL) return;
    forget_question(psk);
    OPENSSL_cleanse(psk, sizeof *psk);
    free(psk);
    session->psk = NULL;
}

/* What has arrived, in TLS 1.2 */

typedef struct {
    const uint8_t *start;
    size_t length;
} part_t;

/* Whether there is anything to hold back, or to go on with. */
typedef enum { LOOK_FURTHER, LET_PASS, ASK } look_t;

/* The handshake messages in the records that are whole. Sets `is_over` where others follow. */
static bool copy_messages(const queue_t *in, queue_t *messages, bool *is_over) {
    const uint8_t *at = in->start + in->at;
    size_t left = queue_length(in);
    *is_over = left > HELD_MAX;
    while (left >= RECORD_HEAD) {
        size_t length = two_bytes(at + 3);
        if (at[0] != SSL3_RT_HANDSHAKE) *is_over = true;
        if (*is_over || left - RECORD_HEAD < length) return true;
        if (!queue_add(messages, at + RECORD_HEAD, length)) return false;
        at += RECORD_HEAD + length;
        left -= RECORD_HEAD + length;
    }
    return true;
}

/* Takes the next message; -1 when it is not whole, else its type. */
static int next_message(part_t *messages, part_t *body) {
    const uint8_t *at = messages->start;
    if (messages->length < MESSAGE_HEAD) return -1;
    size_t length = (size_t)at[1] << 16 | two_bytes(at + 2);
    if (messages->length - MESSAGE_HEAD < length) return -1;
    *body = (part_t){at + MESSAGE_HEAD, length};
    messages->start += MESSAGE_HEAD + length;
    messages->length -= MESSAGE_HEAD + length;
    return at[0];
}

/* The suite that the hello of a server has chosen, or NULL. */
static const SSL_CIPHER *suite_in(SSL *ssl, part_t hello) {
    enum { BEFORE_ID = 2 + SSL3_RANDOM_SIZE };
    if (hello.length <= BEFORE_ID) return NULL;
    size_t at = BEFORE_ID + 1 + (size_t)hello.start[BEFORE_ID];
    return at + 2 <= hello.length ? SSL_CIPHER_find(ssl, hello.start + at) : NULL;
}

/* Keeps what a message begins with: the identity of a client, the hint of a server. */
static look_t keep_question(psk_t *psk, part_t body) {
    if (body.length < 2) return LET_PASS;
    size_t length = two_bytes(body.start);
    if (length > body.length - 2 || length > PSK_MAX_IDENTITY_LEN) return LET_PASS;
    forget_question(psk);
    if (length == 0) return ASK;
    psk->asked = malloc(length);
    if (psk->asked == NULL) return LET_PASS;
    memcpy(psk->asked, body.start + 2, length);
    psk->asked_length = length;
    return ASK;
}

static look_t look_as_server(psk_t *psk, part_t messages) {
    part_t body;
    int type;
    while ((type = next_message(&messages, &body)) >= 0) {
        if (type == SSL3_MT_CLIENT_KEY_EXCHANGE) return keep_question(psk, body);
        if (type != SSL3_MT_CERTIFICATE) return LET_PASS;
    }
    return LOOK_FURTHER;
}

static look_t look_as_client(session_t *session, part_t messages) {
    part_t body;
    int type = next_message(&messages, &body);
    if (type < 0) return LOOK_FURTHER;
    if (type != SSL3_MT_SERVER_HELLO || !is_psk(suite_in(session->ssl, body))) return LET_PASS;
    while ((type = next_message(&messages, &body)) >= 0) {
        if (type == SSL3_MT_SERVER_KEY_EXCHANGE) return keep_question(session->psk, body);
        if (type == SSL3_MT_SERVER_DONE) return ASK; /* without a hint */
    }
    return LOOK_FURTHER;
}

static look_t look(session_t *session) {
    queue_t messages = {0};
    bool is_over = false;
    if (queue_length(&session->io.in) == 0) return LOOK_FURTHER;
    look_t found = LET_PASS;
    if (copy_messages(&session->io.in, &messages, &is_over)) {
        part_t all = {messages.start, queue_length(&messages)};
        found = SSL_is_server(session->ssl) ? look_as_server(session->psk, all)
                                            : look_as_client(session, all);
        if (found == LOOK_FURTHER && is_over) found = LET_PASS;
    }
    queue_free(&messages);
    return found;
}

/* Whether the next message may be, or precede, the one for which OpenSSL needs the key: a client has said
 * hello, a server is done with its. The numbers of states differ between versions of OpenSSL. */
static bool is_before_key(SSL *ssl) {
    const char *state = SSL_state_string(ssl);
    if (!SSL_is_server(ssl)) return strcmp(state, "TWCH") == 0;
    return strcmp(state, "TWSD") == 0 && is_psk(SSL_get_pending_cipher(ssl));
}

bool psk_holds(session_t *session) {
    psk_t *psk = session->psk;
    if (psk == NULL || psk->decision == ACCEPTED) return false;
    if (psk->decision == ASKED) return true;
    if (!is_before_key(session->ssl)) return false;
    look_t found = look(session);
    if (found == ASK) psk->decision = ASKED;
    if (found == LET_PASS) psk->decision = ACCEPTED;
    return found != LET_PASS;
}

bool psk_is_asked(const session_t *session) {
    return session->psk != NULL && session->psk->decision == ASKED;
}

/* What JavaScript asks and answers */

/* A key without a digest of its own goes with SHA-256: any other suite of TLS 1.3 would leave it unused. */
static bool keep_sha256(SSL *ssl) {
    char list[512] = "";
    STACK_OF(SSL_CIPHER) *suites = SSL_get_ciphers(ssl);
    for (int i = 0; i < sk_SSL_CIPHER_num(suites); i++) {
        const SSL_CIPHER *suite = sk_SSL_CIPHER_value(suites, i);
        const EVP_MD *digest = SSL_CIPHER_get_handshake_digest(suite);
        const char *name = SSL_CIPHER_get_name(suite);
        bool fits = strcmp(SSL_CIPHER_get_version(suite), "TLSv1.3") == 0 && digest != NULL &&
                    EVP_MD_get_type(digest) == NID_sha256;
        if (!fits || strlen(list) + strlen(name) + 2 > sizeof list) continue;
        if (*list) strcat(list, ":");
        strcat(list, name);
    }
    return *list == 0 || SSL_set_ciphersuites(ssl, list) == 1;
}

static void set_key(psk_t *psk, const char *identity, bytes_t key) {
    OPENSSL_cleanse(psk->key, sizeof psk->key);
    psk->key_length = key.length;
    if (key.length > 0) memcpy(psk->key, key.start, key.length);
    memcpy(psk->identity, identity, strlen(identity) + 1);
}

/* sessionPsk(session, refuses, identity?, key?): the key to use, or none; a server may refuse the client
 * whose hello has the identity */
static int64_t session_psk(call_t *call) {
    char identity[PSK_MAX_IDENTITY_LEN + 1] = "";
    session_t *session = call_session(call, 0);
    bool refuses = call_int(call, 1) != 0;
    call_string(call, 2, identity, sizeof identity);
    bytes_t key = call_optional_bytes(call, 3);
    if (!call_ok(call)) return -1;
    if (session->ssl == NULL) return -EBADF;
    psk_t *psk = session->psk;
    if (psk == NULL || key.length > sizeof psk->key) return -EINVAL;
    psk->refuses = refuses;
    set_key(psk, identity, key);
    if (psk->decision == ASKED) {
        psk->decision = ACCEPTED;
        forget_question(psk);
        return 0;
    }
    if (key.length == 0) return 0;
    /* A session to resume beside the key would leave open which of the two was used. */
    bool good = SSL_is_server(session->ssl) || SSL_set_session(session->ssl, NULL) == 1;
    return tls_result(tls_of(call), good && keep_sha256(session->ssl));
}

/* sessionPskAsked(session) -> the identity of the client, or the hint of the server, if there is one, for
 * which the handshake waits */
static napi_value session_psk_asked(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL || session->psk == NULL || session->psk->asked == NULL) return NULL;
    return new_bytes(call->napi, session->psk->asked, session->psk->asked_length);
}

/* sessionPskIdentity(session) -> the identity whose key both sides have proved to know */
static napi_value session_psk_identity(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL || !SSL_is_init_finished(session->ssl) || !psk_was_used(session))
        return NULL;
    return new_string(call->napi, session->psk->identity);
}

const method_t psk_methods[] = {
    {"contextPsk", .number = context_psk},
    {"sessionPsk", .number = session_psk},
    {"sessionPskAsked", .value = session_psk_asked},
    {"sessionPskIdentity", .value = session_psk_identity},
    {0},
};
