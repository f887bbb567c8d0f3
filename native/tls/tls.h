/* The TLS addon: OpenSSL on the descriptors of the first addon. It has no OpenSSL of its own: the
 * symbols are those that the Node binary exports, so its version is the one that Node reports.
 *
 *   context_t   an SSL_CTX: keys, trust, protocol. Sessions share it and count as users.
 *   session_t   an SSL with the ciphertext on its way in and out.
 *
 * JavaScript has both as externals, see handles.c. */
#ifndef BERKELEY_TLS_H
#define BERKELEY_TLS_H

#include <openssl/ssl.h>

#include "../call.h"
#include "queue.h"

/* What a call answers besides a count and -errno. Far below any -errno. */
enum {
    TLS_FAILED = -5000,           /* OpenSSL failed; its reason can be asked for */
    TLS_TRUNCATED = -5001,        /* the stream ended without close_notify */
    TLS_WANT_SERVER = -5002,      /* the client's hello has arrived: choose a context */
    TLS_WANT_VERDICT = -5003,     /* the chain was verified: decide about the peer */
    TLS_WANT_CERTIFICATE = -5005, /* the server asks for a certificate: choose one */
    TLS_WANT_TURN = -5004,        /* much arrived without any data: let other sockets go first */
    TLS_WANT_PSK = -5006,         /* the peer has named a key: find it */

    /* What is wrong with keys and certificates, where OpenSSL's reason does not say what to mend. */
    TLS_NO_CERTIFICATE = -5010, /* there is none, or none for the key */
    TLS_NO_KEY = -5011,         /* there is no private key */
    TLS_NO_LIST = -5012,        /* there is no revocation list */
    TLS_NO_PASSPHRASE = -5013,  /* it is encrypted, and there is no passphrase */
    TLS_BAD_PASSPHRASE = -5014, /* it is encrypted by another passphrase */
    TLS_OLD_ENCRYPTION = -5015, /* it is encrypted by an algorithm that OpenSSL does not have */
    TLS_KEY_MISMATCH = -5016,   /* the key is not that of the certificate */
    TLS_NOT_PKCS12 = -5017,     /* the bytes are something else */
};

/* Registers after a call that moves data: bytes that are not sent yet, whether the socket had no
 * more, notifications. */
enum { REGISTER_UNSENT, REGISTER_DRAINED, REGISTER_NOTIFICATIONS };

/* Bits of that register. */
enum { NOTIFY_KEYLOG = 1, NOTIFY_SESSION = 2, NOTIFY_CERTIFICATE = 4 };

/* Bits of contextVerify(). */
enum {
    VERIFY_ASK = 1,           /* ask the peer for a certificate */
    VERIFY_REQUIRE = 2,       /* refuse a peer without one */
    VERIFY_REJECT = 4,        /* refuse a peer whose certificate cannot be verified */
    VERIFY_IGNORE_TIME = 8,   /* accept a certificate before and after its time */
    VERIFY_REQUIRE_OCSP = 16, /* a client refuses a server that staples no OCSP response */
    VERIFY_ASK_VERDICT = 64,  /* JavaScript decides, whatever the chain is */
    VERIFY_LATER = 128,       /* ask a client when JavaScript says so, and not in the handshake */
    VERIFY_PARTIAL_CHAIN = 32 /* a chain may end in any trusted certificate, not only in a root */
};

/* In: four full records, which is what a receive of 64 KiB has room for. */
enum { SCRATCH_IN = 66 << 10, SCRATCH_OUT = 1 << 17 };

/* An error of OpenSSL, with copies of its texts. */
typedef struct {
    unsigned long code;
    int line;
    char *file, *function, *data; /* or NULL */
} queued_error_t;

enum { ERRORS_MAX = 16 }; /* OpenSSL's queue has room for so many */

/* The errors that were in the queue before the current call. */
typedef struct {
    queued_error_t of[ERRORS_MAX];
    size_t count;
} others_t;

/* State of one environment. The ciphertext of the current call is in the scratch memory; what is
 * left over when the call ends goes to the session, so an idle session needs no memory for it. */
typedef struct {
    env_t env; /* first: a call has a pointer to it */
    BIO_METHOD *method;
    others_t others;
    unsigned long reason; /* why the last call without a session failed, or 0 */
    X509_STORE *roots;    /* the default trust, parsed once; NULL until it is needed */
    uint8_t in[SCRATCH_IN];
    size_t in_at, in_end;
    uint8_t out[SCRATCH_OUT];
    size_t out_end;
} tls_t;

static inline tls_t *tls_of(const call_t *call) {
    return (tls_t *)call->env;
}

enum { KIND_CONTEXT = 0x43545831, KIND_SESSION = 0x53455331 };

/* What session tickets are encrypted by. */
typedef struct {
    uint8_t name[16], mac[32], key[32];
    int half;     /* the length of mac and key: 32, or 16 as Node has it; 0 when there is none */
    int64_t born; /* in milliseconds */
} ticket_key_t;

