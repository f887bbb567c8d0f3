/* Session tickets: what they are encrypted by, and when that changes. The keys belong to a context, and
 * contexts to one thread. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "../port/port.h"
#include "tls.h"

/* Milliseconds that only go forward, also while the machine sleeps. */
static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool make_key(ticket_key_t *key) {
    key->half = sizeof key->key;
    key->born = now();
    return RAND_bytes(key->name, sizeof key->name) == 1 &&
           RAND_priv_bytes(key->mac, sizeof key->mac) == 1 &&
           RAND_priv_bytes(key->key, sizeof key->key) == 1;
}

/* The key to encrypt by. One of our own is used for as long as a session lives, and accepted for as long
 * again: until the last session that it protects has ended. */
static const ticket_key_t *current_key(ticket_keys_t *keys) {
    ticket_key_t *first = &keys->of[0];
    bool is_due = first->half == 0 || now() - first->born >= keys->lifetime;
    if (keys->are_given || !is_due) return first;
    keys->of[1] = *first;
    if (make_key(first)) return first;
    first->half = 0;
    return NULL;
}

/* The key of that name, if it is still accepted. */
static const ticket_key_t *find_key(const ticket_keys_t *keys, const uint8_t *name) {
    for (size_t i = 0; i < TICKET_KEYS_MAX; i++) {
        const ticket_key_t *key = &keys->of[i];
        if (key->half == 0 || CRYPTO_memcmp(name, key->name, sizeof key->name) != 0) continue;
        return keys->are_given || now() - key->born < 2 * keys->lifetime ? key : NULL;
    }
    return NULL;
}

static bool set_mac(EVP_MAC_CTX *mac, const ticket_key_t *key) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->mac, (size_t)key->half),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

static bool set_key(EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, const ticket_key_t *key,
                    const uint8_t *iv, int encrypting) {
    const EVP_CIPHER *algorithm = key->half == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
    return set_mac(mac, key) &&
           EVP_CipherInit_ex(cipher, algorithm, NULL, key->key, iv, encrypting) == 1;
}

static int encrypt_by(ticket_keys_t *keys, uint8_t *name, uint8_t *iv, EVP_CIPHER_CTX *cipher,
                      EVP_MAC_CTX *mac) {
    const ticket_key_t *key = current_key(keys);
    if (key == NULL || RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) return -1;
    memcpy(name, key->name, sizeof key->name);
    return set_key(cipher, mac, key, iv, 1) ? 1 : -1;
}

/* The callback of OpenSSL. Returns 1 for a good ticket, 2 for a good one that a new one has to follow, 0
 * for one under other keys, -1 for a failure. In TLS 1.3 a ticket is for one use: a client that resumes
 * by it needs a new one. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypting) {
    const session_t *session = session_of(ssl);
    ticket_keys_t *keys = &session->context->ticket_keys;
    /* In TLS 1.2 it has been promised by then: an empty one takes it back (RFC 5077, section 3.3). */
    if (encrypting && psk_was_used(session)) return 0;
    if (encrypting) return encrypt_by(keys, name, iv, cipher, mac);
    const ticket_key_t *key = find_key(keys, name);
    if (key == NULL) return 0;
    if (!set_key(cipher, mac, key, iv, 0)) return -1;
    return key != &keys->of[0] || SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
}

/* OpenSSL's own keys stay the same for the life of a context. */
void context_install_tickets(context_t *context) {
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ctx, on_ticket);
}

/* contextTicketKeys(context, index, keys): 48 bytes as Node's (name 16, MAC 16, AES-128 16), or 80 (16,
 * 32, 32). Those of index 0 encrypt, all of them are accepted, and none is renewed. */
static int64_t context_ticket_keys(call_t *call) {
    context_t *context = call_context(call, 0);
    int index = call_int(call, 1);
    bytes_t bytes = call_bytes(call, 2);
    if (!call_ok(call)) return -1;
    if (bytes.length != 48 && bytes.length != 80) return -EINVAL;
    if (index < 0 || index >= TICKET_KEYS_MAX) return -EINVAL;
    ticket_key_t *key = &context->ticket_keys.of[index];
    size_t half = (bytes.length - 16) / 2;
    memcpy(key->name, bytes.start, 16);
    memcpy(key->mac, bytes.start + 16, half);
    memcpy(key->key, bytes.start + 16 + half, half);
    key->half = (int)half;
    context->ticket_keys.are_given = true;
    return 0;
}

const method_t ticket_methods[] = {
    {"contextTicketKeys", .number = context_ticket_keys},
    {0},
};
