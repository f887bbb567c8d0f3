/* What can be asked about a session: the peer, what was agreed, why it failed. */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tls.h"

static napi_value text_or_undefined(napi_env env, const char *text) {
    return text ? new_string(env, text) : new_undefined(env);
}

typedef napi_value question_t(napi_env env, session_t *session);

static napi_value ask(napi_env env, napi_callback_info info, question_t *question) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    if (!call_good(&call)) return NULL;
    return session->ssl ? question(env, session) : new_undefined(env);
}

static napi_value new_certificate(napi_env env, X509 *cert) {
    unsigned char *der = NULL;
    int length = cert ? i2d_X509(cert, &der) : -1;
    if (length < 0) return new_undefined(env);
    napi_value bytes = new_bytes(env, der, (size_t)length);
    OPENSSL_free(der);
    return bytes;
}

static X509 *peer_of(const session_t *session) {
    X509 *cert = SSL_get0_peer_certificate(session->ssl);
    return cert ? cert : session->leaf;
}

/* The peer's own, then what it sent behind it. */
static napi_value certificates(napi_env env, session_t *session) {
    napi_value list;
    X509 *leaf = peer_of(session);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);
    uint32_t count = 0;
    napi_create_array(env, &list);
    if (leaf) napi_set_element(env, list, count++, new_certificate(env, leaf));
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i);
        if (leaf && X509_cmp(cert, leaf) == 0) continue;
        napi_set_element(env, list, count++, new_certificate(env, cert));
    }
    return list;
}

static napi_value sessionCertificates_(napi_env env, napi_callback_info info) {
    return ask(env, info, certificates);
}

static napi_value own_certificate(napi_env env, session_t *session) {
    return new_certificate(env, SSL_get_certificate(session->ssl));
}

static napi_value sessionOwnCertificate_(napi_env env, napi_callback_info info) {
    return ask(env, info, own_certificate);
}

/* Names as they stand in the certificate: a text that some parser would have to take apart again has
 * been the way to forge them before (CVE-2021-44532). */
static napi_value names_of(napi_env env, X509 *cert) {
    napi_value list, pair;
    uint32_t count = 0;
    napi_create_array(env, &list);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_STRING *bytes = name->type == GEN_DNS     ? name->d.dNSName
                                   : name->type == GEN_IPADD ? name->d.iPAddress
                                                             : NULL;
        napi_create_array_with_length(env, 2, &pair);
        napi_set_element(env, pair, 0, new_int(env, name->type));
        napi_set_element(
            env, pair, 1,
            bytes ? new_bytes(env, ASN1_STRING_get0_data(bytes), (size_t)ASN1_STRING_length(bytes))
                  : new_undefined(env));
        napi_set_element(env, list, count++, pair);
    }
    GENERAL_NAMES_free(names);
    return list;
}

static napi_value peer_names(napi_env env, session_t *session) {
    X509 *cert = peer_of(session);
    return cert ? names_of(env, cert) : new_undefined(env);
}

/* sessionPeerNames(session) -> [[type, bytes?], ...]: type 2 a DNS name, 7 an IP address */
static napi_value sessionPeerNames_(napi_env env, napi_callback_info info) {
    return ask(env, info, peer_names);
}

/* contextNames(context) -> the same of the certificate that was given last */
static napi_value contextNames_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    context_t *context = call_context(&call, 0);
    if (!call_good(&call)) return NULL;
    X509 *cert = SSL_CTX_get0_certificate(context->ctx);
    return cert ? names_of(env, cert) : new_undefined(env);
}

/* certificateNames(der) -> the same of any certificate; undefined for what is none */
static napi_value certificateNames_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    bytes_t der = call_bytes(&call, 0);
    if (!call_good(&call)) return NULL;
    const unsigned char *at = der.start;
    X509 *cert = der.length <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.length) : NULL;
    napi_value names = cert ? names_of(env, cert) : new_undefined(env);
    X509_free(cert);
    ERR_clear_error();
    return names;
}

