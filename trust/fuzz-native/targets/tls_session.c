/* Two sessions talk over a stream that the input cuts into pieces, delays, changes and ends: all of native/tls/
 * but credentials.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../fake/kernel.h"
#include "pki.h"
#include "tls.h"

enum { SERVER, CLIENT };

/* Bits of the first byte of an input. */
enum {
    ONLY_TLS12 = 1,
    ASKS_CLIENT = 2,
    STAPLES = 4, /* the client requires OCSP; with ASKS_CLIENT the server asks later instead */
    HAS_TICKET_KEYS = 8,
    SELECTS = 16,
    CHECKS_NAME = 32,
    HAS_ALPN = 64,
    LOGS_KEYS = 128,
};
/* Bits of contextVerify(), and its versions. */
enum { ASKS = 1, REQUIRES = 2, REJECTS = 4, WANTS_STAPLE = 16, ASKS_VERDICT = 64, LATER = 128 };
enum { TLS12 = 0x303, TLS13 = 0x304 };
enum { WANT_SERVER = -5002, WANT_VERDICT = -5003, WANT_CERTIFICATE = -5005, WANT_PSK = -5006 };

static const char psk_key[] = "a key that both sides have";

/* Both bits together stand for pre-shared keys as well. */
static bool has_psk(uint8_t bits) {
    return bits & LOGS_KEYS && bits & HAS_TICKET_KEYS;
}

static void set_psk(js_t *session) {
    call_with("sessionPsk", 4, session, js_number(0), js_string("me", 2),
              js_bytes(psk_key, sizeof psk_key));
}

/* What each side has sent. The other side must read exactly that, unless the input changes the stream. */
typedef struct {
    uint8_t bytes[1 << 18];
    size_t sent, read;
} record_t;

static record_t records[PIPES];
static bool was_changed;
static uint8_t role_bits; /* the first byte of the input */

static js_t *number(double value) {
    return js_number(value);
}

static js_t *new_context(int side, uint8_t bits) {
    static const char protocols[] = "\x02h2\x08http/1.1", keys[48] = "keys of tickets";
    js_t *context = call_with("contextNew", 1, number(side == SERVER));
    if (context == NULL || context->kind != JS_EXTERNAL) return NULL;
    int verify = side == CLIENT ? ASKS | REQUIRES | REJECTS : 0;
    if (side == SERVER && bits & ASKS_CLIENT) verify = ASKS | REQUIRES | REJECTS;
    if (side == SERVER && bits & ASKS_CLIENT && bits & STAPLES) verify |= LATER;
    if (side == CLIENT && bits & STAPLES && !(bits & ASKS_CLIENT)) verify |= WANTS_STAPLE;
    call_with("contextCert", 2, context, pki_whole(CHAIN_PEM));
    call_with("contextKey", 2, context, pki_whole(KEY_PEM));
    call_with("contextCa", 2, context, pki_whole(CA_PEM));
    if (bits & CHECKS_NAME && bits & ASKS_CLIENT) verify |= ASKS_VERDICT;
    call_with("contextVerify", 4, context, number(verify), number(-1), number(-1));
    if (side == CLIENT && bits & ASKS_CLIENT) call_with("contextAnswersLater", 1, context);
    call_with("contextVersions", 3, context, number(TLS12),
              number(bits & ONLY_TLS12 ? TLS12 : TLS13));
    call_with("contextSessions", 3, context, js_bytes("id", 2), number(300));
    if (has_psk(bits)) {
        call_with("contextCiphers", 2, context, js_string("kECDHEPSK+CHACHA20:ALL", 22));
        call_with("contextPsk", 3, context, number(side == SERVER), js_string("hint", 4));
    }
    call_with("contextCallbacks", 3, context,
              number(side == SERVER && (bits & SELECTS || has_psk(bits))),
              number((bits & LOGS_KEYS) != 0));
    if (side == CLIENT && bits & SELECTS) call_with("contextShows", 1, context);
    if (bits & STAPLES && !(bits & ASKS_CLIENT) && side == SERVER)
        call_with("contextOcspResponse", 2, context, pki_whole(OCSP_DER));
    if (bits & HAS_TICKET_KEYS)
        call_with("contextTicketKeys", 3, context, number(0), js_bytes(keys, sizeof keys));
    if (bits & HAS_ALPN)
        call_with("contextAlpn", 3, context, js_bytes(protocols, sizeof protocols - 1),
                  number(side == SERVER));
    return context;
}

/* Making contexts takes much longer than an input: they are kept for the next one that wants the same, unless an input
 * has changed them. */
static js_t *kept[256][PIPES];

