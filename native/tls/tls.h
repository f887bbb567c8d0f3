/* The TLS addon: OpenSSL's engine on our descriptors. It has no OpenSSL of its own: the symbols are
 * those that the Node binary exports, so that TLS here is of the version that Node says it has.
 *
 *   context_t   an SSL_CTX: keys, trust, protocol. Shared by its sessions, which count.
 *   session_t   an SSL with the ciphertext on its way in and out.
 *
 * Both are behind externals in JavaScript, each with a mark of what it is. */
#ifndef BERKELEY_TLS_H
#define BERKELEY_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../call.h"

/* What a call answers beside a count and -errno. Far below any -errno. */
enum {
    TLS_FAILED = -5000,       /* the engine's reason is there to be asked for */
    TLS_TRUNCATED = -5001,    /* the stream ended without close_notify */
    TLS_WANT_SERVER = -5002,  /* the client's hello is there: choose a context */
    TLS_WANT_VERDICT = -5003, /* the chain is good: is it the right peer? */
    TLS_WANT_TURN = -5004,    /* much came, and none of it data: the others have a turn first */
};

/* Registers after a call that moves data. */
enum { REGISTER_HELD, REGISTER_DRAINED, REGISTER_NEWS };

enum { NEWS_KEYLOG = 1, NEWS_SESSION = 2 };

/* Memory that grows; the one at `at` is the next byte to go. */
typedef struct {
    uint8_t *start;
    size_t at, end, room;
} queue_t;

bool queue_add(queue_t *queue, const void *from, size_t length);
size_t queue_length(const queue_t *queue);
void queue_free(queue_t *queue);

/* So often a call fills the scratch memory: records that carry no data, key updates say, would keep it for ever. */
enum { FILLS_MAX = 2 };

/* In: four full records, which is what a receive of 64 KiB has room for. */
enum { SCRATCH_IN = 66 << 10, SCRATCH_OUT = 1 << 17 };

struct session;

/* State of one environment. Ciphertext of the call at work is in the scratch memory; what is left
 * over when the call ends goes to the session, so that an idle session holds no memory for it. */
typedef struct {
    env_t env; /* first: the functions get a pointer to it */
    BIO_METHOD *method;
    X509_STORE *roots; /* the default trust, parsed once; NULL until somebody needs it */
    uint8_t in[SCRATCH_IN];
    size_t in_at, in_end;
    uint8_t out[SCRATCH_OUT];
    size_t out_end;
} tls_t;

enum { KIND_CONTEXT = 0x43545831, KIND_SESSION = 0x53455331 };

typedef struct {
    uint32_t kind;
    int users; /* the external and the sessions */
    tls_t *tls;
    SSL_CTX *ctx;
    uint8_t *alpn; /* a server's protocols, in wire form */
    unsigned int alpn_length;
    uint8_t *staple; /* the OCSP response that a server sends */
    int staple_length;
    bool selects;      /* ask for another context when the client has said whom it wants */
    bool rejects;      /* a peer that cannot be verified is refused */
    bool wants_staple; /* a client refuses a peer that sends no OCSP response */
    bool keylog;
    uint8_t ticket_name[16], ticket_mac[32], ticket_key[32];
    int ticket_key_length; /* of one half: 16 as Node, 32 as OpenSSL, 0 for OpenSSL's own */
} context_t;

typedef enum { UNASKED, ASKED, ANSWERED, REFUSED } answer_t;

typedef struct session {
    uint32_t kind;
    tls_t *tls;
    context_t *context, *chosen; /* chosen: by the name in the hello, or NULL */
    SSL *ssl;
    int fd;            /* of the call at work; -1 between calls */
    bool short_is_all; /* a short receive has got all there was */
    bool drained, eof;
    bool has_data;   /* the call at work has bytes to answer with */
    bool had_enough; /* it stopped, though there may be more in the socket */
    size_t wanted;   /* bytes that the caller has room for */
    int fills;       /* how often it received */
    int io_error;    /* what a system call said, positive */
    int later;       /* what the next read has to say */
    int broken;      /* why nothing can be sent any more, as -errno */
    queue_t in, out;
    answer_t hello, verdict;
    char *servername;                   /* from the client's hello */
    bool checks_name;                   /* a client that wants to look at the names of the peer */
    X509 *leaf;                         /* of the peer, while its chain is being verified */
    STACK_OF(X509) * chain;             /* that was verified, while the names are being looked at */
    SSL_SESSION *resumption;            /* the latest that came */
    uint8_t id[SSL_MAX_SID_CTX_LENGTH]; /* what a session must have been made for to be resumed */
    unsigned int id_length;
    queue_t keylog;
    unsigned news;
    bool failed;
    unsigned long failure; /* of OpenSSL's queue */
    long verify_result;
    const char *refusal; /* our own reason, a constant */
} session_t;

/* addon.c */
context_t *call_context(call_t *call, size_t index);
session_t *call_session(call_t *call, size_t index);
/* 0, or TLS_FAILED: then OpenSSL's queue knows why. */
napi_value call_done(const call_t *call, bool good);

/* bio.c */
BIO_METHOD *bio_method(void);
bool bio_attach(session_t *session);
void bio_begin(session_t *session, int fd);
/* Sends what the engine made, keeps the rest; 0 or -errno. */
int bio_flush(session_t *session);
void bio_end(session_t *session);

/* context.c */
void context_release(context_t *context);
void context_keep(context_t *context);
context_t *context_of(const SSL *ssl);
extern const method_t context_methods[];

/* credentials.c */
extern const method_t credential_methods[];

/* callbacks.c */
void context_listen(context_t *context);
void context_use_tickets(context_t *context);
session_t *session_of(const SSL *ssl);

/* verify.c */
int verify_peer(X509_STORE_CTX *store, void *data);
int verify_staple(SSL *ssl, void *data);

/* session.c */
void session_free(session_t *session);
extern const method_t session_methods[];

/* peer.c */
extern const method_t peer_methods[];

#endif
