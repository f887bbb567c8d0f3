/* What a context is made of: PEM, DER and PKCS12 of native/tls/credentials.c, names in certificates of certificates.c. */
#include "tls.h"

const subject_t subjects[] = {
    {"contextNew", "c", NULL, NULL},
    {"contextCert", "Cm", NULL, NULL},
    {"contextKey", "Cm?P", NULL, NULL},
    {"contextKey", "Cmb", NULL, NULL},
    {"contextPfx", "Cm?p", NULL, NULL},
    {"contextPfx", "Cms", NULL, NULL},
    {"contextCa", "Cm", NULL, NULL},
    {"rootsNew", "", NULL, NULL},
    {"rootsAdd", "m", NULL, NULL},
    {"rootsCheck", "m", NULL, NULL},
    {"contextRoots", "C", NULL, NULL},
    {"contextCrl", "Cm", NULL, NULL},
    {"contextVersions", "Cii", NULL, NULL},
    {"contextCiphers", "C?s", NULL, NULL},
    {"contextSuites", "C?s", NULL, NULL},
    {"contextGroups", "C?s", NULL, NULL},
    {"contextSigalgs", "C?s", NULL, NULL},
    {"contextDh", "C?m", NULL, NULL},
    {"contextAlpn", "Cbc", NULL, NULL},
    {"contextVerify", "Ccii", NULL, NULL},
    {"contextOption", "Cdc", NULL, NULL},
    {"contextSessions", "Cbi", NULL, NULL},
    {"contextTicketKeys", "Ccb", NULL, NULL},
    {"contextOcspResponse", "Cm", NULL, NULL},
    {"contextPsk", "Cc?s", NULL, NULL},
    {"contextAnswersLater", "C", NULL, NULL},
    {"contextCallbacks", "Ccc", NULL, NULL},
    {"contextNames", "C", NULL, NULL},
    {"certificateNames", "m", NULL, NULL},
    {"certificateNames", "b", NULL, NULL},
    {"certificateKey", "m", NULL, NULL},
    {"certificateKey", "b", NULL, NULL},
    {"lastReason", "", NULL, NULL},
    {"sessionNew", "Ccc?scc", NULL, NULL},
    {"sessionOwnCertificate", "E", NULL, NULL},
    {"sessionResume", "Eb", NULL, NULL},
    {"contextShows", "C", NULL, NULL},
    {"contextAuthorities", "Cc", NULL, NULL},
    {"externalMemory", "", NULL, NULL},
    {"*collect", "", NULL, act_collect},
    {"*short of memory", "", NULL, act_short_of_memory},
    {NULL, NULL, NULL, NULL},
};

void target_begin(input_t *input) {
    tls_begin();
    add_handle(&contexts, call_with("contextNew", 1, js_number(input_u8(input) & 1)));
}

void target_end(void) {}
