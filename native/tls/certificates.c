/* Certificates: those of a session's two ends, and the names in a certificate. */
#include <limits.h>
#include <openssl/x509v3.h>

#include "tls.h"

/* The certificate in DER form. */
static napi_value new_certificate(napi_env napi, X509 *cert) {
    unsigned char *der = NULL;
    int length = cert ? i2d_X509(cert, &der) : -1;
    if (length < 0) return new_undefined(napi);
    napi_value bytes = new_bytes(napi, der, (size_t)length);
    OPENSSL_free(der);
    return bytes;
}

/* During verification OpenSSL does not give it out yet. */
static X509 *peer_certificate(const session_t *session) {
    X509 *cert = SSL_get0_peer_certificate(session->ssl);
    return cert ? cert : session->peer.leaf;
}

/* sessionCertificates(session) -> the peer's own, then the others that it sent */
static napi_value session_certificates(call_t *call) {
    const session_t *session = call_open_session(call);
    if (session == NULL) return NULL;
    napi_value list;
    X509 *leaf = peer_certificate(session);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);
    uint32_t count = 0;
    napi_create_array(call->napi, &list);
    if (leaf) napi_set_element(call->napi, list, count++, new_certificate(call->napi, leaf));
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i);
        if (leaf && X509_cmp(cert, leaf) == 0) continue;
        napi_set_element(call->napi, list, count++, new_certificate(call->napi, cert));
    }
    return list;
}

/* sessionOwnCertificate(session) -> the one that was sent to the peer */
static napi_value session_own_certificate(call_t *call) {
    const session_t *session = call_open_session(call);
    return session ? new_certificate(call->napi, SSL_get_certificate(session->ssl)) : NULL;
}

/* [type, bytes?] */
static napi_value new_name(napi_env napi, const GENERAL_NAME *name) {
    napi_value pair, bytes = NULL;
    const ASN1_STRING *text = NULL;
    if (name->type == GEN_DNS) text = name->d.dNSName;
    if (name->type == GEN_IPADD) text = name->d.iPAddress;
    if (text)
        bytes = new_bytes(napi, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    napi_create_array_with_length(napi, 2, &pair);
    napi_set_element(napi, pair, 0, new_int(napi, name->type));
    napi_set_element(napi, pair, 1, bytes ? bytes : new_undefined(napi));
    return pair;
}

/* The names as the bytes of the certificate, because a text that has to be parsed again allowed
 * forged names before (CVE-2021-44532). */
static napi_value new_names(napi_env napi, X509 *cert) {
    napi_value list;
    uint32_t count = 0;
    napi_create_array(napi, &list);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        napi_set_element(napi, list, count++, new_name(napi, sk_GENERAL_NAME_value(names, i)));
    GENERAL_NAMES_free(names);
    return list;
}

/* sessionPeerNames(session) -> [[type, bytes?], ...] of the peer's certificate: GEN_DNS, GEN_IPADD */
static napi_value session_peer_names(call_t *call) {
    const session_t *session = call_open_session(call);
    X509 *cert = session ? peer_certificate(session) : NULL;
    return cert ? new_names(call->napi, cert) : NULL;
}

/* contextNames(context) -> the same of the certificate that the context was given last */
static napi_value context_names(call_t *call) {
    const context_t *context = call_context(call, 0);
    if (!call_ok(call)) return NULL;
    X509 *cert = SSL_CTX_get0_certificate(context->ctx);
    return cert ? new_names(call->napi, cert) : NULL;
}

/* certificateNames(der) -> the same of any certificate, undefined for other bytes */
static napi_value certificate_names(call_t *call) {
    bytes_t der = call_bytes(call, 0);
    if (!call_ok(call)) return NULL;
    const unsigned char *at = der.start;
    X509 *cert = der.length <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.length) : NULL;
    napi_value names = cert ? new_names(call->napi, cert) : NULL;
    X509_free(cert);
    return names;
}

/* sessionVerifiedChain(session) -> the verified chain, from the peer's certificate on, while the handshake
 * waits for a verdict; undefined when there is none */
static napi_value session_verified_chain(call_t *call) {
    const session_t *session = call_open_session(call);
    STACK_OF(X509) *chain = session ? session->peer.chain : NULL;
    napi_value list;
    if (chain == NULL) return NULL;
    napi_create_array(call->napi, &list);
    for (int i = 0; i < sk_X509_num(chain); i++) {
        napi_value cert = new_certificate(call->napi, sk_X509_value(chain, i));
        napi_set_element(call->napi, list, (uint32_t)i, cert);
    }
    return list;
}

/* certificateKey(der) -> its public key as the certificate has it (SubjectPublicKeyInfo), undefined for
 * other bytes */
static napi_value certificate_key(call_t *call) {
    bytes_t der = call_bytes(call, 0);
    if (!call_ok(call)) return NULL;
    const unsigned char *at = der.start;
    X509 *cert = der.length <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.length) : NULL;
    unsigned char *key = NULL;
    int length = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key) : -1;
    napi_value bytes = length > 0 ? new_bytes(call->napi, key, (size_t)length) : NULL;
    OPENSSL_free(key);
    X509_free(cert);
    return bytes;
}

const method_t certificate_methods[] = {
    {"sessionCertificates", .value = session_certificates},
    {"sessionOwnCertificate", .value = session_own_certificate},
    {"sessionPeerNames", .value = session_peer_names},
    {"contextNames", .value = context_names},
    {"certificateNames", .value = certificate_names},
    {"certificateKey", .value = certificate_key},
    {"sessionVerifiedChain", .value = session_verified_chain},
    {0},
};
