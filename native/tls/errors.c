/* OpenSSL's queue of errors, which all code of a thread shares: node:tls, node:crypto, other addons.
 * A call begins with an empty queue, because OpenSSL itself takes what it finds there for the reason of
 * a failure, and ends with the queue that it found. The reason of a failure is kept before that. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "tls.h"

static char *copy_of(const char *text) {
    return text ? OPENSSL_strdup(text) : NULL;
}

/* Takes the errors of others out of the queue. Marks that they set are lost with it: what they would
 * drop goes to the last entry. */
static void put_aside(others_t *others) {
    const char *file, *function, *data;
    int line, flags;
    unsigned long code;
    while (others->count < ERRORS_MAX &&
           (code = ERR_get_error_all(&file, &line, &function, &data, &flags)) != 0) {
        bool has_text = (flags & ERR_TXT_STRING) != 0 && data != NULL && *data != 0;
        others->of[others->count++] = (queued_error_t){
            .code = code,
            .line = line,
            .file = copy_of(file),
            .function = copy_of(function),
            .data = has_text ? copy_of(data) : NULL,
        };
    }
}

static void put_back(others_t *others) {
    for (size_t i = 0; i < others->count; i++) {
        queued_error_t *error = &others->of[i];
        int library = ERR_GET_LIB(error->code), reason = ERR_GET_REASON(error->code);
        ERR_new();
        ERR_set_debug(error->file, error->line, error->function);
        if (error->data)
            ERR_set_error(library, reason, "%s", error->data);
        else
            ERR_set_error(library, reason, NULL);
        OPENSSL_free(error->file);
        OPENSSL_free(error->function);
        OPENSSL_free(error->data);
    }
    others->count = 0;
}

void errors_begin(env_t *env) {
    if (ERR_peek_error() != 0) put_aside(&((tls_t *)env)->others);
}

void errors_end(env_t *env) {
    tls_t *tls = (tls_t *)env;
    if (ERR_peek_error() != 0) ERR_clear_error();
    if (tls->others.count > 0) put_back(&tls->others);
}

/* What OpenSSL says when it finds no implementation. A decoder says so of anything that it cannot
 * decode. */
static bool names_unsupported(unsigned long error) {
    int library = ERR_GET_LIB(error), reason = ERR_GET_REASON(error);
    if (library == ERR_LIB_PEM)
        return reason == PEM_R_UNSUPPORTED_ENCRYPTION || reason == PEM_R_UNSUPPORTED_CIPHER;
    if (library == ERR_LIB_EVP && reason == EVP_R_UNSUPPORTED_ALGORITHM) return true;
    return library != ERR_LIB_OSSL_DECODER && reason == ERR_R_UNSUPPORTED;
}

/* SSL_R_RECORD_LAYER_FAILURE, which OpenSSL has from 3.2 on, only says that the reason is the one
 * before. */
static bool says_nothing(unsigned long error) {
    enum { RECORD_LAYER_FAILURE = 313 };
    return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == RECORD_LAYER_FAILURE;
}

/* Empties the queue. */
static unsigned long take_all(bool *has_unsupported) {
    unsigned long reason = 0, error;
    while ((error = ERR_get_error()) != 0) {
        if (reason == 0 || !says_nothing(error)) reason = error;
        if (names_unsupported(error)) *has_unsupported = true;
    }
    return reason;
}

unsigned long errors_take(void) {
    bool has_unsupported = false;
    return take_all(&has_unsupported);
}

int64_t tls_problem(tls_t *tls, int problem) {
    bool has_unsupported = false;
    unsigned long reason = take_all(&has_unsupported);
    tls->reason = problem ? reason : 0;
    bool is_unread = problem == TLS_NO_PASSPHRASE || problem == TLS_BAD_PASSPHRASE;
    return is_unread && has_unsupported ? TLS_OLD_ENCRYPTION : problem;
}

int64_t tls_result(tls_t *tls, bool good) {
    return tls_problem(tls, good ? 0 : TLS_FAILED);
}
