/* Options of packet sockets. */
#include <linux/if_packet.h>
#include <string.h>

#include "value.h"

/* struct packet_mreq, whose address may be longer than that says: the kernel takes up to 32 bytes */
struct packet_membership {
    int32_t ifindex;
    uint16_t type, length;
    uint8_t address[32];
};
_Static_assert(offsetof(struct packet_membership, address) ==
                   offsetof(struct packet_mreq, mr_address),
               "packet_mreq as the system has it");

/* registers: 0 interface index, 1 PACKET_MR_*; bytes the hardware address */
static int encode_membership(value_t *value, void *to) {
    struct packet_membership request;
    memset(&request, 0, sizeof request);
    if (value->bytes.length > sizeof request.address) return -EINVAL;
    request.ifindex = (int32_t)register_int(value, 0);
    request.type = (uint16_t)register_int(value, 1);
    request.length = (uint16_t)value->bytes.length;
    if (value->bytes.length) memcpy(request.address, value->bytes.start, value->bytes.length);
    memcpy(to, &request, sizeof request);
    return 0;
}

/* struct tpacket_stats: registers 0 frames, 1 those that were dropped */
static int decode_statistics(value_t *value, const void *from, socklen_t length) {
    struct tpacket_stats statistics;
    if (length < sizeof statistics) return -EINVAL;
    memcpy(&statistics, from, sizeof statistics);
    value->registers[0].number = statistics.tp_packets;
    value->registers[1].number = statistics.tp_drops;
    return 0;
}

/* struct tpacket_rollover_stats: 64 bits each in registers 0 all, 1 huge, 2 failed */
static int decode_rollover(value_t *value, const void *from, socklen_t length) {
    struct tpacket_rollover_stats statistics;
    if (length < sizeof statistics) return -EINVAL;
    memcpy(&statistics, from, sizeof statistics);
    value->registers[0].u64 = statistics.tp_all;
    value->registers[1].u64 = statistics.tp_huge;
    value->registers[2].u64 = statistics.tp_failed;
    return 0;
}

/* struct tpacket_auxdata, a control message: registers 0 status, 1 length, 2 captured length, 3 and 4
 * where the link and the network header begin, 5 VLAN tag and 6 its protocol */
static int decode_auxdata(value_t *value, const void *from, socklen_t length) {
    struct tpacket_auxdata data;
    if (length < sizeof data) return -EINVAL;
    memcpy(&data, from, sizeof data);
    value->registers[0].number = data.tp_status;
    value->registers[1].number = data.tp_len;
    value->registers[2].number = data.tp_snaplen;
    value->registers[3].number = data.tp_mac;
    value->registers[4].number = data.tp_net;
    value->registers[5].number = data.tp_vlan_tci;
    value->registers[6].number = data.tp_vlan_tpid;
    return 0;
}

static const kind_t kinds[] = {
    {"packet_mreq", sizeof(struct packet_membership), encode_membership, NULL},
    {"packet_stats", sizeof(struct tpacket_stats), NULL, decode_statistics},
    {"packet_rollover", sizeof(struct tpacket_rollover_stats), NULL, decode_rollover},
    {"packet_auxdata", sizeof(struct tpacket_auxdata), NULL, decode_auxdata},
};
const kind_group_t link_kinds = KIND_GROUP(kinds);
