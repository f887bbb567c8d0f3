/* The inbox: memory of an environment that a loop over datagrams receives into, by one recvmmsg(2) for all that is
 * there. It is laid out once, so that a call costs what has come and not what could have.
 *
 * The first bytes of each datagram come into memory that JavaScript reads. What is longer goes on in memory of
 * the inbox, which is large enough for any unix datagram and takes no page before it is used: so the length
 * need not be asked for first. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../port/port.h"
#include "../syscall.h"
#include "cmsg.h"
#include "sys.h"

/* Datagrams of one call. */
enum { ROWS = 64 };

/* The bytes of a datagram that JavaScript reads, more than an Ethernet frame has. It is no power of two: the
 * beginnings of all datagrams would meet in the same few lines of the cache. */
enum { SHARE = 2112 };

/* Room for the most descriptors, and for a dozen other control messages. */
enum { CONTROL = 2112 };

enum { NAME = sizeof(struct sockaddr_storage) };

/* Senders that are known again by their bytes: a row says which, and whether the place has a new one. */
enum { SENDERS = 256, NEW_SENDER = 1 << 16, NO_SENDER = -1 };

/* What one datagram beyond its share may have, if `ROWS` divide this among them. 16 of them have 8 MiB each: the kernel
 * makes none of more than some 4 MiB. */
#define LONG_BYTES ((size_t)128 << 20)

/* From this size on the pages of a long datagram are given back. */
enum { GIVE_BACK = 1 << 16 };

typedef struct {
    int32_t length; /* of the datagram, which may exceed the room */
    int32_t sender; /* place of the sender, or NO_SENDER */
    int32_t name_length, control_length, flags;
    int32_t copy; /* where JavaScript wants a copy of what came; written by it */
} row_t;

/* Memory shared with JavaScript. */
typedef struct {
    row_t rows[ROWS];
    uint8_t names[ROWS][NAME];
    uint8_t shares[ROWS][SHARE];
    uint8_t control[ROWS][CONTROL];
} shared_inbox_t;

/* JavaScript protects the memory, which takes a power of two. */
enum { INBOX_BYTES = 1 << 19 };
_Static_assert(sizeof(shared_inbox_t) <= INBOX_BYTES, "the inbox does not fit");

typedef struct {
    uint32_t length;
    uint8_t bytes[NAME];
} sender_t;

typedef struct inbox {
    env_t *env;
    napi_ref shared_ref;
    shared_inbox_t *shared;
    uint8_t *rest; /* LONG_BYTES */
    cleanup_t cleanup;
    size_t count, room; /* that it is laid out for */
    size_t used;        /* headers that the kernel has written to */
    struct mmsghdr messages[ROWS];
    struct iovec vectors[ROWS][2];
    sender_t senders[SENDERS];
} inbox_t;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Shares out the memory among so many datagrams of so much room. */
static void lay_out(inbox_t *inbox, size_t count, size_t room) {
    size_t share = least(room, SHARE), rest = LONG_BYTES / count;
    for (size_t i = 0; i < count; i++) {
        inbox->vectors[i][0] = (struct iovec){inbox->shared->shares[i], share};
        inbox->vectors[i][1] = (struct iovec){inbox->rest + i * rest, least(room - share, rest)};
        struct msghdr *header = &inbox->messages[i].msg_hdr;
        memset(header, 0, sizeof *header);
        header->msg_iov = inbox->vectors[i];
        header->msg_iovlen = room > share ? 2 : 1;
        header->msg_name = inbox->shared->names[i];
        header->msg_control = inbox->shared->control[i];
    }
    inbox->count = count;
    inbox->room = room;
    inbox->used = count;
}

/* What the kernel has written to the headers is the room that it finds there. */
static void refresh(inbox_t *inbox) {
    for (size_t i = 0; i < inbox->used; i++) {
        inbox->messages[i].msg_hdr.msg_namelen = NAME;
        inbox->messages[i].msg_hdr.msg_controllen = CONTROL;
    }
    inbox->used = 0;
}

