/* struct tcp_info. */
#include <stddef.h>
#include <string.h>

#include "value.h"

/* struct tcp_info of Linux 6.18. It only ever grows: older kernels answer with fewer bytes. The
 * headers of the build machine may know fewer fields, so they are not used. */
struct kernel_tcp_info {
    uint8_t state, ca_state, retransmits, probes, backoff, options;
    uint8_t wscale;   /* snd 4 bits, rcv 4 bits */
    uint8_t app_bits; /* delivery_rate_app_limited 1 bit, fastopen_client_fail 2 bits */
    uint32_t rto, ato, snd_mss, rcv_mss, unacked, sacked, lost, retrans, fackets;
    uint32_t last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
    uint32_t pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering;
    uint32_t rcv_rtt, rcv_space, total_retrans;
    uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
    uint32_t segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in, data_segs_out;
    uint64_t delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
    uint32_t delivered, delivered_ce;
    uint64_t bytes_sent, bytes_retrans;
    uint32_t dsack_dups, reord_seen, rcv_ooopack, snd_wnd, rcv_wnd, rehash;
    uint16_t total_rto, total_rto_recoveries;
    uint32_t total_rto_time;
    uint32_t received_ce, delivered_e1_bytes, delivered_e0_bytes, delivered_ce_bytes;
    uint32_t received_e1_bytes, received_e0_bytes, received_ce_bytes;
    /* The last 32 bits are left out: kernels with the same length divide them differently. */
};

typedef struct {
    const char *name;
    uint16_t offset;
    uint8_t size, shift, bits; /* bits 0: the whole field */
} field_t;

#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct kernel_tcp_info, name), sizeof((struct kernel_tcp_info *)0)->name,  \
            0, 0                                                                                   \
    }
#define BITS(name, field, shift, bits)                                                             \
    {                                                                                              \
#name, offsetof(struct kernel_tcp_info, field), 1, shift, bits                             \
    }

static const field_t tcp_info_fields[] = {
    FIELD(state),
    FIELD(ca_state),
    FIELD(retransmits),
    FIELD(probes),
    FIELD(backoff),
    FIELD(options),
    BITS(snd_wscale, wscale, 0, 4),
    BITS(rcv_wscale, wscale, 4, 4),
    BITS(delivery_rate_app_limited, app_bits, 0, 1),
    BITS(fastopen_client_fail, app_bits, 1, 2),
    FIELD(rto),
    FIELD(ato),
    FIELD(snd_mss),
    FIELD(rcv_mss),
    FIELD(unacked),
    FIELD(sacked),
    FIELD(lost),
    FIELD(retrans),
    FIELD(fackets),
    FIELD(last_data_sent),
    FIELD(last_ack_sent),
    FIELD(last_data_recv),
    FIELD(last_ack_recv),
    FIELD(pmtu),
    FIELD(rcv_ssthresh),
    FIELD(rtt),
    FIELD(rttvar),
    FIELD(snd_ssthresh),
    FIELD(snd_cwnd),
    FIELD(advmss),
    FIELD(reordering),
    FIELD(rcv_rtt),
    FIELD(rcv_space),
    FIELD(total_retrans),
    FIELD(pacing_rate),
    FIELD(max_pacing_rate),
    FIELD(bytes_acked),
    FIELD(bytes_received),
    FIELD(segs_out),
    FIELD(segs_in),
    FIELD(notsent_bytes),
    FIELD(min_rtt),
    FIELD(data_segs_in),
    FIELD(data_segs_out),
    FIELD(delivery_rate),
    FIELD(busy_time),
    FIELD(rwnd_limited),
    FIELD(sndbuf_limited),
    FIELD(delivered),
    FIELD(delivered_ce),
    FIELD(bytes_sent),
    FIELD(bytes_retrans),
    FIELD(dsack_dups),
    FIELD(reord_seen),
    FIELD(rcv_ooopack),
    FIELD(snd_wnd),
    FIELD(rcv_wnd),
    FIELD(rehash),
    FIELD(total_rto),
    FIELD(total_rto_recoveries),
    FIELD(total_rto_time),
    FIELD(received_ce),
    FIELD(delivered_e1_bytes),
    FIELD(delivered_e0_bytes),
    FIELD(delivered_ce_bytes),
    FIELD(received_e1_bytes),
    FIELD(received_e0_bytes),
    FIELD(received_ce_bytes),
};
enum { TCP_INFO_FIELDS = sizeof tcp_info_fields / sizeof tcp_info_fields[0] };
_Static_assert((int)TCP_INFO_FIELDS <= (int)REGISTERS, "a register for each field of tcp_info");
enum { TCP_INFO_ROOM = 320 }; /* a newer kernel may fill more bytes than are read here */
_Static_assert(sizeof(struct kernel_tcp_info) <= TCP_INFO_ROOM, "room for tcp_info");

static double field_value(const field_t *field, const uint8_t *from) {
    const uint16_t probe = 1;
    const bool little_endian = *(const uint8_t *)&probe;
    uint64_t value = 0;
    size_t at = little_endian ? 0 : sizeof value - field->size;
    memcpy((uint8_t *)&value + at, from + field->offset, field->size);
    if (field->bits == 0) return (double)value;
    /* Bit fields start at the lowest bit on a little-endian machine, at the highest on others. */
    int shift = little_endian ? field->shift : 8 - field->shift - field->bits;
    return (double)(value >> shift & ((1u << field->bits) - 1));
}

/* One register per field; a field that this kernel does not know is NaN. */
static int decode_tcp_info(value_t *value, const void *from, socklen_t length) {
    for (int i = 0; i < TCP_INFO_FIELDS; i++) {
        const field_t *field = &tcp_info_fields[i];
        bool known = (socklen_t)field->offset + field->size <= length;
        value->registers[i].number = known ? field_value(field, from) : (double)__builtin_nan("");
    }
    return 0;
}

static const kind_t kinds[] = {{"tcp_info", TCP_INFO_ROOM, NULL, decode_tcp_info}};
const kind_group_t tcp_info_kinds = KIND_GROUP(kinds);

napi_value tcp_info_names(napi_env napi) {
    napi_value names;
    napi_create_array_with_length(napi, TCP_INFO_FIELDS, &names);
    for (uint32_t i = 0; i < TCP_INFO_FIELDS; i++)
        napi_set_element(napi, names, i, new_string(napi, tcp_info_fields[i].name));
    return names;
}