static napi_value cipher(napi_env env, session_t *session) {
    const SSL_CIPHER *suite = SSL_get_current_cipher(session->ssl);
    napi_value triple;
    if (suite == NULL) return new_undefined(env);
    napi_create_array_with_length(env, 3, &triple);
    napi_set_element(env, triple, 0, new_string(env, SSL_CIPHER_get_name(suite)));
    napi_set_element(env, triple, 1, text_or_undefined(env, SSL_CIPHER_standard_name(suite)));
    napi_set_element(env, triple, 2, new_string(env, SSL_CIPHER_get_version(suite)));
    return triple;
}

static napi_value sessionCipher_(napi_env env, napi_callback_info info) {
    return ask(env, info, cipher);
}

static napi_value protocol(napi_env env, session_t *session) {
    return new_string(env, SSL_get_version(session->ssl));
}

static napi_value sessionProtocol_(napi_env env, napi_callback_info info) {
    return ask(env, info, protocol);
}

static napi_value alpn(napi_env env, session_t *session) {
    const unsigned char *name;
    unsigned int length;
    napi_value text;
    SSL_get0_alpn_selected(session->ssl, &name, &length);
    if (length == 0) return new_undefined(env);
    napi_create_string_latin1(env, (const char *)name, length, &text);
    return text;
}

static napi_value sessionAlpn_(napi_env env, napi_callback_info info) {
    return ask(env, info, alpn);
}

static napi_value servername(napi_env env, session_t *session) {
    const char *name = session->servername;
    if (name == NULL) name = SSL_get_servername(session->ssl, TLSEXT_NAMETYPE_host_name);
    return text_or_undefined(env, name);
}

static napi_value sessionServername_(napi_env env, napi_callback_info info) {
    return ask(env, info, servername);
}

static napi_value is_reused(napi_env env, session_t *session) {
    return new_int(env, SSL_session_reused(session->ssl));
}

static napi_value sessionIsReused_(napi_env env, napi_callback_info info) {
    return ask(env, info, is_reused);
}

static napi_value keylog(napi_env env, session_t *session) {
    queue_t *lines = &session->keylog;
    size_t length = queue_length(lines);
    napi_value bytes = new_bytes(env, length ? lines->start + lines->at : NULL, length);
    if (lines->start) OPENSSL_cleanse(lines->start, lines->room);
    queue_free(lines);
    return bytes;
}

static napi_value sessionKeylog_(napi_env env, napi_callback_info info) {
    return ask(env, info, keylog);
}

static napi_value resumption(napi_env env, session_t *session) {
    SSL_SESSION *latest = session->resumption;
    if (latest == NULL && !SSL_is_server(session->ssl)) latest = SSL_get_session(session->ssl);
    if (latest == NULL || !SSL_SESSION_is_resumable(latest)) return new_undefined(env);
    int length = i2d_SSL_SESSION(latest, NULL);
    void *room;
    napi_value bytes;
    if (length <= 0 || napi_create_buffer(env, (size_t)length, &room, &bytes) != napi_ok)
        return new_undefined(env);
    unsigned char *at = room;
    i2d_SSL_SESSION(latest, &at);
    return bytes;
}

/* sessionResumption(session) -> what a later client may resume, keys and all */
static napi_value sessionResumption_(napi_env env, napi_callback_info info) {
    return ask(env, info, resumption);
}

/* Whether a session was made for the same server, and verified by the same rules. */
static bool is_ours(const session_t *session, const SSL_SESSION *former) {
    unsigned int length;
    const unsigned char *id = SSL_SESSION_get0_id_context(former, &length);
    return length == session->id_length && memcmp(id, session->id, length) == 0;
}

/* sessionResume(session, bytes): 1 when it will be tried, 0 when it is of another id */
static napi_value sessionResume_(napi_env env, napi_callback_info info) {
    call_t call;
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    bytes_t bytes = call_bytes(&call, 1);
    if (!call_good(&call)) return NULL;
    if (session->ssl == NULL) return call_number(&call, -EBADF);
    ERR_clear_error();
    const unsigned char *at = bytes.start;
    SSL_SESSION *former = d2i_SSL_SESSION(NULL, &at, (long)bytes.length);
    if (former == NULL) return call_number(&call, TLS_FAILED);
    bool fits = is_ours(session, former);
    bool good = !fits || SSL_set_session(session->ssl, former) == 1;
    SSL_SESSION_free(former);
    return call_number(&call, good ? fits : TLS_FAILED);
}

