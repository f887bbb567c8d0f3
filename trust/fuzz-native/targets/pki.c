#include "pki.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "../harness.h"

typedef struct {
    uint8_t *start;
    size_t length;
} stored_t;

static stored_t stored[MATERIALS];

/* Reproducible random numbers, so that an input does the same in every process. */

static uint64_t state;

static int next_bytes(unsigned char *to, int count) {
    for (int i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        to[i] = (unsigned char)(state >> 32);
    }
    return 1;
}

static int is_ready(void) {
    return 1;
}

void pki_repeat(void) {
    static RAND_METHOD method = {.bytes = next_bytes, .pseudorand = next_bytes, .status = is_ready};
    state = 0x9e3779b97f4a7c15;
    RAND_set_rand_method(&method);
}

/* What is made */

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *text) {
    X509V3_CTX about;
    X509V3_set_ctx(&about, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &about, nid, text);
    must(extension != NULL && X509_add_ext(cert, extension, -1) == 1, text);
    X509_EXTENSION_free(extension);
}

static X509 *new_cert(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key) {
    X509 *cert = X509_new();
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -24 * 60 * 60);
    ASN1_TIME_set_string(X509_getm_notAfter(cert), "99991231235959Z");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    if (issuer == NULL) issuer = cert;
    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    X509_set_pubkey(cert, key);
    add_extension(cert, issuer, NID_basic_constraints,
                  issuer == cert ? "critical,CA:TRUE" : "CA:FALSE");
    if (issuer != cert)
        add_extension(cert, issuer, NID_subject_alt_name,
                      "DNS:a.example,DNS:*.b.example,IP:127.0.0.1,IP:::1,URI:https://c.example/");
    must(X509_sign(cert, issuer_key, EVP_sha256()) > 0, "a certificate is signed");
    return cert;
}

static X509_CRL *new_list(X509 *ca, EVP_PKEY *ca_key) {
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *time = X509_gmtime_adj(NULL, -60);
    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(ca));
    X509_CRL_set1_lastUpdate(list, time);
    ASN1_TIME_set_string(time, "99991231235959Z");
    X509_CRL_set1_nextUpdate(list, time);
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_INTEGER_set(serial, 77);
    X509_REVOKED_set_serialNumber(revoked, serial);
    X509_REVOKED_set_revocationDate(revoked, time);
    X509_CRL_add0_revoked(list, revoked);
    must(X509_CRL_sign(list, ca_key, EVP_sha256()) > 0, "a list is signed");
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(time);
    return list;
}

static OCSP_RESPONSE *new_response(X509 *cert, X509 *ca, EVP_PKEY *ca_key) {
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    ASN1_TIME *before = X509_gmtime_adj(NULL, -60), *after = X509_gmtime_adj(NULL, 24 * 60 * 60);
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, ca);
    OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, before, after);
    must(OCSP_basic_sign(basic, ca, ca_key, EVP_sha256(), NULL, 0) == 1, "a response is signed");
    OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(before);
    ASN1_TIME_free(after);
    OCSP_BASICRESP_free(basic);
    return response;
}

/* How it is kept */

static void keep(material_t which, BIO *bio) {
    char *start = NULL;
    long length = BIO_get_mem_data(bio, &start);
    must(length > 0, "something was made");
    stored[which].start = malloc((size_t)length);
    must(stored[which].start != NULL, "memory");
    memcpy(stored[which].start, start, (size_t)length);
    stored[which].length = (size_t)length;
    (void)BIO_reset(bio);
}

static void keep_key(BIO *bio, EVP_PKEY *key) {
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    keep(KEY_PEM, bio);
    PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), PKI_PASSPHRASE,
                                  (int)strlen(PKI_PASSPHRASE), NULL, NULL);
    keep(ENCRYPTED_KEY_PEM, bio);
    i2d_PrivateKey_bio(bio, key);
    keep(KEY_DER, bio);
}

static void keep_certs(BIO *bio, X509 *cert, X509 *ca) {
    PEM_write_bio_X509(bio, ca);
    keep(CA_PEM, bio);
    PEM_write_bio_X509(bio, cert);
    PEM_write_bio_X509(bio, ca);
    keep(CHAIN_PEM, bio);
    i2d_X509_bio(bio, cert);
    keep(CERT_DER, bio);
}

/* One round of hashing, because security does not matter here, and speed does. */
static void keep_pfx(BIO *bio, EVP_PKEY *key, X509 *cert, X509 *ca) {
    STACK_OF(X509) *chain = sk_X509_new_null();
    sk_X509_push(chain, ca);
    PKCS12 *pfx = PKCS12_create(PKI_PASSPHRASE, "name", key, cert, chain, 0, 0, 1, 1, 0);
    i2d_PKCS12_bio(bio, pfx);
    keep(PFX, bio);
    PKCS12_free(pfx);
    sk_X509_free(chain);
}

static void keep_statements(BIO *bio, X509 *cert, X509 *ca, EVP_PKEY *ca_key) {
    X509_CRL *list = new_list(ca, ca_key);
    PEM_write_bio_X509_CRL(bio, list);
    keep(CRL_PEM, bio);
    i2d_X509_CRL_bio(bio, list);
    keep(CRL_DER, bio);
    X509_CRL_free(list);
    OCSP_RESPONSE *response = new_response(cert, ca, ca_key);
    i2d_OCSP_RESPONSE_bio(bio, response);
    keep(OCSP_DER, bio);
    OCSP_RESPONSE_free(response);
}

static void keep_group(BIO *bio) {
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *group = NULL;
    EVP_PKEY_paramgen_init(maker);
    EVP_PKEY_CTX_set_group_name(maker, "ffdhe2048");
    must(EVP_PKEY_paramgen(maker, &group) == 1, "parameters are made");
    PEM_write_bio_Parameters(bio, group);
    keep(DH_PEM, bio);
    EVP_PKEY_free(group);
    EVP_PKEY_CTX_free(maker);
}

static void forget_all(void) {
    for (int i = 0; i < MATERIALS; i++) free(stored[i].start);
}

static void make_all(void) {
    pki_repeat();
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = new_cert("CA", ca_key, NULL, ca_key);
    X509 *cert = new_cert("a.example", key, ca, ca_key);
    BIO *bio = BIO_new(BIO_s_mem());
    keep_key(bio, key);
    keep_certs(bio, cert, ca);
    keep_pfx(bio, key, cert, ca);
    keep_statements(bio, cert, ca, ca_key);
    keep_group(bio);
    BIO_free(bio);
    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    atexit(forget_all);
}

js_t *pki_whole(material_t which) {
    if (stored[0].start == NULL) make_all();
    return js_bytes(stored[which].start, stored[which].length);
}

js_t *pki_changed(input_t *input) {
    unsigned which = input_u8(input) % (MATERIALS + 1);
    input_t bytes = input_bytes(input);
    if (which == MATERIALS) return js_bytes(bytes.at, input_left(&bytes));
    js_t *whole = pki_whole((material_t)which);
    while (input_left(&bytes) >= 3) {
        size_t at = input_u16(&bytes) % whole->length;
        js_start(whole)[at] = input_u8(&bytes);
    }
    if (input_left(&bytes) == 0) return whole;
    return js_bytes(js_start(whole), input_u8(&bytes) % whole->length);
}
