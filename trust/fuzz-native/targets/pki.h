/* Keys, certificates and other material for TLS, made when the process begins. An input chooses one, and changes it. */
#ifndef BERKELEY_FUZZ_PKI_H
#define BERKELEY_FUZZ_PKI_H

#include "../fake/input.h"
#include "../fake/js.h"

typedef enum {
    CA_PEM,
    CHAIN_PEM, /* of the server, and the CA behind it */
    KEY_PEM,
    ENCRYPTED_KEY_PEM,
    CERT_DER,
    KEY_DER,
    PFX,
    CRL_PEM,
    CRL_DER,
    OCSP_DER,
    DH_PEM,
    MATERIALS,
} material_t;

#define PKI_PASSPHRASE "secret"

/* One of them, as it is. */
js_t *pki_whole(material_t which);
/* One of them with bytes changed and an end cut off, or bytes of the input alone. */
js_t *pki_changed(input_t *input);
/* From here on OpenSSL's random numbers are the same each time. */
void pki_repeat(void);

#endif
