/* What OpenSSL holds for an external is reported to the garbage collector: the external itself is a few words,
 * and nothing would be collected for its sake. Sizes are estimates: OpenSSL gives none. */
#include "tls.h"

enum {
    SESSION_BYTES = 12 << 10, /* SSL, its keys, the certificate of the peer */
    BUFFERS_BYTES = 34 << 10, /* a record each way */
    CONTEXT_BYTES = 16 << 10,
    PARSED = 4,                /* a certificate in memory, as a multiple of its encoding */
    NOTEWORTHY = BUFFERS_BYTES /* smaller changes of what waits are not worth a call */
};

static void tell(tls_t *tls, int64_t *told, int64_t now) {
    int64_t total;
    if (now == *told) return;
    napi_adjust_external_memory(tls->env.napi, now - *told, &total);
    *told = now;
}

void memory_of_session(session_t *session) {
    int64_t now = 0;
    if (session->ssl != NULL)
        now = SESSION_BYTES + (session->io.has_buffers ? BUFFERS_BYTES : 0) +
              (int64_t)session->io.in.room + (int64_t)session->io.out.room;
    int64_t change = now - session->told;
    bool is_small = change > -NOTEWORTHY && change < NOTEWORTHY;
    if (is_small && now != 0 && session->told != 0) return;
    tell(session->tls, &session->told, now);
}

void memory_of_context(context_t *context, size_t encoded) {
    int64_t base = context->told == 0 ? CONTEXT_BYTES : context->told;
    tell(context->tls, &context->told, base + (int64_t)encoded * PARSED);
}

void memory_of_context_freed(context_t *context) {
    tell(context->tls, &context->told, 0);
}

/* externalMemory() -> what all modules have reported to the garbage collector, in bytes */
static int64_t external_memory(call_t *call) {
    int64_t total = 0;
    napi_adjust_external_memory(call->napi, 0, &total);
    return total;
}

const method_t memory_methods[] = {
    {"externalMemory", .number = external_memory},
    {0},
};