/* FNV-1a, over what tells most senders apart. */
static uint32_t hash_of(const uint8_t *bytes, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ bytes[i]) * 16777619u;
    return hash ^ hash >> 16;
}

static int32_t place_of(inbox_t *inbox, const uint8_t *name, size_t length) {
    if (length < sizeof(sa_family_t)) return NO_SENDER;
    uint32_t place = hash_of(name, length) % SENDERS;
    sender_t *sender = &inbox->senders[place];
    if (sender->length == length && memcmp(sender->bytes, name, length) == 0) return (int32_t)place;
    sender->length = (uint32_t)length;
    memcpy(sender->bytes, name, length);
    return (int32_t)place | NEW_SENDER;
}

static row_t row_of(inbox_t *inbox, size_t i) {
    const struct msghdr *header = &inbox->messages[i].msg_hdr;
    size_t name_length = least(header->msg_namelen, NAME);
    unsigned length = inbox->messages[i].msg_len;
    return (row_t){
        .length = (int32_t)(length < INT_MAX ? length : INT_MAX),
        .sender = place_of(inbox, inbox->shared->names[i], name_length),
        .name_length = (int32_t)name_length,
        .control_length = (int32_t)least(header->msg_controllen, CONTROL),
        .flags = header->msg_flags,
    };
}

/* inboxReceive(fd, flags, count, room) -> the number of datagrams, of which the rows tell. Descriptors that
 * arrive are close-on-exec. */
static ssize_t sys_inbox_receive(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 1);
    int count = call_int(call, 2), room = call_int(call, 3);
    if (!call_ok(call)) return -1;
    inbox_t *inbox = call->env->inbox;
    if (inbox == NULL) return fail_with(EBADF);
    if (count < 1 || count > ROWS || room < 1) return fail_with(EINVAL);
    if (inbox->count != (size_t)count || inbox->room != (size_t)room)
        lay_out(inbox, (size_t)count, (size_t)room);
    refresh(inbox);
    int result = receive_messages(fd, inbox->messages, (unsigned)count, flags);
    for (int i = 0; i < result && i < count; i++) {
        inbox->shared->rows[i] = row_of(inbox, (size_t)i);
        if (inbox->messages[i].msg_hdr.msg_controllen > 0)
            cmsg_add_descriptors(call->env, &inbox->messages[i].msg_hdr);
    }
    inbox->used = result < 0 ? 0 : (size_t)result;
    return result;
}

/* inboxReceiveOne(fd, flags, room) -> bytes, as recvfrom(2): its data begins where that of the first row does, and
 * may go on over the shares of others */
static ssize_t sys_inbox_receive_one(call_t *call) {
    int fd = call_int(call, 0), flags = call_int(call, 1), room = call_int(call, 2);
    if (!call_ok(call)) return -1;
    inbox_t *inbox = call->env->inbox;
    if (inbox == NULL) return fail_with(EBADF);
    shared_inbox_t *shared = inbox->shared;
    if (room < 1 || (size_t)room > sizeof shared->shares) return fail_with(EINVAL);
    socklen_t length = NAME;
    ssize_t result = recvfrom(fd, shared->shares, (size_t)room, flags,
                              (struct sockaddr *)shared->names[0], &length);
    if (result < 0) return result;
    size_t name_length = least(length, NAME);
    shared->rows[0].sender = place_of(inbox, shared->names[0], name_length);
    shared->rows[0].name_length = (int32_t)name_length;
    return result;
}

/* Copies what came with a row, as far as there is room for it. */
static size_t copy_row(inbox_t *inbox, size_t i, bytes_t to) {
    const struct iovec *vectors = inbox->vectors[i];
    size_t length = least(inbox->messages[i].msg_len, to.length);
    size_t share = least(length, vectors[0].iov_len);
    size_t rest = least(length - share, vectors[1].iov_len);
    if (share > 0) memcpy(to.start, vectors[0].iov_base, share);
    if (rest > 0) memcpy(to.start + share, vectors[1].iov_base, rest);
    return share + rest;
}