enum { TICKET_KEYS_MAX = 8 };

typedef struct {
    ticket_key_t of[TICKET_KEYS_MAX]; /* the first encrypts */
    bool are_given;                   /* by the user, who renews them */
    int64_t lifetime;                 /* of a session, in milliseconds */
} ticket_keys_t;

typedef struct {
    uint32_t kind;
    int users; /* the external and the sessions */
    tls_t *tls;
    SSL_CTX *ctx;
    uint8_t *alpn; /* a server's protocols, in wire form */
    unsigned int alpn_length;
    uint8_t *ocsp; /* the OCSP response that a server staples */
    int ocsp_length;
    bool selects;       /* stop after the client's hello, for another context by its server name */
    bool rejects;       /* VERIFY_REJECT */
    bool asks;          /* VERIFY_ASK_VERDICT */
    bool shows;         /* a client stops when it is asked for a certificate, to choose one */
    bool requires_ocsp; /* VERIFY_REQUIRE_OCSP */
    int later_mode;     /* SSL_VERIFY_* of a request after the handshake, or 0 */
    int ocsp_age;       /* the most seconds since a response was made, or -1 */
    bool keylog;
    bool has_psk; /* sessions may use pre-shared keys */
    int64_t told; /* to the garbage collector, in bytes */
    ticket_keys_t ticket_keys;
} context_t;

/* What JavaScript has to decide while the handshake waits. */
typedef enum { UNASKED, ASKED, ACCEPTED, REFUSED } decision_t;

/* The ciphertext of a session, and the call that moves it. */
typedef struct {
    queue_t in, out;       /* out is unsent */
    int deferred;          /* an error behind data that was good: the next read's answer, or 0 */
    int broken;            /* -errno when nothing can be sent any more, or 0 */
    bool is_held;          /* nothing is sent before the verdict */
    bool has_buffers;      /* OpenSSL may have its buffers */
    bool eof;              /* the peer has sent FIN */
    bool short_is_drained; /* a receive that does not fill its room has drained the socket */

    /* Of the current call. */
    int fd;          /* -1 between calls, and for a session within another one */
    int error;       /* errno of a system call, or 0 */
    int receives;    /* how often it received */
    size_t wanted;   /* bytes of data that the caller has room for */
    bool has_data;   /* it has data to answer with */
    bool drained;    /* the socket has no more */
    bool must_yield; /* it stopped, though the socket may have more */
} session_io_t;

/* Whether a client was asked for a certificate after the handshake. */
typedef enum { LATER_NONE, LATER_ASKED, LATER_ANSWERED } later_t;

/* What a client offers in its hello, as bytes of its extensions. */
enum { HELLO_PROTOCOLS, HELLO_VERSIONS, HELLO_SIGALGS, HELLO_PSKS, HELLO_CIPHERS, HELLO_PARTS };

typedef struct {
    uint8_t *start; /* NULL when it is absent */
    size_t length;
} hello_part_t;

typedef struct {
    hello_part_t parts[HELLO_PARTS];
    unsigned int version; /* the highest, of a client that does not list them */
} hello_t;

/* The protocol that JavaScript has chosen: none yet, or none at all, or these bytes. */
typedef struct {
    decision_t decision;
    uint8_t name[255];
    uint8_t length;
} protocol_t;

/* What a session knows about its peer, and has decided. */
typedef struct {
    decision_t hello, verdict;
    later_t later;
    decision_t shown;     /* the certificate that a client shows */
    char *servername;     /* from the client's hello */
    hello_t client_hello; /* until the choice is made */
    protocol_t protocol;
    bool checks_name;       /* stop a client's handshake for the check of the peer's names */
    X509 *leaf;             /* the peer's certificate, while its chain is being verified */
    STACK_OF(X509) * chain; /* the verified one, while the names are being checked */
    long verify_result;
    const char *refusal;     /* why the peer was refused, where it was not OpenSSL; a constant */
    SSL_SESSION *resumption; /* the latest that arrived */
    uint8_t id[SSL_MAX_SID_CTX_LENGTH]; /* only a session that was made for this is resumed */
    unsigned int id_length;
} session_peer_t;

/* A pre-shared key, and the question for it. */
typedef struct {
    decision_t
        decision;   /* in TLS 1.2: ASKED until JavaScript has answered, ACCEPTED from then on */
    uint8_t *asked; /* the identity or the hint that the peer has sent; NULL for no hint */
    size_t asked_length;
    bool refuses;   /* the client is refused for what its hello has */
    bool was_taken; /* OpenSSL has been given the key */
    char identity[PSK_MAX_IDENTITY_LEN + 1];
    uint8_t key[PSK_MAX_PSK_LEN];
    size_t key_length; /* 0 for no key */
} psk_t;