static napi_value staple(napi_env env, session_t *session) {
    const unsigned char *bytes = NULL;
    long length = SSL_get_tlsext_status_ocsp_resp(session->ssl, &bytes);
    return bytes && length > 0 ? new_bytes(env, bytes, (size_t)length) : new_undefined(env);
}

/* sessionStaple(session) -> the OCSP response that the server sent */
static napi_value sessionStaple_(napi_env env, napi_callback_info info) {
    return ask(env, info, staple);
}

/* sessionExport(session, into, label, context?) of RFC 5705 and RFC 8446; an empty context is not the same as
 * none */
static napi_value sessionExport_(napi_env env, napi_callback_info info) {
    call_t call;
    char label[256];
    call_begin(&call, env, info);
    session_t *session = call_session(&call, 0);
    call_text(&call, 2, label, sizeof label);
    bytes_t into = call_bytes(&call, 1), context = call_optional_bytes(&call, 3);
    if (!call_good(&call)) return NULL;
    if (session->ssl == NULL) return call_number(&call, -EBADF);
    ERR_clear_error();
    int good = SSL_export_keying_material(session->ssl, into.start, into.length, label,
                                          strlen(label), context.start, context.length,
                                          call_has(&call, 3));
    return call_done(&call, good == 1);
}

static napi_value new_reason(napi_env env, unsigned long error) {
    napi_value pair;
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    const char *library = error ? ERR_lib_error_string(error) : NULL;
    napi_create_array_with_length(env, 2, &pair);
    napi_set_element(env, pair, 0, text_or_undefined(env, reason));
    napi_set_element(env, pair, 1, text_or_undefined(env, library));
    return pair;
}

/* sessionFailure(session) -> [reason?, library?], our own reason, the result of the verification and
 * its text */
static napi_value failure(napi_env env, session_t *session) {
    napi_value list;
    /* Asked before the end of the handshake, the engine itself does not know it yet. */
    long verified = session->verify_result ? session->verify_result
                                           : SSL_get_verify_result(session->ssl);
    napi_create_array_with_length(env, 4, &list);
    napi_set_element(env, list, 0, new_reason(env, session->failure));
    napi_set_element(env, list, 1, text_or_undefined(env, session->refusal));
    napi_set_element(env, list, 2, new_int(env, verified));
    napi_set_element(env, list, 3, new_string(env, X509_verify_cert_error_string(verified)));
    return list;
}

static napi_value sessionFailure_(napi_env env, napi_callback_info info) {
    return ask(env, info, failure);
}

/* queueReason() -> [reason?, library?] of the last call that had no session */
static napi_value queueReason_(napi_env env, napi_callback_info info) {
    (void)info;
    unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    return new_reason(env, error);
}

const method_t peer_methods[] = {
    {"sessionCertificates", .callback = sessionCertificates_},
    {"sessionOwnCertificate", .callback = sessionOwnCertificate_},
    {"sessionPeerNames", .callback = sessionPeerNames_},
    {"contextNames", .callback = contextNames_},
    {"certificateNames", .callback = certificateNames_},
    {"sessionCipher", .callback = sessionCipher_},
    {"sessionProtocol", .callback = sessionProtocol_},
    {"sessionAlpn", .callback = sessionAlpn_},
    {"sessionServername", .callback = sessionServername_},
    {"sessionIsReused", .callback = sessionIsReused_},
    {"sessionKeylog", .callback = sessionKeylog_},
    {"sessionResumption", .callback = sessionResumption_},
    {"sessionResume", .callback = sessionResume_},
    {"sessionStaple", .callback = sessionStaple_},
    {"sessionExport", .callback = sessionExport_},
    {"sessionFailure", .callback = sessionFailure_},
    {"queueReason", .callback = queueReason_},
    {0},
};