static js_t *context_of(int side, uint8_t bits) {
    js_t **context = &kept[bits][side];
    if (*context == NULL) {
        *context = new_context(side, bits);
        must(*context != NULL, "a context can be made");
        js_keep(*context);
    }
    return *context;
}

static void forget(uint8_t bits) {
    for (int side = SERVER; side <= CLIENT; side++) {
        js_collect(kept[bits][side]);
        kept[bits][side] = NULL;
    }
}

static js_t *new_session(int side, js_t *context, uint8_t bits) {
    return call_with("sessionNew", 6, context, number(side == SERVER), number(1),
                     side == CLIENT ? js_string("a.example", 9) : js_undefined(),
                     number((bits & CHECKS_NAME) != 0), number((bits & STAPLES) != 0));
}

void target_begin(input_t *input) {
    uint8_t bits = role_bits = input_u8(input);
    tls_begin();
    memset(&records[SERVER].sent, 0, 2 * sizeof(size_t));
    memset(&records[CLIENT].sent, 0, 2 * sizeof(size_t));
    was_changed = false;
    for (int side = SERVER; side <= CLIENT; side++) {
        js_t *context = context_of(side, bits);
        add_handle(&contexts, context);
        add_handle(&sessions, new_session(side, context, bits));
    }
    if (contexts.count < PIPES || sessions.count < PIPES) abort();
    call_with("sessionIdentify", 2, sessions.of[CLIENT], js_bytes("id", 2));
    if (has_psk(bits)) set_psk(sessions.of[CLIENT]);
}

void target_end(void) {
    pipes_reset();
    if (contexts_changed) forget(role_bits);
}

/* What is read was sent */

static void check_write(const made_t *made) {
    int side = handle_of(&sessions, made->arguments[0]);
    double count = number_of(made->result);
    must(count <= number_of(made->arguments[4]), "more was taken than was given");
    if (side != SERVER && side != CLIENT) was_changed = true;
    if (was_changed || count == 0) return;
    record_t *record = &records[side];
    if (record->sent + (size_t)count > sizeof record->bytes) was_changed = true;
    if (was_changed) return;
    memcpy(record->bytes + record->sent,
           js_start(made->arguments[2]) + (size_t)number_of(made->arguments[3]), (size_t)count);
    record->sent += (size_t)count;
}

static void check_read(const made_t *made) {
    int side = handle_of(&sessions, made->arguments[0]);
    double count = number_of(made->result);
    must(count <= number_of(made->arguments[4]), "more was read than there was room for");
    if (side != SERVER && side != CLIENT) was_changed = true;
    if (was_changed || count == 0) return;
    record_t *peer = &records[PIPES - 1 - side];
    must((size_t)count <= peer->sent - peer->read, "more was read than was sent");
    must(memcmp(js_start(made->arguments[2]) + (size_t)number_of(made->arguments[3]),
                peer->bytes + peer->read, (size_t)count) == 0,
         "other bytes were read than were sent");
    peer->read += (size_t)count;
}

/* Another session was fed, or has lost what it had to send. */
static void check_nested(const made_t *made) {
    (void)made;
    was_changed = true;
}

/* Acts */

static double shake(int side) {
    js_t *session = sessions.of[side];
    double result = number_of(call_with("sessionHandshake", 2, session, number(PIPE_FIRST + side)));
    if (result == WANT_SERVER)
        call_with("sessionChoose", 3, session, contexts.of[SERVER], number(0));
    if (has_psk(role_bits) && (result == WANT_SERVER || result == WANT_PSK)) set_psk(session);
    if (result == WANT_VERDICT) call_with("sessionVerdict", 2, session, number(1));
    if (result == WANT_CERTIFICATE)
        call_with("sessionShow", 3, session, number(0), contexts.of[CLIENT]);
    return result;
}

/* Both sides shake hands until they have, or nothing moves. */
static void act_handshake(input_t *input) {
    enum { ROUNDS = 16 };
    (void)input;
    for (int i = 0; i < ROUNDS; i++) {
        double client = shake(CLIENT), server = shake(SERVER);
        if (client == 0 && server == 0) break;
    }
}

static int end_of(input_t *input) {
    return input_u8(input) & 1;
}

static void act_pieces(input_t *input) {
    pipes_script(input_bytes(input));
}

static void act_put(input_t *input) {
    int end = end_of(input);
    input_t bytes = input_bytes(input);
    was_changed = true;
    pipe_put(end, bytes.at, input_left(&bytes));
}

static void act_change(input_t *input) {
    int end = end_of(input);
    size_t at = input_u16(input);
    was_changed = true;
    pipe_change(end, at, input_u8(input));
}

