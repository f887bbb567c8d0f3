/* What can be asked about a session: what was agreed, what can be resumed, why it failed. For a session
 * that was freed the functions that answer a value answer undefined, the others -EBADF. */
#include <openssl/err.h>
#include <string.h>

#include "tls.h"

static napi_value text_or_undefined(napi_env napi, const char *text) {
    return text ? new_string(napi, text) : new_undefined(napi);
}

/* sessionCipher(session) -> [name, standard name?, version] */
static napi_value session_cipher(call_t *call) {
    const session_t *session = call_open_session(call);
    const SSL_CIPHER *suite = session ? SSL_get_current_cipher(session->ssl) : NULL;
    napi_value triple;
    if (suite == NULL) return NULL;
    napi_env napi = call->napi;
    napi_create_array_with_length(napi, 3, &triple);
    napi_set_element(napi, triple, 0, new_string(napi, SSL_CIPHER_get_name(suite)));
    napi_set_element(napi, triple, 1, text_or_undefined(napi, SSL_CIPHER_standard_name(suite)));
    napi_set_element(napi, triple, 2, new_string(napi, SSL_CIPHER_get_version(suite)));
    return triple;
}

static napi_value session_protocol(call_t *call) {
    const session_t *session = call_open_session(call);
    return session ? new_string(call->napi, SSL_get_version(session->ssl)) : NULL;
}

static napi_value session_alpn(call_t *call) {
    const session_t *session = call_open_session(call);
    const unsigned char *name = NULL;
    unsigned int length = 0;
    napi_value text;
    if (session) SSL_get0_alpn_selected(session->ssl, &name, &length);
    if (length == 0) return NULL;
    napi_create_string_latin1(call->napi, (const char *)name, length, &text);
    return text;
}

/* sessionServername(session) -> the name in the client's hello */
static napi_value session_servername(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    const char *name = session->peer.servername;
    if (name == NULL) name = SSL_get_servername(session->ssl, TLSEXT_NAMETYPE_host_name);
    return text_or_undefined(call->napi, name);
}

static napi_value session_is_reused(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    /* OpenSSL says so of a pre-shared key, too. */
    return new_int(call->napi, SSL_session_reused(session->ssl) && !psk_was_used(session));
}

/* sessionKeylog(session) -> the lines since the last call */
static napi_value session_keylog(call_t *call) {
    session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    queue_t *lines = &session->keylog;
    size_t length = queue_length(lines);
    napi_value bytes = new_bytes(call->napi, length ? lines->start + lines->at : NULL, length);
    if (lines->start) OPENSSL_cleanse(lines->start, lines->room);
    queue_free(lines);
    return bytes;
}

/* sessionResumption(session) -> what a later client may resume, with its keys */
static napi_value session_resumption(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL || psk_was_used(session)) return NULL;
    SSL_SESSION *latest = session->peer.resumption;
    if (latest == NULL && !SSL_is_server(session->ssl)) latest = SSL_get_session(session->ssl);
    if (latest == NULL || !SSL_SESSION_is_resumable(latest)) return NULL;
    int length = i2d_SSL_SESSION(latest, NULL);
    void *room;
    napi_value bytes;
    if (length <= 0 || napi_create_buffer(call->napi, (size_t)length, &room, &bytes) != napi_ok)
        return NULL;
    unsigned char *at = room;
    i2d_SSL_SESSION(latest, &at);
    return bytes;
}

/* Whether it was made for the same server, and verified by the same rules. */
static bool has_same_id(const session_peer_t *peer, const SSL_SESSION *former) {
    unsigned int length;
    const unsigned char *id = SSL_SESSION_get0_id_context(former, &length);
    return length == peer->id_length && memcmp(id, peer->id, length) == 0;
}

/* sessionResume(session, bytes): 1 when resumption will be tried, 0 when the id differs */
static int64_t session_resume(call_t *call) {
    session_t *session = call_session(call, 0);
    bytes_t bytes = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    if (session->ssl == NULL) return -EBADF;
    const unsigned char *at = bytes.start;
    SSL_SESSION *former = d2i_SSL_SESSION(NULL, &at, (long)bytes.length);
    if (former == NULL) return TLS_FAILED;
    bool fits = has_same_id(&session->peer, former);
    bool good = !fits || SSL_set_session(session->ssl, former) == 1;
    SSL_SESSION_free(former);
    return good ? fits : TLS_FAILED;
}

/* sessionOcspResponse(session) -> the OCSP response that the server sent */
static napi_value session_ocsp_response(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    const unsigned char *bytes = NULL;
    long length = SSL_get_tlsext_status_ocsp_resp(session->ssl, &bytes);
    return bytes && length > 0 ? new_bytes(call->napi, bytes, (size_t)length) : NULL;
}

/* sessionExport(session, into, label, context?): RFC 5705 and RFC 8446, where an empty context differs
 * from none */
static int64_t session_export(call_t *call) {
    char label[256];
    session_t *session = call_session(call, 0);
    call_text(call, 2, label, sizeof label);
    bool has_context = call_has(call, 3);
    bytes_t into = call_bytes(call, 1), context = call_optional_bytes(call, 3);
    if (!call_ok(call)) return -1;
    if (session->ssl == NULL) return -EBADF;
    return tls_result(tls_of(call), SSL_export_keying_material(
                                        session->ssl, into.start, into.length, label, strlen(label),
                                        context.start, context.length, has_context) == 1);
}

/* [reason?, library?] */
static napi_value new_reason(napi_env napi, unsigned long error) {
    napi_value pair;
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    const char *library = error ? ERR_lib_error_string(error) : NULL;
    napi_create_array_with_length(napi, 2, &pair);
    napi_set_element(napi, pair, 0, text_or_undefined(napi, reason));
    napi_set_element(napi, pair, 1, text_or_undefined(napi, library));
    return pair;
}

/* sessionFailure(session) -> [[reason?, library?], our own reason?, the result of the verification,
 * its text] */
static napi_value session_failure(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    napi_env napi = call->napi;
    napi_value list;
    /* OpenSSL does not know it before the end of the handshake. */
    long verified = session->peer.verify_result ? session->peer.verify_result
                                                : SSL_get_verify_result(session->ssl);
    napi_create_array_with_length(napi, 4, &list);
    napi_set_element(napi, list, 0, new_reason(napi, session->failure));
    napi_set_element(napi, list, 1, text_or_undefined(napi, session->peer.refusal));
    napi_set_element(napi, list, 2, new_int(napi, verified));
    napi_set_element(napi, list, 3, new_string(napi, X509_verify_cert_error_string(verified)));
    return list;
}

/* lastReason() -> [reason?, library?] of the last call without a session that failed */
static napi_value last_reason(call_t *call) {
    return new_reason(call->napi, tls_of(call)->reason);
}

const method_t info_methods[] = {
    {"sessionCipher", .value = session_cipher},
    {"sessionProtocol", .value = session_protocol},
    {"sessionAlpn", .value = session_alpn},
    {"sessionServername", .value = session_servername},
    {"sessionIsReused", .value = session_is_reused},
    {"sessionKeylog", .value = session_keylog},
    {"sessionResumption", .value = session_resumption},
    {"sessionResume", .number = session_resume},
    {"sessionOcspResponse", .value = session_ocsp_response},
    {"sessionExport", .number = session_export},
    {"sessionFailure", .value = session_failure},
    {"lastReason", .value = last_reason},
    {0},
};
