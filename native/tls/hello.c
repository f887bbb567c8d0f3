/* The client's hello, kept from OpenSSL's callback until the choice of a context is made. */
#include <stdlib.h>
#include <string.h>

#include "tls.h"

static const unsigned extensions[HELLO_PARTS] = {
    [HELLO_PROTOCOLS] = TLSEXT_TYPE_application_layer_protocol_negotiation,
    [HELLO_VERSIONS] = TLSEXT_TYPE_supported_versions,
    [HELLO_SIGALGS] = TLSEXT_TYPE_signature_algorithms,
    [HELLO_PSKS] = TLSEXT_TYPE_psk,
};

/* What does not fit into memory is absent. */
static void keep(hello_part_t *part, const unsigned char *from, size_t length) {
    part->start = malloc(length ? length : 1);
    part->length = part->start ? length : 0;
    if (part->start && length) memcpy(part->start, from, length);
}

void hello_keep(SSL *ssl, hello_t *hello) {
    const unsigned char *from;
    size_t length;
    hello_free(hello);
    for (size_t i = 0; i < HELLO_CIPHERS; i++)
        if (SSL_client_hello_get0_ext(ssl, extensions[i], &from, &length))
            keep(&hello->parts[i], from, length);
    length = SSL_client_hello_get0_ciphers(ssl, &from);
    keep(&hello->parts[HELLO_CIPHERS], from, length);
    hello->version = SSL_client_hello_get0_legacy_version(ssl);
}

void hello_free(hello_t *hello) {
    for (size_t i = 0; i < HELLO_PARTS; i++) free(hello->parts[i].start);
    memset(hello, 0, sizeof *hello);
}

/* The standard names of cipher suites, undefined for those that OpenSSL does not know. */
static napi_value new_cipher_names(napi_env napi, SSL *ssl, const hello_part_t *ciphers) {
    napi_value list;
    napi_create_array(napi, &list);
    for (size_t at = 0; at + 2 <= ciphers->length; at += 2) {
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, ciphers->start + at);
        const char *name = cipher ? SSL_CIPHER_standard_name(cipher) : NULL;
        napi_value text = name ? new_string(napi, name) : new_undefined(napi);
        napi_set_element(napi, list, (uint32_t)(at / 2), text);
    }
    return list;
}

/* sessionHello(session) -> [protocols?, versions?, signature algorithms?, pre-shared keys?, cipher
 * suites, their names, version] of the hello for which the handshake waits: the bytes of its extensions */
static napi_value session_hello(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    napi_env napi = call->napi;
    const hello_t *hello = &session->peer.client_hello;
    napi_value list;
    napi_create_array_with_length(napi, HELLO_PARTS + 2, &list);
    for (uint32_t i = 0; i < HELLO_PARTS; i++) {
        const hello_part_t *part = &hello->parts[i];
        napi_value bytes = part->start ? new_bytes(napi, part->start, part->length)
                                       : new_undefined(napi);
        napi_set_element(napi, list, i, bytes);
    }
    napi_value names = new_cipher_names(napi, session->ssl, &hello->parts[HELLO_CIPHERS]);
    napi_set_element(napi, list, HELLO_PARTS, names);
    napi_set_element(napi, list, HELLO_PARTS + 1, new_int(napi, hello->version));
    return list;
}

const method_t hello_methods[] = {
    {"sessionHello", .value = session_hello},
    {0},
};