static void act_cut(input_t *input) {
    int end = end_of(input);
    was_changed = true;
    pipe_cut(end, input_u16(input));
}

static void act_end(input_t *input) {
    pipe_ends(end_of(input));
}

/* A second client takes up the session of the first, as it was kept or changed; it takes the client's place. */
static void act_resume(input_t *input) {
    input_t changes = input_bytes(input);
    js_t *kept = call_with("sessionResumption", 1, sessions.of[CLIENT]);
    js_t *client = new_session(CLIENT, contexts.of[CLIENT], CHECKS_NAME);
    js_t *server = new_session(SERVER, contexts.of[SERVER], 0);
    bool good = kept != NULL && kept->kind == JS_VIEW && client != NULL && server != NULL &&
                client->kind == JS_EXTERNAL && server->kind == JS_EXTERNAL;
    if (!good) return;
    while (input_left(&changes) >= 3)
        js_start(kept)[input_u16(&changes) % kept->length] = input_u8(&changes);
    pipes_reset();
    was_changed = true;
    sessions.of[CLIENT] = client;
    sessions.of[SERVER] = server;
    call_with("sessionIdentify", 2, client, js_bytes("id", 2));
    call_with("sessionResume", 2, client, kept);
}

const subject_t subjects[] = {
    {"*handshake", "", NULL, act_handshake},
    {"*pieces", "", NULL, act_pieces},
    {"*put", "", NULL, act_put},
    {"*change", "", NULL, act_change},
    {"*cut", "", NULL, act_cut},
    {"*end", "", NULL, act_end},
    {"*resume", "", NULL, act_resume},
    {"*collect", "", NULL, act_collect},
    {"*short of memory", "", NULL, act_short_of_memory},
    {"sessionHandshake", "EF", NULL, NULL},
    {"sessionPeek", "EF", NULL, NULL},
    {"sessionRead", "EFS", check_read, NULL},
    {"sessionWrite", "EFS", check_write, NULL},
    {"sessionShutdown", "EF", NULL, NULL},
    {"sessionFeed", "ES", check_nested, NULL},
    {"sessionOutput", "ES", NULL, NULL},
    {"sessionSent", "Ei", check_nested, NULL},
    {"sessionKeyUpdate", "Ec", NULL, NULL},
    {"sessionRelax", "E", NULL, NULL},
    {"sessionChoose", "E?Cc?b", NULL, NULL},
    {"sessionVerdict", "Ec", NULL, NULL},
    {"sessionRequest", "EF", NULL, NULL},
    {"sessionAnswer", "EF", NULL, NULL},
    {"sessionPsk", "Ec?s?b", NULL, NULL},
    {"sessionPskAsked", "E", NULL, NULL},
    {"sessionPskIdentity", "E", NULL, NULL},
    {"sessionFree", "E", NULL, NULL},
    {"sessionNew", "Ccc?scc", NULL, NULL},
    {"sessionIdentify", "Eb", NULL, NULL},
    {"sessionResume", "Eb", NULL, NULL},
    {"sessionCertificates", "E", NULL, NULL},
    {"sessionOwnCertificate", "E", NULL, NULL},
    {"sessionPeerNames", "E", NULL, NULL},
    {"sessionCipher", "E", NULL, NULL},
    {"sessionProtocol", "E", NULL, NULL},
    {"sessionAlpn", "E", NULL, NULL},
    {"sessionServername", "E", NULL, NULL},
    {"sessionIsReused", "E", NULL, NULL},
    {"sessionKeylog", "E", NULL, NULL},
    {"sessionResumption", "E", NULL, NULL},
    {"sessionOcspResponse", "E", NULL, NULL},
    {"sessionExport", "Er?s?b", NULL, NULL},
    {"sessionFailure", "E", NULL, NULL},
    {"lastReason", "", NULL, NULL},
    {"contextOcspResponse", "Xm", NULL, NULL},
    {"contextCa", "Xm", NULL, NULL},
    {"contextCrl", "Xm", NULL, NULL},
    {"contextAlpn", "Xbc", NULL, NULL},
    {"contextTicketKeys", "Xcb", NULL, NULL},
    {"contextVerify", "Xcii", NULL, NULL},
    {"sessionVerifiedChain", "E", NULL, NULL},
    {"sessionHello", "E", NULL, NULL},
    {"sessionAuthorities", "E", NULL, NULL},
    {"sessionSigalgs", "E", NULL, NULL},
    {"sessionSuits", "EC", NULL, NULL},
    {"sessionShow", "Ec?C", NULL, NULL},
    {"contextShows", "X", NULL, NULL},
    {NULL, NULL, NULL, NULL},
};