typedef struct session {
    uint32_t kind;
    tls_t *tls;
    context_t *context, *chosen; /* chosen: by the name in the hello, or NULL */
    SSL *ssl;                    /* NULL when the session was freed */
    session_io_t io;
    session_peer_t peer;
    psk_t *psk; /* NULL without pre-shared keys */
    queue_t keylog;
    int64_t told;           /* to the garbage collector, in bytes */
    unsigned notifications; /* NOTIFY_* since the last call */
    bool failed;
    unsigned long failure; /* an error code of OpenSSL, or 0 */
} session_t;

static inline context_t *context_of(const SSL *ssl) {
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static inline session_t *session_of(const SSL *ssl) {
    return SSL_get_app_data(ssl);
}

/* errors.c: what surrounds everything that uses OpenSSL. */
void errors_begin(env_t *env);
void errors_end(env_t *env);
/* The latest reason in the queue, which is empty then. */
unsigned long errors_take(void);
/* 0, or TLS_FAILED after keeping the reason for lastReason(). */
int64_t tls_result(tls_t *tls, bool good);
/* The same for a result that says more. What could not be decrypted becomes TLS_OLD_ENCRYPTION where
 * OpenSSL missed an algorithm. */
int64_t tls_problem(tls_t *tls, int problem);

/* handles.c */
context_t *call_context(call_t *call, size_t index);
session_t *call_session(call_t *call, size_t index);
/* The session in argument 0; NULL when the argument is bad, or the session was freed. */
session_t *call_open_session(call_t *call);

/* memory.c: tells the garbage collector what is held, and that it no longer is. */
void memory_of_session(session_t *session);
/* A context, and what was added to it: so many bytes of certificates. */
void memory_of_context(context_t *context, size_t encoded);
void memory_of_context_freed(context_t *context);
extern const method_t memory_methods[];

/* bio.c */
BIO_METHOD *bio_method(void);
bool bio_attach(session_t *session);
void bio_begin(session_t *session, int fd);
/* Sends what OpenSSL made, and keeps the rest; 0 or -errno. */
int bio_flush(session_t *session);
void bio_end(session_t *session);

/* hello.c */
void hello_keep(SSL *ssl, hello_t *hello);
void hello_free(hello_t *hello);
extern const method_t hello_methods[];

/* psk.c */
bool psk_prepare(session_t *session);
void psk_free(session_t *session);
/* Whether what has arrived must not be read yet: more has to arrive, or JavaScript has to find a key. */
bool psk_holds(session_t *session);
bool psk_is_asked(const session_t *session);
/* Whether a key that both know, and no certificate of the client's, is what authenticates the handshake. */
bool psk_was_used(const session_t *session);
extern const method_t psk_methods[];

/* verdict.c: a verdict that OpenSSL does not wait for. */
void verdict_install(SSL_CTX *ctx);
/* Before the handshake of a server: for the context that verifies the peer. */
void verdict_prepare(session_t *session);
/* For a handshake that OpenSSL is done with: 0, or TLS_WANT_VERDICT, and nothing is sent until it is
 * there. */
int verdict_conclude(session_t *session);
/* Goes on with such a handshake: 0, or a result. */
int verdict_follow(session_t *session);

/* Refuses a peer after the handshake: the result of the call. */
int verdict_refuse(session_t *session);

/* later.c: certificates after the handshake */
bool later_must_look(const session_t *session);
/* Takes what has arrived of an answer, and no data: 0 to go on, or a result. */
int later_look(session_t *session);
extern const method_t later_methods[];
/* shown.c: the certificate that a client shows */
void shown_install(SSL_CTX *ctx);
extern const method_t shown_methods[];

/* verify.c: callbacks of OpenSSL */
int verify_peer(X509_STORE_CTX *store, void *data);
int verify_ocsp(SSL *ssl, void *data);

/* callbacks.c */
void context_install_callbacks(context_t *context);

/* tickets.c */
void context_install_tickets(context_t *context);
extern const method_t ticket_methods[];

/* context.c */
void context_keep(context_t *context);
void context_release(context_t *context);
extern const method_t context_methods[];

/* credentials.c */
extern const method_t credential_methods[];

/* records.c: what surrounds each call that lets OpenSSL read and write. */
int begin_call(session_t *session, int fd, bool reads);
int begin_receive(session_t *session, int fd);
/* What a function of OpenSSL means that did not succeed. */
int result_of(session_t *session, int returned);
/* Marks the session as failed for the reason in OpenSSL's queue. Returns the result. */
int fail_session(session_t *session, int result);
int finish_call(session_t *session, int result, bool reads);
int abort_call(session_t *session, int result);
extern const method_t record_methods[];

/* session.c */
extern const method_t session_methods[];

/* certificates.c */
extern const method_t certificate_methods[];

/* nested.c */
extern const method_t nested_methods[];

/* info.c */
extern const method_t info_methods[];

#endif
