/* Verification of the peer. OpenSSL checks the chain, and the stapled OCSP response with it. JavaScript
 * checks the name and decides: a client's handshake stops for that, before anything else is sent. */
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include "tls.h"

enum { CLOCK_SKEW = 300 }; /* seconds that two clocks may differ */

static bool verify_chain(X509_STORE_CTX *store, session_peer_t *peer) {
    /* Errors that are tolerated, or belong to attempts before a good chain was found, must not stay in
     * the queue: they would be taken for the reason why the handshake stops. */
    ERR_set_mark();
    bool good = X509_verify_cert(store) == 1;
    ERR_pop_to_mark();
    peer->verify_result = X509_STORE_CTX_get_error(store);
    if (!good && peer->verify_result == X509_V_OK) peer->verify_result = X509_V_ERR_UNSPECIFIED;
    X509_free(peer->leaf);
    peer->leaf = X509_STORE_CTX_get0_cert(store);
    if (peer->leaf) X509_up_ref(peer->leaf);
    sk_X509_pop_free(peer->chain, X509_free);
    peer->chain = X509_STORE_CTX_get1_chain(store);
    return good;
}

/* Replaces X509_verify_cert(). Is called again when the handshake goes on after a stop. */
int verify_peer(X509_STORE_CTX *store, void *data) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    session_peer_t *peer = &session_of(ssl)->peer;
    (void)data;
    if (peer->verdict == ACCEPTED) {
        X509_STORE_CTX_set_error(store, (int)peer->verify_result);
        /* The chain from before the stop; a stapled OCSP response is checked with it. */
        X509_STORE_CTX_set0_verified_chain(store, peer->chain);
        peer->chain = NULL;
        return 1;
    }
    if (peer->verdict == REFUSED) {
        /* The alert is that of the chain, or bad_certificate. */
        if (peer->verify_result == X509_V_OK) peer->verify_result = X509_V_ERR_HOSTNAME_MISMATCH;
        X509_STORE_CTX_set_error(store, (int)peer->verify_result);
        return 0;
    }
    const context_t *context = context_of(ssl);
    bool good = verify_chain(store, peer);
    if (!good && context->rejects && !context->asks) return 0;
    /* OpenSSL lets only clients wait here; for a server see verdict.c. */
    if (SSL_is_server(ssl) || (!peer->checks_name && !context->asks)) return 1;
    peer->verdict = ASKED;
    return SSL_set_retry_verify(ssl) ? 1 : 0;
}

/* The certificate that signed the leaf: the next one in the verified chain. */
static X509 *issuer_of(STACK_OF(X509) * chain) {
    return sk_X509_num(chain) > 1 ? sk_X509_value(chain, 1) : sk_X509_value(chain, 0);
}

/* The part of a response about the leaf. The responder chose the digest that names the certificate. */
static OCSP_SINGLERESP *single_about(OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer) {
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        OCSP_CERTID *there = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
        ASN1_OBJECT *algorithm = NULL;
        OCSP_id_get0_info(NULL, &algorithm, NULL, NULL, there);
        const EVP_MD *digest = algorithm ? EVP_get_digestbyobj(algorithm) : NULL;
        OCSP_CERTID *id = digest ? OCSP_cert_to_id(digest, leaf, issuer) : NULL;
        bool fits = id != NULL && OCSP_id_cmp(id, there) == 0;
        OCSP_CERTID_free(id);
        if (fits) return single;
    }
    return NULL;
}

/* Why the response does not hold now, or NULL. Without an end, and without an age that the user sets,
 * one from before a revocation would be good for ever. */
static const char *check_time(ASN1_GENERALIZEDTIME *since, ASN1_GENERALIZEDTIME *until, int age) {
    long oldest = age < 0 ? -1 : (long)age + CLOCK_SKEW;
    if (!OCSP_check_validity(since, until, CLOCK_SKEW, oldest))
        return "the OCSP response is out of date";
    if (until == NULL && age < 0)
        return "the OCSP response has no end (nextUpdate), and there is no ocspMaxAge";
    return NULL;
}

/* Why the status is not good, or NULL. */
static const char *check_status(OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer, int age) {
    ASN1_GENERALIZEDTIME *this_update, *next_update;
    OCSP_SINGLERESP *single = single_about(basic, leaf, issuer);
    if (single == NULL) return "the OCSP response is about another certificate";
    int status = OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);
    if (status == V_OCSP_CERTSTATUS_REVOKED) return "the certificate is revoked (OCSP)";
    const char *problem = check_time(this_update, next_update, age);
    if (problem != NULL) return problem;
    return status == V_OCSP_CERTSTATUS_GOOD ? NULL
                                            : "the OCSP responder does not know the certificate";
}

/* Why the response is not good, or NULL. */
static const char *check_response(SSL *ssl, OCSP_RESPONSE *response) {
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    if (chain == NULL || sk_X509_num(chain) == 0) return "the OCSP response has no chain to check";
    if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return "the OCSP responder did not answer";
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    if (basic == NULL) return "the OCSP response is malformed";
    X509_STORE *trust = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    const char *problem = "the OCSP response is not signed by an authorized responder";
    if (OCSP_basic_verify(basic, chain, trust, 0) == 1)
        problem = check_status(basic, sk_X509_value(chain, 0), issuer_of(chain),
                               context_of(ssl)->ocsp_age);
    OCSP_BASICRESP_free(basic);
    return problem;
}

/* 1 when the peer's response is good, or absent and not required; 0 refuses the peer. */
int verify_ocsp(SSL *ssl, void *data) {
    session_peer_t *peer = &session_of(ssl)->peer;
    const unsigned char *bytes = NULL;
    (void)data;
    if (!context_of(ssl)->rejects || SSL_session_reused(ssl)) return 1;
    /* Without a certificate there is nothing that could be revoked. */
    if (psk_was_used(session_of(ssl)) && SSL_get0_peer_certificate(ssl) == NULL) return 1;
    long length = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
    if (bytes == NULL || length <= 0) {
        if (!context_of(ssl)->requires_ocsp) return 1;
        peer->refusal = "the server sent no OCSP response";
        return 0;
    }
    ERR_set_mark();
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &bytes, length);
    peer->refusal = response ? check_response(ssl, response) : "the OCSP response is malformed";
    OCSP_RESPONSE_free(response);
    ERR_pop_to_mark();
    return peer->refusal == NULL;
}