/* inboxTake(row, into) -> bytes: copies a datagram that is longer than its share */
static int64_t inbox_take(call_t *call) {
    int row = call_int(call, 0);
    bytes_t to = call_bytes(call, 1);
    if (!call_ok(call)) return -1;
    inbox_t *inbox = call->env->inbox;
    if (inbox == NULL) return -EBADF;
    if (row < 0 || (size_t)row >= inbox->used) return -EINVAL;
    size_t bytes = copy_row(inbox, (size_t)row, to);
    struct iovec rest = inbox->vectors[row][1];
    if (bytes > GIVE_BACK) madvise(rest.iov_base, least(bytes, rest.iov_len), MADV_DONTNEED);
    return (int64_t)bytes;
}

/* inboxCopy(first row, rows, bytes at most of each, into) -> 0 or -errno: copies what came of each into its share to where
 * its row says. One call for all rows costs less than a copy from JavaScript for each. */
static int64_t inbox_copy(call_t *call) {
    int first = call_int(call, 0), count = call_int(call, 1), most = call_int(call, 2);
    bytes_t to = call_bytes(call, 3);
    if (!call_ok(call)) return -1;
    inbox_t *inbox = call->env->inbox;
    if (inbox == NULL) return -EBADF;
    if (first < 0 || count < 0 || most < 0 || (int64_t)first + count > (int64_t)inbox->used)
        return -EINVAL;
    for (size_t i = (size_t)first; i < (size_t)first + (size_t)count; i++) {
        const struct iovec *share = &inbox->vectors[i][0];
        size_t at = (uint32_t)inbox->shared->rows[i].copy;
        size_t length = least(least(inbox->messages[i].msg_len, (size_t)most), share->iov_len);
        if (at > to.length || length > to.length - at) return -EINVAL;
        /* The start of an empty view may be NULL, which takes no offset. */
        if (length > 0) memcpy(to.start + at, share->iov_base, length);
    }
    return 0;
}

static void inbox_free(inbox_t *inbox) {
    if (inbox->rest != MAP_FAILED) munmap(inbox->rest, LONG_BYTES);
    free(inbox);
}

static void inbox_close(void *data) {
    inbox_t *inbox = data;
    napi_delete_reference(inbox->env->napi, inbox->shared_ref);
    inbox->env->inbox = NULL;
    /* Its neighbours in the list may leave it later. */
    env_remove_cleanup(&inbox->cleanup);
    inbox_free(inbox);
}

/* The shared memory as an ArrayBuffer, which a reference keeps alive. */
static napi_value new_shared_inbox(inbox_t *inbox) {
    napi_env napi = inbox->env->napi;
    napi_value buffer;
    void *start = NULL;
    /* It is zeroed, mostly without being touched. */
    if (napi_create_arraybuffer(napi, INBOX_BYTES, &start, &buffer) != napi_ok) return NULL;
    inbox->shared = start;
    if (napi_create_reference(napi, buffer, 1, &inbox->shared_ref) != napi_ok) return NULL;
    return buffer;
}

/* inboxOpen() -> the shared memory, or -errno. Once per environment. */
static napi_value inbox_open(call_t *call) {
    const int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    napi_env napi = call->napi;
    if (call->env->inbox != NULL) return new_int(napi, -EEXIST);
    inbox_t *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL) return new_int(napi, -ENOMEM);
    inbox->env = call->env;
    inbox->rest = mmap(NULL, LONG_BYTES, PROT_READ | PROT_WRITE, how, -1, 0);
    napi_value shared = inbox->rest == MAP_FAILED ? NULL : new_shared_inbox(inbox);
    if (shared == NULL) {
        inbox_free(inbox);
        return new_int(napi, -ENOMEM);
    }
    call->env->inbox = inbox;
    env_add_cleanup(call->env, &inbox->cleanup, inbox_close, inbox);
    return shared;
}

const method_t inbox_methods[] = {
    {"inboxOpen", .value = inbox_open},
    {"inboxReceive", .syscall = sys_inbox_receive},
    {"inboxReceiveOne", .syscall = sys_inbox_receive_one},
    {"inboxTake", .number = inbox_take},
    {"inboxCopy", .number = inbox_copy},
    {0},
};
