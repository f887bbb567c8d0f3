// Made from native/constants/constants.def by scripts/generate-constants.mjs: change that list, not this file.
// The public constants, named as static exports so that every module system sees them.

import { native } from '../native/sockets.js'

// On systems other than Linux a name may be missing: its export is undefined then, and isSupported() says no.
function constant(name: string): number {
  return native.constants[name] as number
}

// Address family.

/** Any family. */
export const AF_UNSPEC: number = constant('AF_UNSPEC')

/** Local sockets, by path or abstract name. */
export const AF_UNIX: number = constant('AF_UNIX')

/** POSIX name of AF_UNIX. */
export const AF_LOCAL: number = constant('AF_LOCAL')

/** Another name of AF_UNIX. */
export const AF_FILE: number = constant('AF_FILE')

/** IPv4. */
export const AF_INET: number = constant('AF_INET')

/** Amateur radio AX.25. */
export const AF_AX25: number = constant('AF_AX25')

/** Novell IPX. */
export const AF_IPX: number = constant('AF_IPX')

/** AppleTalk DDP. */
export const AF_APPLETALK: number = constant('AF_APPLETALK')

/** Amateur radio NET/ROM. */
export const AF_NETROM: number = constant('AF_NETROM')

/** Multiprotocol bridge. */
export const AF_BRIDGE: number = constant('AF_BRIDGE')

/** ATM permanent virtual circuits. */
export const AF_ATMPVC: number = constant('AF_ATMPVC')

/** ITU-T X.25. */
export const AF_X25: number = constant('AF_X25')

/** IPv6. */
export const AF_INET6: number = constant('AF_INET6')

/** Amateur radio X.25 PLP. */
export const AF_ROSE: number = constant('AF_ROSE')

/** DECnet. */
export const AF_DECnet: number = constant('AF_DECnet')

/** 802.2 LLC, reserved. */
export const AF_NETBEUI: number = constant('AF_NETBEUI')

/** Security callback, a pseudo family. */
export const AF_SECURITY: number = constant('AF_SECURITY')

/** IPsec key management. */
export const AF_KEY: number = constant('AF_KEY')

/** Messages between kernel and user space. */
export const AF_NETLINK: number = constant('AF_NETLINK')

/** BSD name of the routing family; AF_NETLINK on Linux. */
export const AF_ROUTE: number = constant('AF_ROUTE')

/** Frames of the link layer. */
export const AF_PACKET: number = constant('AF_PACKET')

/** Ash. */
export const AF_ASH: number = constant('AF_ASH')

/** Acorn Econet. */
export const AF_ECONET: number = constant('AF_ECONET')

/** ATM switched virtual circuits. */
export const AF_ATMSVC: number = constant('AF_ATMSVC')

/** Reliable datagram sockets. */
export const AF_RDS: number = constant('AF_RDS')

/** Systems Network Architecture. */
export const AF_SNA: number = constant('AF_SNA')

/** Infrared. */
export const AF_IRDA: number = constant('AF_IRDA')

/** PPP over X. */
export const AF_PPPOX: number = constant('AF_PPPOX')

/** Wanpipe. */
export const AF_WANPIPE: number = constant('AF_WANPIPE')

/** IEEE 802.2 LLC. */
export const AF_LLC: number = constant('AF_LLC')

/** InfiniBand. */
export const AF_IB: number = constant('AF_IB')

/** Multiprotocol label switching. */
export const AF_MPLS: number = constant('AF_MPLS')

/** Controller area network. */
export const AF_CAN: number = constant('AF_CAN')

/** Transparent inter-process communication. */
export const AF_TIPC: number = constant('AF_TIPC')

/** Bluetooth. */
export const AF_BLUETOOTH: number = constant('AF_BLUETOOTH')

/** Inter-user communication vehicle of z/VM. */
export const AF_IUCV: number = constant('AF_IUCV')

/** RxRPC. */
export const AF_RXRPC: number = constant('AF_RXRPC')

/** mISDN. */
export const AF_ISDN: number = constant('AF_ISDN')

/** Nokia phones. */
export const AF_PHONET: number = constant('AF_PHONET')

/** IEEE 802.15.4 wireless. */
export const AF_IEEE802154: number = constant('AF_IEEE802154')

/** Ericsson CAIF modems. */
export const AF_CAIF: number = constant('AF_CAIF')

/** Cryptography of the kernel. */
export const AF_ALG: number = constant('AF_ALG')

/** Near-field communication. */
export const AF_NFC: number = constant('AF_NFC')

/** Between a virtual machine and its host. */
export const AF_VSOCK: number = constant('AF_VSOCK')

/** Kernel connection multiplexor. */
export const AF_KCM: number = constant('AF_KCM')

/** Qualcomm IPC router. */
export const AF_QIPCRTR: number = constant('AF_QIPCRTR')

/** Shared memory communications. */
export const AF_SMC: number = constant('AF_SMC')

/** Express data path. */
export const AF_XDP: number = constant('AF_XDP')

/** Management component transport protocol. */
export const AF_MCTP: number = constant('AF_MCTP')

// Socket type.

/** A reliable stream of bytes. */
export const SOCK_STREAM: number = constant('SOCK_STREAM')

/** Datagrams. */
export const SOCK_DGRAM: number = constant('SOCK_DGRAM')

/** Packets of the protocol below. */
export const SOCK_RAW: number = constant('SOCK_RAW')

/** Reliable datagrams, in no order. */
export const SOCK_RDM: number = constant('SOCK_RDM')

/** Reliable datagrams in order, over a connection. */
export const SOCK_SEQPACKET: number = constant('SOCK_SEQPACKET')

/** Datagram congestion control protocol. */
export const SOCK_DCCP: number = constant('SOCK_DCCP')

/** Frames of the link layer, obsolete: use AF_PACKET. */
export const SOCK_PACKET: number = constant('SOCK_PACKET')

// Flag beside the socket type.

/** The new descriptor is closed on exec. */
export const SOCK_CLOEXEC: number = constant('SOCK_CLOEXEC')

/** The new descriptor never blocks. */
export const SOCK_NONBLOCK: number = constant('SOCK_NONBLOCK')

// Side that shutdown(2) closes.

/** No more receiving. */
export const SHUT_RD: number = constant('SHUT_RD')

/** No more sending. */
export const SHUT_WR: number = constant('SHUT_WR')

/** Neither. */
export const SHUT_RDWR: number = constant('SHUT_RDWR')

// Flag of send(2) and recv(2).

/** Urgent data. */
export const MSG_OOB: number = constant('MSG_OOB')

/** Leave the data in the queue. */
export const MSG_PEEK: number = constant('MSG_PEEK')

/** Send to directly connected hosts only. */
export const MSG_DONTROUTE: number = constant('MSG_DONTROUTE')

/** DECnet's name of MSG_DONTROUTE. */
export const MSG_TRYHARD: number = constant('MSG_TRYHARD')

/** Ancillary data was cut off. */
export const MSG_CTRUNC: number = constant('MSG_CTRUNC')

/** Supply the second address. */
export const MSG_PROXY: number = constant('MSG_PROXY')

/** The datagram was cut off; when asked for, its real length is returned. */
export const MSG_TRUNC: number = constant('MSG_TRUNC')

/** Do not block, this once. */
export const MSG_DONTWAIT: number = constant('MSG_DONTWAIT')

/** End of a record. */
export const MSG_EOR: number = constant('MSG_EOR')

/** Wait until the buffer is full. */
export const MSG_WAITALL: number = constant('MSG_WAITALL')

/** Kernel flag. */
export const MSG_FIN: number = constant('MSG_FIN')

/** Kernel flag. */
export const MSG_SYN: number = constant('MSG_SYN')

/** The neighbour is alive: no need to probe it. */
export const MSG_CONFIRM: number = constant('MSG_CONFIRM')

/** Kernel flag. */
export const MSG_RST: number = constant('MSG_RST')

/** Read from the error queue. */
export const MSG_ERRQUEUE: number = constant('MSG_ERRQUEUE')

/** EPIPE without the signal. */
export const MSG_NOSIGNAL: number = constant('MSG_NOSIGNAL')

/** More data follows: hold back a partial packet. */
export const MSG_MORE: number = constant('MSG_MORE')

/** recvmmsg(2): stop waiting after the first message. */
export const MSG_WAITFORONE: number = constant('MSG_WAITFORONE')

/** sendmmsg(2): more messages follow. */
export const MSG_BATCH: number = constant('MSG_BATCH')

/** Receive into device memory. */
export const MSG_SOCK_DEVMEM: number = constant('MSG_SOCK_DEVMEM')

/** Send without copying; completion comes over the error queue. */
export const MSG_ZEROCOPY: number = constant('MSG_ZEROCOPY')

/** Send data with the SYN. */
export const MSG_FASTOPEN: number = constant('MSG_FASTOPEN')

/** Received descriptors are closed on exec. */
export const MSG_CMSG_CLOEXEC: number = constant('MSG_CMSG_CLOEXEC')

// Flag of getaddrinfo(3).

/** For bind(2): no host means every local address. */
export const AI_PASSIVE: number = constant('AI_PASSIVE')

/** Give the canonical name. */
export const AI_CANONNAME: number = constant('AI_CANONNAME')

/** The host is a numeric address; no resolver is asked. */
export const AI_NUMERICHOST: number = constant('AI_NUMERICHOST')

/** IPv6 only: give IPv4 addresses as mapped ones if there are no others. */
export const AI_V4MAPPED: number = constant('AI_V4MAPPED')

/** With AI_V4MAPPED: IPv6 addresses and mapped ones. */
export const AI_ALL: number = constant('AI_ALL')

/** Only families for which this host has an address. */
export const AI_ADDRCONFIG: number = constant('AI_ADDRCONFIG')

/** Encode the host name as IDN. Few platforms have it: ask `isSupported` first. */
export const AI_IDN: number = constant('AI_IDN')

/** Decode the canonical name from IDN. Few platforms have it: ask `isSupported` first. */
export const AI_CANONIDN: number = constant('AI_CANONIDN')

/** The service is a port number. */
export const AI_NUMERICSERV: number = constant('AI_NUMERICSERV')

/** Accept mapped addresses if the kernel does. Few platforms have it: ask `isSupported` first. */
export const AI_V4MAPPED_CFG: number = constant('AI_V4MAPPED_CFG')

/** The usual flags: AI_V4MAPPED | AI_ADDRCONFIG. Few platforms have it: ask `isSupported` first. */
export const AI_DEFAULT: number = constant('AI_DEFAULT')

// Flag of getnameinfo(3).

/** The numeric address, no name. */
export const NI_NUMERICHOST: number = constant('NI_NUMERICHOST')

/** The port number, no service name. */
export const NI_NUMERICSERV: number = constant('NI_NUMERICSERV')

/** Local hosts without their domain. */
export const NI_NOFQDN: number = constant('NI_NOFQDN')

/** Fail if there is no name. */
export const NI_NAMEREQD: number = constant('NI_NAMEREQD')

/** The service is one of datagrams. */
export const NI_DGRAM: number = constant('NI_DGRAM')

/** Decode the host name from IDN. Few platforms have it: ask `isSupported` first. */
export const NI_IDN: number = constant('NI_IDN')

/** The scope as a number. Few platforms have it: ask `isSupported` first. */
export const NI_NUMERICSCOPE: number = constant('NI_NUMERICSCOPE')

/** The scope with the address. Few platforms have it: ask `isSupported` first. */
export const NI_WITHSCOPEID: number = constant('NI_WITHSCOPEID')

// Error of getaddrinfo(3) and getnameinfo(3).

/** Invalid flags. */
export const EAI_BADFLAGS: number = constant('EAI_BADFLAGS')

/** Host or service not known. */
export const EAI_NONAME: number = constant('EAI_NONAME')

/** No answer for now. */
export const EAI_AGAIN: number = constant('EAI_AGAIN')

/** The resolver failed for good. */
export const EAI_FAIL: number = constant('EAI_FAIL')

/** The host has no address. Few platforms have it: ask `isSupported` first. */
export const EAI_NODATA: number = constant('EAI_NODATA')

/** Address family not supported. */
export const EAI_FAMILY: number = constant('EAI_FAMILY')

/** Socket type not supported. */
export const EAI_SOCKTYPE: number = constant('EAI_SOCKTYPE')

/** Service not available for this socket type. */
export const EAI_SERVICE: number = constant('EAI_SERVICE')

/** The host has no address of this family. Few platforms have it: ask `isSupported` first. */
export const EAI_ADDRFAMILY: number = constant('EAI_ADDRFAMILY')

/** Out of memory. */
export const EAI_MEMORY: number = constant('EAI_MEMORY')

/** A system error; errno says which. */
export const EAI_SYSTEM: number = constant('EAI_SYSTEM')

/** A result does not fit. */
export const EAI_OVERFLOW: number = constant('EAI_OVERFLOW')

/** Request under way. Few platforms have it: ask `isSupported` first. */
export const EAI_INPROGRESS: number = constant('EAI_INPROGRESS')

/** Request cancelled. Few platforms have it: ask `isSupported` first. */
export const EAI_CANCELED: number = constant('EAI_CANCELED')

/** Request not cancelled. Few platforms have it: ask `isSupported` first. */
export const EAI_NOTCANCELED: number = constant('EAI_NOTCANCELED')

/** All requests done. Few platforms have it: ask `isSupported` first. */
export const EAI_ALLDONE: number = constant('EAI_ALLDONE')

/** Interrupted by a signal. Few platforms have it: ask `isSupported` first. */
export const EAI_INTR: number = constant('EAI_INTR')

/** IDN encoding failed. Few platforms have it: ask `isSupported` first. */
export const EAI_IDN_ENCODE: number = constant('EAI_IDN_ENCODE')

// Protocol, as in the IP header and as an option level.

/** Internet protocol; as a protocol the default of the socket type. */
export const IPPROTO_IP: number = constant('IPPROTO_IP')

/** IPv6 hop-by-hop options. */
export const IPPROTO_HOPOPTS: number = constant('IPPROTO_HOPOPTS')

/** Internet control messages. */
export const IPPROTO_ICMP: number = constant('IPPROTO_ICMP')

/** Group management. */
export const IPPROTO_IGMP: number = constant('IPPROTO_IGMP')

/** Gateway to gateway. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_GGP: number = constant('IPPROTO_GGP')

/** IP in IP. */
export const IPPROTO_IPIP: number = constant('IPPROTO_IPIP')

/** IPv4 encapsulation. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IPV4: number = constant('IPPROTO_IPV4')

/** Transmission control. */
export const IPPROTO_TCP: number = constant('IPPROTO_TCP')

/** Stream protocol II. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_ST: number = constant('IPPROTO_ST')

/** Exterior gateway. */
export const IPPROTO_EGP: number = constant('IPPROTO_EGP')

/** Private interior gateway. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_PIGP: number = constant('IPPROTO_PIGP')

/** BBN RCC monitoring. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_RCCMON: number = constant('IPPROTO_RCCMON')

/** Network voice. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_NVPII: number = constant('IPPROTO_NVPII')

/** PARC universal packet. */
export const IPPROTO_PUP: number = constant('IPPROTO_PUP')

/** Argus. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_ARGUS: number = constant('IPPROTO_ARGUS')

/** Emission control. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_EMCON: number = constant('IPPROTO_EMCON')

/** Cross net debugger. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_XNET: number = constant('IPPROTO_XNET')

/** Chaosnet. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_CHAOS: number = constant('IPPROTO_CHAOS')

/** User datagrams. */
export const IPPROTO_UDP: number = constant('IPPROTO_UDP')

/** Multiplexing. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_MUX: number = constant('IPPROTO_MUX')

/** DCN measurement. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_MEAS: number = constant('IPPROTO_MEAS')

/** Host monitoring. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_HMP: number = constant('IPPROTO_HMP')

/** Packet radio measurement. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_PRM: number = constant('IPPROTO_PRM')

/** Xerox NS internet datagrams. */
export const IPPROTO_IDP: number = constant('IPPROTO_IDP')

/** Trunk-1. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_TRUNK1: number = constant('IPPROTO_TRUNK1')

/** Trunk-2. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_TRUNK2: number = constant('IPPROTO_TRUNK2')

/** Leaf-1. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_LEAF1: number = constant('IPPROTO_LEAF1')

/** Leaf-2. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_LEAF2: number = constant('IPPROTO_LEAF2')

/** Reliable data. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_RDP: number = constant('IPPROTO_RDP')

/** Internet reliable transaction. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IRTP: number = constant('IPPROTO_IRTP')

/** ISO transport class 4. */
export const IPPROTO_TP: number = constant('IPPROTO_TP')

/** Bulk data transfer. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_BLT: number = constant('IPPROTO_BLT')

/** Network services. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_NSP: number = constant('IPPROTO_NSP')

/** Merit internodal. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_INP: number = constant('IPPROTO_INP')

/** Datagram congestion control. */
export const IPPROTO_DCCP: number = constant('IPPROTO_DCCP')

/** Sequential exchange. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_SEP: number = constant('IPPROTO_SEP')

/** Third party connect. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_3PC: number = constant('IPPROTO_3PC')

/** Inter-domain policy routing. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IDPR: number = constant('IPPROTO_IDPR')

/** Xpress transport. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_XTP: number = constant('IPPROTO_XTP')

/** Datagram delivery. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_DDP: number = constant('IPPROTO_DDP')

/** Control message transport. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_CMTP: number = constant('IPPROTO_CMTP')

/** TP++ transport. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_TPXX: number = constant('IPPROTO_TPXX')

/** IL transport. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IL: number = constant('IPPROTO_IL')

/** IPv6, as a level and inside IPv4. */
export const IPPROTO_IPV6: number = constant('IPPROTO_IPV6')

/** Source demand routing. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_SDRP: number = constant('IPPROTO_SDRP')

/** IPv6 routing header. */
export const IPPROTO_ROUTING: number = constant('IPPROTO_ROUTING')

/** IPv6 fragment header. */
export const IPPROTO_FRAGMENT: number = constant('IPPROTO_FRAGMENT')

/** Inter-domain routing. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IDRP: number = constant('IPPROTO_IDRP')

/** Resource reservation. */
export const IPPROTO_RSVP: number = constant('IPPROTO_RSVP')

/** Generic routing encapsulation. */
export const IPPROTO_GRE: number = constant('IPPROTO_GRE')

/** Mobile host routing. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_MHRP: number = constant('IPPROTO_MHRP')

/** BHA. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_BHA: number = constant('IPPROTO_BHA')

/** Encapsulating security payload. */
export const IPPROTO_ESP: number = constant('IPPROTO_ESP')

/** Authentication header. */
export const IPPROTO_AH: number = constant('IPPROTO_AH')

/** Integrated net layer security. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_INLSP: number = constant('IPPROTO_INLSP')

/** IP with encryption. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_SWIPE: number = constant('IPPROTO_SWIPE')

/** Next hop resolution. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_NHRP: number = constant('IPPROTO_NHRP')

/** Control messages of IPv6. */
export const IPPROTO_ICMPV6: number = constant('IPPROTO_ICMPV6')

/** IPv6: no next header. */
export const IPPROTO_NONE: number = constant('IPPROTO_NONE')

/** IPv6 destination options. */
export const IPPROTO_DSTOPTS: number = constant('IPPROTO_DSTOPTS')

/** Any host internal protocol. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_AHIP: number = constant('IPPROTO_AHIP')

/** CFTP. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_CFTP: number = constant('IPPROTO_CFTP')

/** HELLO routing. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_HELLO: number = constant('IPPROTO_HELLO')

/** SATNET and backroom EXPAK. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_SATEXPAK: number = constant('IPPROTO_SATEXPAK')

/** Kryptolan. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_KRYPTOLAN: number = constant('IPPROTO_KRYPTOLAN')

/** Remote virtual disk. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_RVD: number = constant('IPPROTO_RVD')

/** Pluribus packet core. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IPPC: number = constant('IPPROTO_IPPC')

/** Any distributed file system. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_ADFS: number = constant('IPPROTO_ADFS')

/** SATNET monitoring. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_SATMON: number = constant('IPPROTO_SATMON')

/** VISA. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_VISA: number = constant('IPPROTO_VISA')

/** Packet core utility. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IPCV: number = constant('IPPROTO_IPCV')

/** Computer protocol network executive. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_CPNX: number = constant('IPPROTO_CPNX')

/** Computer protocol heart beat. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_CPHB: number = constant('IPPROTO_CPHB')

/** Wang span network. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_WSN: number = constant('IPPROTO_WSN')

/** Packet video. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_PVP: number = constant('IPPROTO_PVP')

/** Backroom SATNET monitoring. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_BRSATMON: number = constant('IPPROTO_BRSATMON')

/** Sun network disk. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_ND: number = constant('IPPROTO_ND')

/** Wideband monitoring. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_WBMON: number = constant('IPPROTO_WBMON')

/** Wideband EXPAK. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_WBEXPAK: number = constant('IPPROTO_WBEXPAK')

/** ISO connectionless network. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_EON: number = constant('IPPROTO_EON')

/** Versatile message transaction. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_VMTP: number = constant('IPPROTO_VMTP')

/** Secure VMTP. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_SVMTP: number = constant('IPPROTO_SVMTP')

/** Banyan VINES. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_VINES: number = constant('IPPROTO_VINES')

/** TTP. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_TTP: number = constant('IPPROTO_TTP')

/** NSFNET interior gateway. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IGP: number = constant('IPPROTO_IGP')

/** Dissimilar gateway. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_DGP: number = constant('IPPROTO_DGP')

/** TCF. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_TCF: number = constant('IPPROTO_TCF')

/** Cisco interior gateway routing. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IGRP: number = constant('IPPROTO_IGRP')

/** Open shortest path first. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_OSPFIGP: number = constant('IPPROTO_OSPFIGP')

/** Sprite remote procedure call. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_SRPC: number = constant('IPPROTO_SRPC')

/** Locus address resolution. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_LARP: number = constant('IPPROTO_LARP')

/** Multicast transport. */
export const IPPROTO_MTP: number = constant('IPPROTO_MTP')

/** AX.25 frames. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_AX25: number = constant('IPPROTO_AX25')

/** IP option pseudo header of BEET. */
export const IPPROTO_BEETPH: number = constant('IPPROTO_BEETPH')

/** IP encapsulated in IP. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IPEIP: number = constant('IPPROTO_IPEIP')

/** Mobile internetworking control. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_MICP: number = constant('IPPROTO_MICP')

/** Semaphore communications security. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_SCCSP: number = constant('IPPROTO_SCCSP')

/** Ethernet within IP. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_ETHERIP: number = constant('IPPROTO_ETHERIP')

/** Encapsulation header. */
export const IPPROTO_ENCAP: number = constant('IPPROTO_ENCAP')

/** Any private encryption scheme. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_APES: number = constant('IPPROTO_APES')

/** GMTP. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_GMTP: number = constant('IPPROTO_GMTP')

/** Protocol independent multicast. */
export const IPPROTO_PIM: number = constant('IPPROTO_PIM')

/** Payload compression. */
export const IPPROTO_COMP: number = constant('IPPROTO_COMP')

/** Payload compression; COMP on Linux. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_IPCOMP: number = constant('IPPROTO_IPCOMP')

/** Pragmatic general multicast. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_PGM: number = constant('IPPROTO_PGM')

/** Layer two tunnelling. */
export const IPPROTO_L2TP: number = constant('IPPROTO_L2TP')

/** Stream control transmission. */
export const IPPROTO_SCTP: number = constant('IPPROTO_SCTP')

/** IPv6 mobility header. */
export const IPPROTO_MH: number = constant('IPPROTO_MH')

/** UDP with partial checksums. */
export const IPPROTO_UDPLITE: number = constant('IPPROTO_UDPLITE')

/** MPLS in IP. */
export const IPPROTO_MPLS: number = constant('IPPROTO_MPLS')

/** Ethernet within IPv6. */
export const IPPROTO_ETHERNET: number = constant('IPPROTO_ETHERNET')

/** Aggregation and fragmentation in ESP. */
export const IPPROTO_AGGFRAG: number = constant('IPPROTO_AGGFRAG')

/** Divert, a pseudo protocol of BSD. Few platforms have it: ask `isSupported` first. */
export const IPPROTO_DIVERT: number = constant('IPPROTO_DIVERT')

/** Raw IP packets. */
export const IPPROTO_RAW: number = constant('IPPROTO_RAW')

/** Shared memory communications over TCP. */
export const IPPROTO_SMC: number = constant('IPPROTO_SMC')

/** Multipath TCP. */
export const IPPROTO_MPTCP: number = constant('IPPROTO_MPTCP')

// Option level, and level of ancillary data.

/** The socket itself. */
export const SOL_SOCKET: number = constant('SOL_SOCKET')

/** IPv4. */
export const SOL_IP: number = constant('SOL_IP')

/** TCP. */
export const SOL_TCP: number = constant('SOL_TCP')

/** UDP. */
export const SOL_UDP: number = constant('SOL_UDP')

/** IPv6. */
export const SOL_IPV6: number = constant('SOL_IPV6')

/** ICMPv6. */
export const SOL_ICMPV6: number = constant('SOL_ICMPV6')

/** SCTP. */
export const SOL_SCTP: number = constant('SOL_SCTP')

/** UDP-Lite. */
export const SOL_UDPLITE: number = constant('SOL_UDPLITE')

/** Raw sockets. */
export const SOL_RAW: number = constant('SOL_RAW')

/** IPX. */
export const SOL_IPX: number = constant('SOL_IPX')

/** AX.25. */
export const SOL_AX25: number = constant('SOL_AX25')

/** AppleTalk. */
export const SOL_ATALK: number = constant('SOL_ATALK')

/** NET/ROM. */
export const SOL_NETROM: number = constant('SOL_NETROM')

/** ROSE. */
export const SOL_ROSE: number = constant('SOL_ROSE')

/** DECnet. */
export const SOL_DECNET: number = constant('SOL_DECNET')

/** X.25. */
export const SOL_X25: number = constant('SOL_X25')

/** Packet sockets. */
export const SOL_PACKET: number = constant('SOL_PACKET')

/** ATM. */
export const SOL_ATM: number = constant('SOL_ATM')

/** ATM adaptation layer. */
export const SOL_AAL: number = constant('SOL_AAL')

/** Infrared. */
export const SOL_IRDA: number = constant('SOL_IRDA')

/** NetBEUI. */
export const SOL_NETBEUI: number = constant('SOL_NETBEUI')

/** IEEE 802.2 LLC. */
export const SOL_LLC: number = constant('SOL_LLC')

/** DCCP. */
export const SOL_DCCP: number = constant('SOL_DCCP')

/** Netlink. */
export const SOL_NETLINK: number = constant('SOL_NETLINK')

/** TIPC. */
export const SOL_TIPC: number = constant('SOL_TIPC')

/** RxRPC. */
export const SOL_RXRPC: number = constant('SOL_RXRPC')

/** PPP over L2TP. */
export const SOL_PPPOL2TP: number = constant('SOL_PPPOL2TP')

/** Bluetooth. */
export const SOL_BLUETOOTH: number = constant('SOL_BLUETOOTH')

/** Phonet pipes. */
export const SOL_PNPIPE: number = constant('SOL_PNPIPE')

/** RDS. */
export const SOL_RDS: number = constant('SOL_RDS')

/** IUCV. */
export const SOL_IUCV: number = constant('SOL_IUCV')

/** CAIF. */
export const SOL_CAIF: number = constant('SOL_CAIF')

/** Cryptography of the kernel. */
export const SOL_ALG: number = constant('SOL_ALG')

/** NFC. */
export const SOL_NFC: number = constant('SOL_NFC')

/** Kernel connection multiplexor. */
export const SOL_KCM: number = constant('SOL_KCM')

/** Kernel TLS. */
export const SOL_TLS: number = constant('SOL_TLS')

/** AF_XDP. */
export const SOL_XDP: number = constant('SOL_XDP')

/** Multipath TCP. */
export const SOL_MPTCP: number = constant('SOL_MPTCP')

/** MCTP. */
export const SOL_MCTP: number = constant('SOL_MCTP')

/** SMC. */
export const SOL_SMC: number = constant('SOL_SMC')

/** Ancillary data of vsock. */
export const SOL_VSOCK: number = constant('SOL_VSOCK')

/** First level of CAN. */
export const SOL_CAN_BASE: number = constant('SOL_CAN_BASE')

/** Raw CAN sockets. */
export const SOL_CAN_RAW: number = constant('SOL_CAN_RAW')

// Option of SOL_SOCKET.

/** Record debugging information. */
export const SO_DEBUG: number = constant('SO_DEBUG')

/** Bind to an address that is in use by a dying connection. */
export const SO_REUSEADDR: number = constant('SO_REUSEADDR')

/** The socket type. */
export const SO_TYPE: number = constant('SO_TYPE')

/** The pending error, taken. */
export const SO_ERROR: number = constant('SO_ERROR')

/** Send to directly connected hosts only. */
export const SO_DONTROUTE: number = constant('SO_DONTROUTE')

/** Allow datagrams to a broadcast address. */
export const SO_BROADCAST: number = constant('SO_BROADCAST')

/** Size of the send buffer. */
export const SO_SNDBUF: number = constant('SO_SNDBUF')

/** Size of the receive buffer. */
export const SO_RCVBUF: number = constant('SO_RCVBUF')

/** SO_SNDBUF beyond the system's limit, for the privileged. */
export const SO_SNDBUFFORCE: number = constant('SO_SNDBUFFORCE')

/** SO_RCVBUF beyond the system's limit, for the privileged. */
export const SO_RCVBUFFORCE: number = constant('SO_RCVBUFFORCE')

/** Probe an idle connection. */
export const SO_KEEPALIVE: number = constant('SO_KEEPALIVE')

/** Urgent data in line. */
export const SO_OOBINLINE: number = constant('SO_OOBINLINE')

/** No UDP checksums. */
export const SO_NO_CHECK: number = constant('SO_NO_CHECK')

/** Priority of packets to send. */
export const SO_PRIORITY: number = constant('SO_PRIORITY')

/** How long close waits for unsent data. */
export const SO_LINGER: number = constant('SO_LINGER')

/** Obsolete. */
export const SO_BSDCOMPAT: number = constant('SO_BSDCOMPAT')

/** Several sockets share one address and its load. */
export const SO_REUSEPORT: number = constant('SO_REUSEPORT')

/** Receive the sender's credentials. */
export const SO_PASSCRED: number = constant('SO_PASSCRED')

/** Credentials of the peer. */
export const SO_PEERCRED: number = constant('SO_PEERCRED')

/** Bytes that make a socket readable. */
export const SO_RCVLOWAT: number = constant('SO_RCVLOWAT')

/** Room that makes a socket writable. */
export const SO_SNDLOWAT: number = constant('SO_SNDLOWAT')

/** Timeout of receiving. */
export const SO_RCVTIMEO: number = constant('SO_RCVTIMEO')

/** Timeout of sending. */
export const SO_SNDTIMEO: number = constant('SO_SNDTIMEO')

/** SO_RCVTIMEO with the time_t of the architecture. */
export const SO_RCVTIMEO_OLD: number = constant('SO_RCVTIMEO_OLD')

/** SO_SNDTIMEO with the time_t of the architecture. */
export const SO_SNDTIMEO_OLD: number = constant('SO_SNDTIMEO_OLD')

/** Obsolete. */
export const SO_SECURITY_AUTHENTICATION: number = constant('SO_SECURITY_AUTHENTICATION')

/** Obsolete. */
export const SO_SECURITY_ENCRYPTION_TRANSPORT: number = constant('SO_SECURITY_ENCRYPTION_TRANSPORT')

/** Obsolete. */
export const SO_SECURITY_ENCRYPTION_NETWORK: number = constant('SO_SECURITY_ENCRYPTION_NETWORK')

/** Use one interface only, by name. */
export const SO_BINDTODEVICE: number = constant('SO_BINDTODEVICE')

/** Attach a classic BPF filter. */
export const SO_ATTACH_FILTER: number = constant('SO_ATTACH_FILTER')

/** Read the classic BPF filter. */
export const SO_GET_FILTER: number = constant('SO_GET_FILTER')

/** Take a filter off. */
export const SO_DETACH_FILTER: number = constant('SO_DETACH_FILTER')

/** Another name of SO_DETACH_FILTER. */
export const SO_DETACH_BPF: number = constant('SO_DETACH_BPF')

/** Address of the peer. */
export const SO_PEERNAME: number = constant('SO_PEERNAME')

/** Receive times in microseconds. */
export const SO_TIMESTAMP: number = constant('SO_TIMESTAMP')

/** Is this socket listening? */
export const SO_ACCEPTCONN: number = constant('SO_ACCEPTCONN')

/** Security context of the peer. */
export const SO_PEERSEC: number = constant('SO_PEERSEC')

/** Receive the sender's security context. */
export const SO_PASSSEC: number = constant('SO_PASSSEC')

/** Receive times in nanoseconds. */
export const SO_TIMESTAMPNS: number = constant('SO_TIMESTAMPNS')

/** Mark of packets to send. */
export const SO_MARK: number = constant('SO_MARK')

/** Times of sending and receiving, by software or hardware. */
export const SO_TIMESTAMPING: number = constant('SO_TIMESTAMPING')

/** The protocol. */
export const SO_PROTOCOL: number = constant('SO_PROTOCOL')

/** The address family. */
export const SO_DOMAIN: number = constant('SO_DOMAIN')

/** Receive the number of dropped datagrams. */
export const SO_RXQ_OVFL: number = constant('SO_RXQ_OVFL')

/** Receive whether a frame was acknowledged. */
export const SO_WIFI_STATUS: number = constant('SO_WIFI_STATUS')

/** Offset at which MSG_PEEK reads. */
export const SO_PEEK_OFF: number = constant('SO_PEEK_OFF')

/** The user supplies the frame check sequence. */
export const SO_NOFCS: number = constant('SO_NOFCS')

/** Forbid to change the filter. */
export const SO_LOCK_FILTER: number = constant('SO_LOCK_FILTER')

/** select(2) shows the error queue as an exception. */
export const SO_SELECT_ERR_QUEUE: number = constant('SO_SELECT_ERR_QUEUE')

/** Microseconds of busy waiting. */
export const SO_BUSY_POLL: number = constant('SO_BUSY_POLL')

/** Highest rate in bytes per second. */
export const SO_MAX_PACING_RATE: number = constant('SO_MAX_PACING_RATE')

/** Supported BPF extensions. */
export const SO_BPF_EXTENSIONS: number = constant('SO_BPF_EXTENSIONS')

/** Processor that handles the socket. */
export const SO_INCOMING_CPU: number = constant('SO_INCOMING_CPU')

/** Attach an eBPF filter. */
export const SO_ATTACH_BPF: number = constant('SO_ATTACH_BPF')

/** Classic BPF that picks the socket of a group. */
export const SO_ATTACH_REUSEPORT_CBPF: number = constant('SO_ATTACH_REUSEPORT_CBPF')

/** eBPF that picks the socket of a group. */
export const SO_ATTACH_REUSEPORT_EBPF: number = constant('SO_ATTACH_REUSEPORT_EBPF')

/** Advice on the path. */
export const SO_CNX_ADVICE: number = constant('SO_CNX_ADVICE')

/** Memory in use. */
export const SO_MEMINFO: number = constant('SO_MEMINFO')

/** NAPI id of the last packet. */
export const SO_INCOMING_NAPI_ID: number = constant('SO_INCOMING_NAPI_ID')

/** Identity of the socket. */
export const SO_COOKIE: number = constant('SO_COOKIE')

/** Supplementary groups of the peer. */
export const SO_PEERGROUPS: number = constant('SO_PEERGROUPS')

/** Allow MSG_ZEROCOPY. */
export const SO_ZEROCOPY: number = constant('SO_ZEROCOPY')

/** Send at a given time. */
export const SO_TXTIME: number = constant('SO_TXTIME')

/** Use one interface only, by index. */
export const SO_BINDTOIFINDEX: number = constant('SO_BINDTOIFINDEX')

/** SO_TIMESTAMP with the time_t of the architecture. */
export const SO_TIMESTAMP_OLD: number = constant('SO_TIMESTAMP_OLD')

/** SO_TIMESTAMPNS with the time_t of the architecture. */
export const SO_TIMESTAMPNS_OLD: number = constant('SO_TIMESTAMPNS_OLD')

/** SO_TIMESTAMPING with the time_t of the architecture. */
export const SO_TIMESTAMPING_OLD: number = constant('SO_TIMESTAMPING_OLD')

/** SO_TIMESTAMP with 64 bits of time. */
export const SO_TIMESTAMP_NEW: number = constant('SO_TIMESTAMP_NEW')

/** SO_TIMESTAMPNS with 64 bits of time. */
export const SO_TIMESTAMPNS_NEW: number = constant('SO_TIMESTAMPNS_NEW')

/** SO_TIMESTAMPING with 64 bits of time. */
export const SO_TIMESTAMPING_NEW: number = constant('SO_TIMESTAMPING_NEW')

/** SO_RCVTIMEO with 64 bits of time. */
export const SO_RCVTIMEO_NEW: number = constant('SO_RCVTIMEO_NEW')

/** SO_SNDTIMEO with 64 bits of time. */
export const SO_SNDTIMEO_NEW: number = constant('SO_SNDTIMEO_NEW')

/** Take the BPF program of a group off. */
export const SO_DETACH_REUSEPORT_BPF: number = constant('SO_DETACH_REUSEPORT_BPF')

/** Prefer busy waiting to interrupts. */
export const SO_PREFER_BUSY_POLL: number = constant('SO_PREFER_BUSY_POLL')

/** Packets per round of busy waiting. */
export const SO_BUSY_POLL_BUDGET: number = constant('SO_BUSY_POLL_BUDGET')

/** Identity of the network namespace. */
export const SO_NETNS_COOKIE: number = constant('SO_NETNS_COOKIE')

/** Keep the kernel from resizing buffers. */
export const SO_BUF_LOCK: number = constant('SO_BUF_LOCK')

/** Memory reserved for the socket. */
export const SO_RESERVE_MEM: number = constant('SO_RESERVE_MEM')

/** Choose another path after a timeout. */
export const SO_TXREHASH: number = constant('SO_TXREHASH')

/** Receive the mark of a packet. */
export const SO_RCVMARK: number = constant('SO_RCVMARK')

/** Receive a pidfd of the sender. */
export const SO_PASSPIDFD: number = constant('SO_PASSPIDFD')

/** A pidfd of the peer. */
export const SO_PEERPIDFD: number = constant('SO_PEERPIDFD')

/** Device memory: data that came in normal memory. */
export const SO_DEVMEM_LINEAR: number = constant('SO_DEVMEM_LINEAR')

/** Device memory: data that came in a dmabuf. */
export const SO_DEVMEM_DMABUF: number = constant('SO_DEVMEM_DMABUF')

/** Device memory: give fragments back. */
export const SO_DEVMEM_DONTNEED: number = constant('SO_DEVMEM_DONTNEED')

/** Receive the priority of a packet. */
export const SO_RCVPRIORITY: number = constant('SO_RCVPRIORITY')

/** Accept descriptors from the peer. */
export const SO_PASSRIGHTS: number = constant('SO_PASSRIGHTS')

/** Receive the number of unread bytes. */
export const SO_INQ: number = constant('SO_INQ')

// Value of SO_BUF_LOCK.

/** The send buffer. */
export const SOCK_SNDBUF_LOCK: number = constant('SOCK_SNDBUF_LOCK')

/** The receive buffer. */
export const SOCK_RCVBUF_LOCK: number = constant('SOCK_RCVBUF_LOCK')

// Value of SO_TXREHASH.

/** As the system is set. */
export const SOCK_TXREHASH_DEFAULT: number = constant('SOCK_TXREHASH_DEFAULT')

/** Stay on the path. */
export const SOCK_TXREHASH_DISABLED: number = constant('SOCK_TXREHASH_DISABLED')

/** Change the path. */
export const SOCK_TXREHASH_ENABLED: number = constant('SOCK_TXREHASH_ENABLED')

// Type of ancillary data at level SOL_SOCKET.

/** Descriptors. */
export const SCM_RIGHTS: number = constant('SCM_RIGHTS')

/** Process, user and group of the sender. */
export const SCM_CREDENTIALS: number = constant('SCM_CREDENTIALS')

/** BSD name of the sender's credentials. */
export const SCM_CREDS: number = constant('SCM_CREDS')

/** Security context of the sender. */
export const SCM_SECURITY: number = constant('SCM_SECURITY')

/** A pidfd of the sender. */
export const SCM_PIDFD: number = constant('SCM_PIDFD')

/** Time of arrival in microseconds. */
export const SCM_TIMESTAMP: number = constant('SCM_TIMESTAMP')

/** Time of arrival in nanoseconds. */
export const SCM_TIMESTAMPNS: number = constant('SCM_TIMESTAMPNS')

/** Times by software and hardware. */
export const SCM_TIMESTAMPING: number = constant('SCM_TIMESTAMPING')

/** Whether a frame was acknowledged. */
export const SCM_WIFI_STATUS: number = constant('SCM_WIFI_STATUS')

/** Statistics with a time of sending. */
export const SCM_TIMESTAMPING_OPT_STATS: number = constant('SCM_TIMESTAMPING_OPT_STATS')

/** Interface and length with a hardware time. */
export const SCM_TIMESTAMPING_PKTINFO: number = constant('SCM_TIMESTAMPING_PKTINFO')

/** When to send. */
export const SCM_TXTIME: number = constant('SCM_TXTIME')

/** Data that came in normal memory. */
export const SCM_DEVMEM_LINEAR: number = constant('SCM_DEVMEM_LINEAR')

/** Data that came in a dmabuf. */
export const SCM_DEVMEM_DMABUF: number = constant('SCM_DEVMEM_DMABUF')

/** Identity of a datagram for its times. */
export const SCM_TS_OPT_ID: number = constant('SCM_TS_OPT_ID')

/** Number of unread bytes. */
export const SCM_INQ: number = constant('SCM_INQ')

/** Time of arrival as a BSD bintime. Few platforms have it: ask `isSupported` first. */
export const SCM_BINTIME: number = constant('SCM_BINTIME')

/** Time of arrival on macOS' monotonic clock. Few platforms have it: ask `isSupported` first. */
export const SCM_TIMESTAMP_MONOTONIC: number = constant('SCM_TIMESTAMP_MONOTONIC')

// Flag of SO_TIMESTAMPING.

/** Take times of sending, by hardware. */
export const SOF_TIMESTAMPING_TX_HARDWARE: number = constant('SOF_TIMESTAMPING_TX_HARDWARE')

/** Take times of sending, by software. */
export const SOF_TIMESTAMPING_TX_SOFTWARE: number = constant('SOF_TIMESTAMPING_TX_SOFTWARE')

/** Take times of receiving, by hardware. */
export const SOF_TIMESTAMPING_RX_HARDWARE: number = constant('SOF_TIMESTAMPING_RX_HARDWARE')

/** Take times of receiving, by software. */
export const SOF_TIMESTAMPING_RX_SOFTWARE: number = constant('SOF_TIMESTAMPING_RX_SOFTWARE')

/** Report software times. */
export const SOF_TIMESTAMPING_SOFTWARE: number = constant('SOF_TIMESTAMPING_SOFTWARE')

/** Obsolete. */
export const SOF_TIMESTAMPING_SYS_HARDWARE: number = constant('SOF_TIMESTAMPING_SYS_HARDWARE')

/** Report hardware times. */
export const SOF_TIMESTAMPING_RAW_HARDWARE: number = constant('SOF_TIMESTAMPING_RAW_HARDWARE')

/** Number the datagrams. */
export const SOF_TIMESTAMPING_OPT_ID: number = constant('SOF_TIMESTAMPING_OPT_ID')

/** Take the time before the packet scheduler. */
export const SOF_TIMESTAMPING_TX_SCHED: number = constant('SOF_TIMESTAMPING_TX_SCHED')

/** Take the time of the acknowledgement. */
export const SOF_TIMESTAMPING_TX_ACK: number = constant('SOF_TIMESTAMPING_TX_ACK')

/** Packet info with times of sending. */
export const SOF_TIMESTAMPING_OPT_CMSG: number = constant('SOF_TIMESTAMPING_OPT_CMSG')

/** Times without the data. */
export const SOF_TIMESTAMPING_OPT_TSONLY: number = constant('SOF_TIMESTAMPING_OPT_TSONLY')

/** TCP statistics with the times. */
export const SOF_TIMESTAMPING_OPT_STATS: number = constant('SOF_TIMESTAMPING_OPT_STATS')

/** Interface and length with hardware times. */
export const SOF_TIMESTAMPING_OPT_PKTINFO: number = constant('SOF_TIMESTAMPING_OPT_PKTINFO')

/** Software and hardware times of sending. */
export const SOF_TIMESTAMPING_OPT_TX_SWHW: number = constant('SOF_TIMESTAMPING_OPT_TX_SWHW')

/** Use one hardware clock. */
export const SOF_TIMESTAMPING_BIND_PHC: number = constant('SOF_TIMESTAMPING_BIND_PHC')

/** Number the bytes of a stream. */
export const SOF_TIMESTAMPING_OPT_ID_TCP: number = constant('SOF_TIMESTAMPING_OPT_ID_TCP')

/** Report only received times that this socket asked for. */
export const SOF_TIMESTAMPING_OPT_RX_FILTER: number = constant('SOF_TIMESTAMPING_OPT_RX_FILTER')

/** Take the time of completion. */
export const SOF_TIMESTAMPING_TX_COMPLETION: number = constant('SOF_TIMESTAMPING_TX_COMPLETION')

// Flag of SO_TXTIME.

/** The time is a deadline. */
export const SOF_TXTIME_DEADLINE_MODE: number = constant('SOF_TXTIME_DEADLINE_MODE')

/** Report missed times over the error queue. */
export const SOF_TXTIME_REPORT_ERRORS: number = constant('SOF_TXTIME_REPORT_ERRORS')

// Origin of an extended socket error.

/** None. */
export const SO_EE_ORIGIN_NONE: number = constant('SO_EE_ORIGIN_NONE')

/** This host. */
export const SO_EE_ORIGIN_LOCAL: number = constant('SO_EE_ORIGIN_LOCAL')

/** An ICMP message. */
export const SO_EE_ORIGIN_ICMP: number = constant('SO_EE_ORIGIN_ICMP')

/** An ICMPv6 message. */
export const SO_EE_ORIGIN_ICMP6: number = constant('SO_EE_ORIGIN_ICMP6')

/** A time of sending. */
export const SO_EE_ORIGIN_TIMESTAMPING: number = constant('SO_EE_ORIGIN_TIMESTAMPING')

/** Another name of SO_EE_ORIGIN_TIMESTAMPING. */
export const SO_EE_ORIGIN_TXSTATUS: number = constant('SO_EE_ORIGIN_TXSTATUS')

/** Completion of MSG_ZEROCOPY. */
export const SO_EE_ORIGIN_ZEROCOPY: number = constant('SO_EE_ORIGIN_ZEROCOPY')

/** A missed SO_TXTIME. */
export const SO_EE_ORIGIN_TXTIME: number = constant('SO_EE_ORIGIN_TXTIME')

// Code of an extended socket error.

/** The data was copied after all. */
export const SO_EE_CODE_ZEROCOPY_COPIED: number = constant('SO_EE_CODE_ZEROCOPY_COPIED')

/** The time of sending was wrong. */
export const SO_EE_CODE_TXTIME_INVALID_PARAM: number = constant('SO_EE_CODE_TXTIME_INVALID_PARAM')

/** The time of sending was missed. */
export const SO_EE_CODE_TXTIME_MISSED: number = constant('SO_EE_CODE_TXTIME_MISSED')

// Option of IPPROTO_TCP.

/** Send small segments at once. */
export const TCP_NODELAY: number = constant('TCP_NODELAY')

/** Largest segment. */
export const TCP_MAXSEG: number = constant('TCP_MAXSEG')

/** Send full segments only. */
export const TCP_CORK: number = constant('TCP_CORK')

/** Idle seconds before the first probe. */
export const TCP_KEEPIDLE: number = constant('TCP_KEEPIDLE')

/** Seconds between probes. */
export const TCP_KEEPINTVL: number = constant('TCP_KEEPINTVL')

/** Probes before the connection is dead. */
export const TCP_KEEPCNT: number = constant('TCP_KEEPCNT')

/** Attempts of connecting. */
export const TCP_SYNCNT: number = constant('TCP_SYNCNT')

/** Seconds in FIN-WAIT-2. */
export const TCP_LINGER2: number = constant('TCP_LINGER2')

/** Accept once data has arrived. */
export const TCP_DEFER_ACCEPT: number = constant('TCP_DEFER_ACCEPT')

/** Bound of the advertised window. */
export const TCP_WINDOW_CLAMP: number = constant('TCP_WINDOW_CLAMP')

/** State of the connection. */
export const TCP_INFO: number = constant('TCP_INFO')

/** Acknowledge at once. */
export const TCP_QUICKACK: number = constant('TCP_QUICKACK')

/** Congestion control, by name. */
export const TCP_CONGESTION: number = constant('TCP_CONGESTION')

/** MD5 signature key. */
export const TCP_MD5SIG: number = constant('TCP_MD5SIG')

/** Gone since Linux 3.10. */
export const TCP_COOKIE_TRANSACTIONS: number = constant('TCP_COOKIE_TRANSACTIONS')

/** Linear timeouts for thin streams. */
export const TCP_THIN_LINEAR_TIMEOUTS: number = constant('TCP_THIN_LINEAR_TIMEOUTS')

/** Retransmit after one duplicate acknowledgement. */
export const TCP_THIN_DUPACK: number = constant('TCP_THIN_DUPACK')

/** Milliseconds without an acknowledgement before the connection is dead. */
export const TCP_USER_TIMEOUT: number = constant('TCP_USER_TIMEOUT')

/** Repair mode, for checkpoints. */
export const TCP_REPAIR: number = constant('TCP_REPAIR')

/** Queue under repair. */
export const TCP_REPAIR_QUEUE: number = constant('TCP_REPAIR_QUEUE')

/** Sequence number of the queue under repair. */
export const TCP_QUEUE_SEQ: number = constant('TCP_QUEUE_SEQ')

/** Negotiated options under repair. */
export const TCP_REPAIR_OPTIONS: number = constant('TCP_REPAIR_OPTIONS')

/** Length of the queue of fast open requests. */
export const TCP_FASTOPEN: number = constant('TCP_FASTOPEN')

/** The connection's clock. */
export const TCP_TIMESTAMP: number = constant('TCP_TIMESTAMP')

/** Unsent bytes that keep a socket from being writable. */
export const TCP_NOTSENT_LOWAT: number = constant('TCP_NOTSENT_LOWAT')

/** State of the congestion control. */
export const TCP_CC_INFO: number = constant('TCP_CC_INFO')

/** Keep the SYN of new connections. */
export const TCP_SAVE_SYN: number = constant('TCP_SAVE_SYN')

/** The kept SYN. */
export const TCP_SAVED_SYN: number = constant('TCP_SAVED_SYN')

/** Windows under repair. */
export const TCP_REPAIR_WINDOW: number = constant('TCP_REPAIR_WINDOW')

/** Fast open with connect(2). */
export const TCP_FASTOPEN_CONNECT: number = constant('TCP_FASTOPEN_CONNECT')

/** Upper layer protocol, by name. */
export const TCP_ULP: number = constant('TCP_ULP')

/** MD5 signature key for a prefix. */
export const TCP_MD5SIG_EXT: number = constant('TCP_MD5SIG_EXT')

/** Key of fast open cookies. */
export const TCP_FASTOPEN_KEY: number = constant('TCP_FASTOPEN_KEY')

/** Fast open without a cookie. */
export const TCP_FASTOPEN_NO_COOKIE: number = constant('TCP_FASTOPEN_NO_COOKIE')

/** Map received pages. */
export const TCP_ZEROCOPY_RECEIVE: number = constant('TCP_ZEROCOPY_RECEIVE')

/** Receive the number of unread bytes. */
export const TCP_INQ: number = constant('TCP_INQ')

/** The ancillary message of TCP_INQ. */
export const TCP_CM_INQ: number = constant('TCP_CM_INQ')

/** Microseconds of delay. */
export const TCP_TX_DELAY: number = constant('TCP_TX_DELAY')

/** Add an authentication key. */
export const TCP_AO_ADD_KEY: number = constant('TCP_AO_ADD_KEY')

/** Delete an authentication key. */
export const TCP_AO_DEL_KEY: number = constant('TCP_AO_DEL_KEY')

/** State of the authentication option. */
export const TCP_AO_INFO: number = constant('TCP_AO_INFO')

/** Authentication keys. */
export const TCP_AO_GET_KEYS: number = constant('TCP_AO_GET_KEYS')

/** Authentication under repair. */
export const TCP_AO_REPAIR: number = constant('TCP_AO_REPAIR')

/** Is this multipath TCP? */
export const TCP_IS_MPTCP: number = constant('TCP_IS_MPTCP')

/** Longest retransmission timeout in milliseconds. */
export const TCP_RTO_MAX_MS: number = constant('TCP_RTO_MAX_MS')

/** Shortest retransmission timeout in microseconds. */
export const TCP_RTO_MIN_US: number = constant('TCP_RTO_MIN_US')

/** Longest delay of an acknowledgement in microseconds. */
export const TCP_DELACK_MAX_US: number = constant('TCP_DELACK_MAX_US')

// Value of TCP_REPAIR.

/** On. */
export const TCP_REPAIR_ON: number = constant('TCP_REPAIR_ON')

/** Off, with a window probe. */
export const TCP_REPAIR_OFF: number = constant('TCP_REPAIR_OFF')

/** Off, without a window probe. */
export const TCP_REPAIR_OFF_NO_WP: number = constant('TCP_REPAIR_OFF_NO_WP')

// Value of TCP_REPAIR_QUEUE.

/** Neither. */
export const TCP_NO_QUEUE: number = constant('TCP_NO_QUEUE')

/** The receive queue. */
export const TCP_RECV_QUEUE: number = constant('TCP_RECV_QUEUE')

/** The send queue. */
export const TCP_SEND_QUEUE: number = constant('TCP_SEND_QUEUE')

// State of a TCP connection, as in TCP_INFO.

/** Connected. */
export const TCP_ESTABLISHED: number = constant('TCP_ESTABLISHED')

/** SYN sent. */
export const TCP_SYN_SENT: number = constant('TCP_SYN_SENT')

/** SYN received. */
export const TCP_SYN_RECV: number = constant('TCP_SYN_RECV')

/** FIN sent. */
export const TCP_FIN_WAIT1: number = constant('TCP_FIN_WAIT1')

/** FIN sent and acknowledged. */
export const TCP_FIN_WAIT2: number = constant('TCP_FIN_WAIT2')

/** Closed, waiting for stray segments. */
export const TCP_TIME_WAIT: number = constant('TCP_TIME_WAIT')

/** Closed. */
export const TCP_CLOSE: number = constant('TCP_CLOSE')

/** FIN received. */
export const TCP_CLOSE_WAIT: number = constant('TCP_CLOSE_WAIT')

/** FIN received, own FIN sent. */
export const TCP_LAST_ACK: number = constant('TCP_LAST_ACK')

/** Listening. */
export const TCP_LISTEN: number = constant('TCP_LISTEN')

/** Both sides sent FIN. */
export const TCP_CLOSING: number = constant('TCP_CLOSING')

/** SYN received, request not yet a socket. */
export const TCP_NEW_SYN_RECV: number = constant('TCP_NEW_SYN_RECV')

// Option of SOL_MPTCP.

/** State of the connection. */
export const MPTCP_INFO: number = constant('MPTCP_INFO')

/** TCP_INFO of each subflow. */
export const MPTCP_TCPINFO: number = constant('MPTCP_TCPINFO')

/** Addresses of each subflow. */
export const MPTCP_SUBFLOW_ADDRS: number = constant('MPTCP_SUBFLOW_ADDRS')

/** All of them at once. */
export const MPTCP_FULL_INFO: number = constant('MPTCP_FULL_INFO')

// Option of SOL_TLS.

/** Keys for sending. */
export const TLS_TX: number = constant('TLS_TX')

/** Keys for receiving. */
export const TLS_RX: number = constant('TLS_RX')

/** The sender leaves the data alone. */
export const TLS_TX_ZEROCOPY_RO: number = constant('TLS_TX_ZEROCOPY_RO')

/** The peer does not pad records. */
export const TLS_RX_EXPECT_NO_PAD: number = constant('TLS_RX_EXPECT_NO_PAD')

// Ancillary data of SOL_TLS.

/** Type of the record to send. */
export const TLS_SET_RECORD_TYPE: number = constant('TLS_SET_RECORD_TYPE')

/** Type of the received record. */
export const TLS_GET_RECORD_TYPE: number = constant('TLS_GET_RECORD_TYPE')

// Option of IPPROTO_UDP.

/** Gather data into one datagram. */
export const UDP_CORK: number = constant('UDP_CORK')

/** Accept encapsulated packets. */
export const UDP_ENCAP: number = constant('UDP_ENCAP')

/** No checksums of sent IPv6 datagrams. */
export const UDP_NO_CHECK6_TX: number = constant('UDP_NO_CHECK6_TX')

/** Accept IPv6 datagrams without a checksum. */
export const UDP_NO_CHECK6_RX: number = constant('UDP_NO_CHECK6_RX')

/** Cut a large buffer into datagrams of this size. */
export const UDP_SEGMENT: number = constant('UDP_SEGMENT')

/** Receive runs of datagrams in one buffer. */
export const UDP_GRO: number = constant('UDP_GRO')

// Value of UDP_ENCAP.

/** IPsec, drafts. */
export const UDP_ENCAP_ESPINUDP_NON_IKE: number = constant('UDP_ENCAP_ESPINUDP_NON_IKE')

/** IPsec. */
export const UDP_ENCAP_ESPINUDP: number = constant('UDP_ENCAP_ESPINUDP')

/** L2TP. */
export const UDP_ENCAP_L2TPINUDP: number = constant('UDP_ENCAP_L2TPINUDP')

/** GTP version 0. */
export const UDP_ENCAP_GTP0: number = constant('UDP_ENCAP_GTP0')

/** GTP version 1, user plane. */
export const UDP_ENCAP_GTP1U: number = constant('UDP_ENCAP_GTP1U')

/** RxRPC. */
export const UDP_ENCAP_RXRPC: number = constant('UDP_ENCAP_RXRPC')

/** OpenVPN. */
export const UDP_ENCAP_OVPNINUDP: number = constant('UDP_ENCAP_OVPNINUDP')

// Option of IPPROTO_UDPLITE.

/** Bytes that the checksum of sent datagrams covers. */
export const UDPLITE_SEND_CSCOV: number = constant('UDPLITE_SEND_CSCOV')

/** Least coverage of received datagrams. */
export const UDPLITE_RECV_CSCOV: number = constant('UDPLITE_RECV_CSCOV')

// Option of IPPROTO_IP, or ancillary data of that level.

/** Type of service. */
export const IP_TOS: number = constant('IP_TOS')

/** Time to live. */
export const IP_TTL: number = constant('IP_TTL')

/** The data carries its IP header. */
export const IP_HDRINCL: number = constant('IP_HDRINCL')

/** IP options. */
export const IP_OPTIONS: number = constant('IP_OPTIONS')

/** Receive packets with the router alert option. */
export const IP_ROUTER_ALERT: number = constant('IP_ROUTER_ALERT')

/** Receive IP options. */
export const IP_RECVOPTS: number = constant('IP_RECVOPTS')

/** Receive IP options, raw. */
export const IP_RETOPTS: number = constant('IP_RETOPTS')

/** Another name of IP_RETOPTS. */
export const IP_RECVRETOPTS: number = constant('IP_RECVRETOPTS')

/** Receive interface and destination. */
export const IP_PKTINFO: number = constant('IP_PKTINFO')

/** Ancillary data of a stream. */
export const IP_PKTOPTIONS: number = constant('IP_PKTOPTIONS')

/** Path MTU discovery. */
export const IP_MTU_DISCOVER: number = constant('IP_MTU_DISCOVER')

/** Queue errors. */
export const IP_RECVERR: number = constant('IP_RECVERR')

/** Receive the time to live. */
export const IP_RECVTTL: number = constant('IP_RECVTTL')

/** Receive the type of service. */
export const IP_RECVTOS: number = constant('IP_RECVTOS')

/** Path MTU. */
export const IP_MTU: number = constant('IP_MTU')

/** Bind to an address that is not there yet. */
export const IP_FREEBIND: number = constant('IP_FREEBIND')

/** IPsec policy. */
export const IP_IPSEC_POLICY: number = constant('IP_IPSEC_POLICY')

/** Transformation policy. */
export const IP_XFRM_POLICY: number = constant('IP_XFRM_POLICY')

/** Receive the security context. */
export const IP_PASSSEC: number = constant('IP_PASSSEC')

/** Use addresses that are not local. */
export const IP_TRANSPARENT: number = constant('IP_TRANSPARENT')

/** Destination before redirection. */
export const IP_ORIGDSTADDR: number = constant('IP_ORIGDSTADDR')

/** Receive the destination before redirection. */
export const IP_RECVORIGDSTADDR: number = constant('IP_RECVORIGDSTADDR')

/** Least time to live that is accepted. */
export const IP_MINTTL: number = constant('IP_MINTTL')

/** Do not reassemble fragments. */
export const IP_NODEFRAG: number = constant('IP_NODEFRAG')

/** Receive the checksum. */
export const IP_CHECKSUM: number = constant('IP_CHECKSUM')

/** Choose the port at connect(2). */
export const IP_BIND_ADDRESS_NO_PORT: number = constant('IP_BIND_ADDRESS_NO_PORT')

/** Receive the size of the largest fragment. */
export const IP_RECVFRAGSIZE: number = constant('IP_RECVFRAGSIZE')

/** ICMP extensions with queued errors. */
export const IP_RECVERR_RFC4884: number = constant('IP_RECVERR_RFC4884')

/** Interface of sent multicast. */
export const IP_MULTICAST_IF: number = constant('IP_MULTICAST_IF')

/** Time to live of sent multicast. */
export const IP_MULTICAST_TTL: number = constant('IP_MULTICAST_TTL')

/** This host sees its own multicast. */
export const IP_MULTICAST_LOOP: number = constant('IP_MULTICAST_LOOP')

/** Join a group. */
export const IP_ADD_MEMBERSHIP: number = constant('IP_ADD_MEMBERSHIP')

/** Leave a group. */
export const IP_DROP_MEMBERSHIP: number = constant('IP_DROP_MEMBERSHIP')

/** Hear a source again. */
export const IP_UNBLOCK_SOURCE: number = constant('IP_UNBLOCK_SOURCE')

/** Do not hear a source. */
export const IP_BLOCK_SOURCE: number = constant('IP_BLOCK_SOURCE')

/** Join a group for one source. */
export const IP_ADD_SOURCE_MEMBERSHIP: number = constant('IP_ADD_SOURCE_MEMBERSHIP')

/** Leave a group for one source. */
export const IP_DROP_SOURCE_MEMBERSHIP: number = constant('IP_DROP_SOURCE_MEMBERSHIP')

/** Source filter of a group. */
export const IP_MSFILTER: number = constant('IP_MSFILTER')

/** Receive groups that other sockets joined. */
export const IP_MULTICAST_ALL: number = constant('IP_MULTICAST_ALL')

/** Interface of sent datagrams. */
export const IP_UNICAST_IF: number = constant('IP_UNICAST_IF')

/** Range of ports to choose from. */
export const IP_LOCAL_PORT_RANGE: number = constant('IP_LOCAL_PORT_RANGE')

/** The protocol of a raw socket. */
export const IP_PROTOCOL: number = constant('IP_PROTOCOL')

// Option that tells where a redirected connection wanted to go.

/** Destination before redirection, at level IPPROTO_IP. */
export const SO_ORIGINAL_DST: number = constant('SO_ORIGINAL_DST')

/** Destination before redirection, at level IPPROTO_IPV6. */
export const IP6T_SO_ORIGINAL_DST: number = constant('IP6T_SO_ORIGINAL_DST')

// Value of IP_MTU_DISCOVER.

/** Fragment. */
export const IP_PMTUDISC_DONT: number = constant('IP_PMTUDISC_DONT')

/** As the route says. */
export const IP_PMTUDISC_WANT: number = constant('IP_PMTUDISC_WANT')

/** Never fragment. */
export const IP_PMTUDISC_DO: number = constant('IP_PMTUDISC_DO')

/** Never fragment, and ignore the path MTU. */
export const IP_PMTUDISC_PROBE: number = constant('IP_PMTUDISC_PROBE')

/** The interface's MTU, never fragment. */
export const IP_PMTUDISC_INTERFACE: number = constant('IP_PMTUDISC_INTERFACE')

/** The interface's MTU, fragment if larger. */
export const IP_PMTUDISC_OMIT: number = constant('IP_PMTUDISC_OMIT')

// Value of IP_TOS.

/** Low delay. */
export const IPTOS_LOWDELAY: number = constant('IPTOS_LOWDELAY')

/** Throughput. */
export const IPTOS_THROUGHPUT: number = constant('IPTOS_THROUGHPUT')

/** Reliability. */
export const IPTOS_RELIABILITY: number = constant('IPTOS_RELIABILITY')

/** Low cost. */
export const IPTOS_MINCOST: number = constant('IPTOS_MINCOST')

/** Another name of IPTOS_MINCOST. */
export const IPTOS_LOWCOST: number = constant('IPTOS_LOWCOST')

/** The bits of the type of service. */
export const IPTOS_TOS_MASK: number = constant('IPTOS_TOS_MASK')

// Precedence in IP_TOS.

/** Network control. */
export const IPTOS_PREC_NETCONTROL: number = constant('IPTOS_PREC_NETCONTROL')

/** Internetwork control. */
export const IPTOS_PREC_INTERNETCONTROL: number = constant('IPTOS_PREC_INTERNETCONTROL')

/** Critical. */
export const IPTOS_PREC_CRITIC_ECP: number = constant('IPTOS_PREC_CRITIC_ECP')

/** Flash override. */
export const IPTOS_PREC_FLASHOVERRIDE: number = constant('IPTOS_PREC_FLASHOVERRIDE')

/** Flash. */
export const IPTOS_PREC_FLASH: number = constant('IPTOS_PREC_FLASH')

/** Immediate. */
export const IPTOS_PREC_IMMEDIATE: number = constant('IPTOS_PREC_IMMEDIATE')

/** Priority. */
export const IPTOS_PREC_PRIORITY: number = constant('IPTOS_PREC_PRIORITY')

/** Routine. */
export const IPTOS_PREC_ROUTINE: number = constant('IPTOS_PREC_ROUTINE')

/** The bits of the precedence. */
export const IPTOS_PREC_MASK: number = constant('IPTOS_PREC_MASK')

// Differentiated services code point, shifted into place for IP_TOS.

/** Less than best effort. */
export const IPTOS_DSCP_LE: number = constant('IPTOS_DSCP_LE')

/** Assured forwarding 11. */
export const IPTOS_DSCP_AF11: number = constant('IPTOS_DSCP_AF11')

/** Assured forwarding 12. */
export const IPTOS_DSCP_AF12: number = constant('IPTOS_DSCP_AF12')

/** Assured forwarding 13. */
export const IPTOS_DSCP_AF13: number = constant('IPTOS_DSCP_AF13')

/** Assured forwarding 21. */
export const IPTOS_DSCP_AF21: number = constant('IPTOS_DSCP_AF21')

/** Assured forwarding 22. */
export const IPTOS_DSCP_AF22: number = constant('IPTOS_DSCP_AF22')

/** Assured forwarding 23. */
export const IPTOS_DSCP_AF23: number = constant('IPTOS_DSCP_AF23')

/** Assured forwarding 31. */
export const IPTOS_DSCP_AF31: number = constant('IPTOS_DSCP_AF31')

/** Assured forwarding 32. */
export const IPTOS_DSCP_AF32: number = constant('IPTOS_DSCP_AF32')

/** Assured forwarding 33. */
export const IPTOS_DSCP_AF33: number = constant('IPTOS_DSCP_AF33')

/** Assured forwarding 41. */
export const IPTOS_DSCP_AF41: number = constant('IPTOS_DSCP_AF41')

/** Assured forwarding 42. */
export const IPTOS_DSCP_AF42: number = constant('IPTOS_DSCP_AF42')

/** Assured forwarding 43. */
export const IPTOS_DSCP_AF43: number = constant('IPTOS_DSCP_AF43')

/** Voice admit. */
export const IPTOS_DSCP_VA: number = constant('IPTOS_DSCP_VA')

/** Expedited forwarding. */
export const IPTOS_DSCP_EF: number = constant('IPTOS_DSCP_EF')

/** The bits of the code point. */
export const IPTOS_DSCP_MASK: number = constant('IPTOS_DSCP_MASK')

// Class selector, shifted into place for IP_TOS.

/** Class 0. */
export const IPTOS_CLASS_CS0: number = constant('IPTOS_CLASS_CS0')

/** Class 1. */
export const IPTOS_CLASS_CS1: number = constant('IPTOS_CLASS_CS1')

/** Class 2. */
export const IPTOS_CLASS_CS2: number = constant('IPTOS_CLASS_CS2')

/** Class 3. */
export const IPTOS_CLASS_CS3: number = constant('IPTOS_CLASS_CS3')

/** Class 4. */
export const IPTOS_CLASS_CS4: number = constant('IPTOS_CLASS_CS4')

/** Class 5. */
export const IPTOS_CLASS_CS5: number = constant('IPTOS_CLASS_CS5')

/** Class 6. */
export const IPTOS_CLASS_CS6: number = constant('IPTOS_CLASS_CS6')

/** Class 7. */
export const IPTOS_CLASS_CS7: number = constant('IPTOS_CLASS_CS7')

/** The default, class 0. */
export const IPTOS_CLASS_DEFAULT: number = constant('IPTOS_CLASS_DEFAULT')

/** The bits of the class. */
export const IPTOS_CLASS_MASK: number = constant('IPTOS_CLASS_MASK')

// Explicit congestion notification in IP_TOS.

/** Not capable of ECN. */
export const IPTOS_ECN_NOT_ECT: number = constant('IPTOS_ECN_NOT_ECT')

/** Capable, code point 1. */
export const IPTOS_ECN_ECT1: number = constant('IPTOS_ECN_ECT1')

/** Capable, code point 0. */
export const IPTOS_ECN_ECT0: number = constant('IPTOS_ECN_ECT0')

/** Congestion experienced. */
export const IPTOS_ECN_CE: number = constant('IPTOS_ECN_CE')

/** The bits of ECN. */
export const IPTOS_ECN_MASK: number = constant('IPTOS_ECN_MASK')

// Option of IPPROTO_IPV6, or ancillary data of that level.

/** Turn a mapped socket into an IPv4 one. */
export const IPV6_ADDRFORM: number = constant('IPV6_ADDRFORM')

/** IPV6_PKTINFO as in RFC 2292. */
export const IPV6_2292PKTINFO: number = constant('IPV6_2292PKTINFO')

/** IPV6_HOPOPTS as in RFC 2292. */
export const IPV6_2292HOPOPTS: number = constant('IPV6_2292HOPOPTS')

/** IPV6_DSTOPTS as in RFC 2292. */
export const IPV6_2292DSTOPTS: number = constant('IPV6_2292DSTOPTS')

/** IPV6_RTHDR as in RFC 2292. */
export const IPV6_2292RTHDR: number = constant('IPV6_2292RTHDR')

/** Ancillary data of a stream as in RFC 2292. */
export const IPV6_2292PKTOPTIONS: number = constant('IPV6_2292PKTOPTIONS')

/** Where a raw socket puts the checksum. */
export const IPV6_CHECKSUM: number = constant('IPV6_CHECKSUM')

/** IPV6_HOPLIMIT as in RFC 2292. */
export const IPV6_2292HOPLIMIT: number = constant('IPV6_2292HOPLIMIT')

/** Next hop. */
export const IPV6_NEXTHOP: number = constant('IPV6_NEXTHOP')

/** Authentication header. */
export const IPV6_AUTHHDR: number = constant('IPV6_AUTHHDR')

/** Receive flow label and traffic class. */
export const IPV6_FLOWINFO: number = constant('IPV6_FLOWINFO')

/** Hop limit. */
export const IPV6_UNICAST_HOPS: number = constant('IPV6_UNICAST_HOPS')

/** Interface of sent multicast. */
export const IPV6_MULTICAST_IF: number = constant('IPV6_MULTICAST_IF')

/** Hop limit of sent multicast. */
export const IPV6_MULTICAST_HOPS: number = constant('IPV6_MULTICAST_HOPS')

/** This host sees its own multicast. */
export const IPV6_MULTICAST_LOOP: number = constant('IPV6_MULTICAST_LOOP')

/** Join a group. */
export const IPV6_JOIN_GROUP: number = constant('IPV6_JOIN_GROUP')

/** Another name of IPV6_JOIN_GROUP. */
export const IPV6_ADD_MEMBERSHIP: number = constant('IPV6_ADD_MEMBERSHIP')

/** Leave a group. */
export const IPV6_LEAVE_GROUP: number = constant('IPV6_LEAVE_GROUP')

/** Another name of IPV6_LEAVE_GROUP. */
export const IPV6_DROP_MEMBERSHIP: number = constant('IPV6_DROP_MEMBERSHIP')

/** Receive packets with the router alert option. */
export const IPV6_ROUTER_ALERT: number = constant('IPV6_ROUTER_ALERT')

/** Path MTU discovery. */
export const IPV6_MTU_DISCOVER: number = constant('IPV6_MTU_DISCOVER')

/** Path MTU. */
export const IPV6_MTU: number = constant('IPV6_MTU')

/** Queue errors. */
export const IPV6_RECVERR: number = constant('IPV6_RECVERR')

/** No IPv4 on this socket. */
export const IPV6_V6ONLY: number = constant('IPV6_V6ONLY')

/** Join an anycast group. */
export const IPV6_JOIN_ANYCAST: number = constant('IPV6_JOIN_ANYCAST')

/** Leave an anycast group. */
export const IPV6_LEAVE_ANYCAST: number = constant('IPV6_LEAVE_ANYCAST')

/** Receive groups that other sockets joined. */
export const IPV6_MULTICAST_ALL: number = constant('IPV6_MULTICAST_ALL')

/** Router alerts of this namespace only. */
export const IPV6_ROUTER_ALERT_ISOLATE: number = constant('IPV6_ROUTER_ALERT_ISOLATE')

/** ICMP extensions with queued errors. */
export const IPV6_RECVERR_RFC4884: number = constant('IPV6_RECVERR_RFC4884')

/** Manage flow labels. */
export const IPV6_FLOWLABEL_MGR: number = constant('IPV6_FLOWLABEL_MGR')

/** Send the flow label of the address. */
export const IPV6_FLOWINFO_SEND: number = constant('IPV6_FLOWINFO_SEND')

/** IPsec policy. */
export const IPV6_IPSEC_POLICY: number = constant('IPV6_IPSEC_POLICY')

/** Transformation policy. */
export const IPV6_XFRM_POLICY: number = constant('IPV6_XFRM_POLICY')

/** The data carries its IPv6 header. */
export const IPV6_HDRINCL: number = constant('IPV6_HDRINCL')

/** Receive interface and destination. */
export const IPV6_RECVPKTINFO: number = constant('IPV6_RECVPKTINFO')

/** Interface and address. */
export const IPV6_PKTINFO: number = constant('IPV6_PKTINFO')

/** Receive the hop limit. */
export const IPV6_RECVHOPLIMIT: number = constant('IPV6_RECVHOPLIMIT')

/** Hop limit. */
export const IPV6_HOPLIMIT: number = constant('IPV6_HOPLIMIT')

/** Receive hop-by-hop options. */
export const IPV6_RECVHOPOPTS: number = constant('IPV6_RECVHOPOPTS')

/** Hop-by-hop options. */
export const IPV6_HOPOPTS: number = constant('IPV6_HOPOPTS')

/** Destination options before the routing header. */
export const IPV6_RTHDRDSTOPTS: number = constant('IPV6_RTHDRDSTOPTS')

/** Receive the routing header. */
export const IPV6_RECVRTHDR: number = constant('IPV6_RECVRTHDR')

/** Routing header. */
export const IPV6_RTHDR: number = constant('IPV6_RTHDR')

/** Receive destination options. */
export const IPV6_RECVDSTOPTS: number = constant('IPV6_RECVDSTOPTS')

/** Destination options. */
export const IPV6_DSTOPTS: number = constant('IPV6_DSTOPTS')

/** Receive changes of the path MTU. */
export const IPV6_RECVPATHMTU: number = constant('IPV6_RECVPATHMTU')

/** Path MTU. */
export const IPV6_PATHMTU: number = constant('IPV6_PATHMTU')

/** Never fragment. */
export const IPV6_DONTFRAG: number = constant('IPV6_DONTFRAG')

/** Receive the traffic class. */
export const IPV6_RECVTCLASS: number = constant('IPV6_RECVTCLASS')

/** Traffic class. */
export const IPV6_TCLASS: number = constant('IPV6_TCLASS')

/** Choose flow labels. */
export const IPV6_AUTOFLOWLABEL: number = constant('IPV6_AUTOFLOWLABEL')

/** Preferred source addresses. */
export const IPV6_ADDR_PREFERENCES: number = constant('IPV6_ADDR_PREFERENCES')

/** Least hop limit that is accepted. */
export const IPV6_MINHOPCOUNT: number = constant('IPV6_MINHOPCOUNT')

/** Destination before redirection. */
export const IPV6_ORIGDSTADDR: number = constant('IPV6_ORIGDSTADDR')

/** Receive the destination before redirection. */
export const IPV6_RECVORIGDSTADDR: number = constant('IPV6_RECVORIGDSTADDR')

/** Use addresses that are not local. */
export const IPV6_TRANSPARENT: number = constant('IPV6_TRANSPARENT')

/** Interface of sent datagrams. */
export const IPV6_UNICAST_IF: number = constant('IPV6_UNICAST_IF')

/** Receive the size of the largest fragment. */
export const IPV6_RECVFRAGSIZE: number = constant('IPV6_RECVFRAGSIZE')

/** Bind to an address that is not there yet. */
export const IPV6_FREEBIND: number = constant('IPV6_FREEBIND')

// Value of IPV6_MTU_DISCOVER.

/** Fragment. */
export const IPV6_PMTUDISC_DONT: number = constant('IPV6_PMTUDISC_DONT')

/** As the route says. */
export const IPV6_PMTUDISC_WANT: number = constant('IPV6_PMTUDISC_WANT')

/** Never fragment. */
export const IPV6_PMTUDISC_DO: number = constant('IPV6_PMTUDISC_DO')

/** Never fragment, and ignore the path MTU. */
export const IPV6_PMTUDISC_PROBE: number = constant('IPV6_PMTUDISC_PROBE')

/** The interface's MTU, never fragment. */
export const IPV6_PMTUDISC_INTERFACE: number = constant('IPV6_PMTUDISC_INTERFACE')

/** The interface's MTU, fragment if larger. */
export const IPV6_PMTUDISC_OMIT: number = constant('IPV6_PMTUDISC_OMIT')

// Flag of IPV6_ADDR_PREFERENCES.

/** Temporary addresses. */
export const IPV6_PREFER_SRC_TMP: number = constant('IPV6_PREFER_SRC_TMP')

/** Public addresses. */
export const IPV6_PREFER_SRC_PUBLIC: number = constant('IPV6_PREFER_SRC_PUBLIC')

/** Care-of addresses. */
export const IPV6_PREFER_SRC_COA: number = constant('IPV6_PREFER_SRC_COA')

/** Cryptographic addresses. */
export const IPV6_PREFER_SRC_CGA: number = constant('IPV6_PREFER_SRC_CGA')

/** Public or temporary, as the system is set. */
export const IPV6_PREFER_SRC_PUBTMP_DEFAULT: number = constant('IPV6_PREFER_SRC_PUBTMP_DEFAULT')

/** Home addresses. */
export const IPV6_PREFER_SRC_HOME: number = constant('IPV6_PREFER_SRC_HOME')

/** Addresses that are not cryptographic. */
export const IPV6_PREFER_SRC_NONCGA: number = constant('IPV6_PREFER_SRC_NONCGA')

// Flag of a lease of a flow label.

/** Make the lease; without it an existing one is shared. */
export const IPV6_FL_F_CREATE: number = constant('IPV6_FL_F_CREATE')

/** Only if there is none. */
export const IPV6_FL_F_EXCL: number = constant('IPV6_FL_F_EXCL')

/** TCP: answer with the label of the peer. */
export const IPV6_FL_F_REFLECT: number = constant('IPV6_FL_F_REFLECT')

/** TCP: the label of the peer. */
export const IPV6_FL_F_REMOTE: number = constant('IPV6_FL_F_REMOTE')

// Which sockets share a flow label.

/** None. */
export const IPV6_FL_S_NONE: number = constant('IPV6_FL_S_NONE')

/** This socket alone. */
export const IPV6_FL_S_EXCL: number = constant('IPV6_FL_S_EXCL')

/** Sockets of this process. */
export const IPV6_FL_S_PROCESS: number = constant('IPV6_FL_S_PROCESS')

/** Sockets of this user. */
export const IPV6_FL_S_USER: number = constant('IPV6_FL_S_USER')

/** All. */
export const IPV6_FL_S_ANY: number = constant('IPV6_FL_S_ANY')

// Kind of an IPv6 routing header.

/** The hop need not be a neighbour. */
export const IPV6_RTHDR_LOOSE: number = constant('IPV6_RTHDR_LOOSE')

/** The hop must be a neighbour. */
export const IPV6_RTHDR_STRICT: number = constant('IPV6_RTHDR_STRICT')

/** Type 0. */
export const IPV6_RTHDR_TYPE_0: number = constant('IPV6_RTHDR_TYPE_0')

// Multicast option of IPPROTO_IP and IPPROTO_IPV6, for any family.

/** Join a group. */
export const MCAST_JOIN_GROUP: number = constant('MCAST_JOIN_GROUP')

/** Do not hear a source. */
export const MCAST_BLOCK_SOURCE: number = constant('MCAST_BLOCK_SOURCE')

/** Hear a source again. */
export const MCAST_UNBLOCK_SOURCE: number = constant('MCAST_UNBLOCK_SOURCE')

/** Leave a group. */
export const MCAST_LEAVE_GROUP: number = constant('MCAST_LEAVE_GROUP')

/** Join a group for one source. */
export const MCAST_JOIN_SOURCE_GROUP: number = constant('MCAST_JOIN_SOURCE_GROUP')

/** Leave a group for one source. */
export const MCAST_LEAVE_SOURCE_GROUP: number = constant('MCAST_LEAVE_SOURCE_GROUP')

/** Source filter of a group. */
export const MCAST_MSFILTER: number = constant('MCAST_MSFILTER')

// Mode of a multicast source filter.

/** All sources but these. */
export const MCAST_EXCLUDE: number = constant('MCAST_EXCLUDE')

/** These sources only. */
export const MCAST_INCLUDE: number = constant('MCAST_INCLUDE')

// Option of raw ICMP sockets.

/** Types that SOL_RAW drops. */
export const ICMP_FILTER: number = constant('ICMP_FILTER')

/** Types that IPPROTO_ICMPV6 drops. */
export const ICMP6_FILTER: number = constant('ICMP6_FILTER')

// Option of SOL_PACKET.

/** Receive more frames. */
export const PACKET_ADD_MEMBERSHIP: number = constant('PACKET_ADD_MEMBERSHIP')

/** Stop receiving more frames. */
export const PACKET_DROP_MEMBERSHIP: number = constant('PACKET_DROP_MEMBERSHIP')

/** Obsolete. */
export const PACKET_RECV_OUTPUT: number = constant('PACKET_RECV_OUTPUT')

/** Receive over shared memory. */
export const PACKET_RX_RING: number = constant('PACKET_RX_RING')

/** Frames and drops. */
export const PACKET_STATISTICS: number = constant('PACKET_STATISTICS')

/** Frames longer than this are copied. */
export const PACKET_COPY_THRESH: number = constant('PACKET_COPY_THRESH')

/** Receive lengths, status and VLAN. */
export const PACKET_AUXDATA: number = constant('PACKET_AUXDATA')

/** Report the device of arrival. */
export const PACKET_ORIGDEV: number = constant('PACKET_ORIGDEV')

/** Version of the ring. */
export const PACKET_VERSION: number = constant('PACKET_VERSION')

/** Header length of a version of the ring. */
export const PACKET_HDRLEN: number = constant('PACKET_HDRLEN')

/** Headroom in the ring. */
export const PACKET_RESERVE: number = constant('PACKET_RESERVE')

/** Send over shared memory. */
export const PACKET_TX_RING: number = constant('PACKET_TX_RING')

/** Drop malformed frames of the ring. */
export const PACKET_LOSS: number = constant('PACKET_LOSS')

/** Frames carry a virtio header. */
export const PACKET_VNET_HDR: number = constant('PACKET_VNET_HDR')

/** Times of sending, an ancillary message. */
export const PACKET_TX_TIMESTAMP: number = constant('PACKET_TX_TIMESTAMP')

/** Clock of times in the ring. */
export const PACKET_TIMESTAMP: number = constant('PACKET_TIMESTAMP')

/** Share the load with other sockets. */
export const PACKET_FANOUT: number = constant('PACKET_FANOUT')

/** Frames of the ring have an offset. */
export const PACKET_TX_HAS_OFF: number = constant('PACKET_TX_HAS_OFF')

/** Send past the packet scheduler. */
export const PACKET_QDISC_BYPASS: number = constant('PACKET_QDISC_BYPASS')

/** Statistics of rollover. */
export const PACKET_ROLLOVER_STATS: number = constant('PACKET_ROLLOVER_STATS')

/** BPF program of a fanout group. */
export const PACKET_FANOUT_DATA: number = constant('PACKET_FANOUT_DATA')

/** Do not receive sent frames. */
export const PACKET_IGNORE_OUTGOING: number = constant('PACKET_IGNORE_OUTGOING')

/** Length of the virtio header. */
export const PACKET_VNET_HDR_SZ: number = constant('PACKET_VNET_HDR_SZ')

// Kind of a received frame.

/** To this host. */
export const PACKET_HOST: number = constant('PACKET_HOST')

/** To all. */
export const PACKET_BROADCAST: number = constant('PACKET_BROADCAST')

/** To a group. */
export const PACKET_MULTICAST: number = constant('PACKET_MULTICAST')

/** To another host. */
export const PACKET_OTHERHOST: number = constant('PACKET_OTHERHOST')

/** Sent by this host. */
export const PACKET_OUTGOING: number = constant('PACKET_OUTGOING')

/** Looped back. */
export const PACKET_LOOPBACK: number = constant('PACKET_LOOPBACK')

/** To user space. */
export const PACKET_USER: number = constant('PACKET_USER')

/** Gone; now PACKET_USER. */
export const PACKET_FASTROUTE: number = constant('PACKET_FASTROUTE')

/** To the kernel. */
export const PACKET_KERNEL: number = constant('PACKET_KERNEL')

// Kind of PACKET_ADD_MEMBERSHIP.

/** One group. */
export const PACKET_MR_MULTICAST: number = constant('PACKET_MR_MULTICAST')

/** All frames. */
export const PACKET_MR_PROMISC: number = constant('PACKET_MR_PROMISC')

/** All groups. */
export const PACKET_MR_ALLMULTI: number = constant('PACKET_MR_ALLMULTI')

/** One more own address. */
export const PACKET_MR_UNICAST: number = constant('PACKET_MR_UNICAST')

// Kind and flag of PACKET_FANOUT.

/** By flow. */
export const PACKET_FANOUT_HASH: number = constant('PACKET_FANOUT_HASH')

/** In turn. */
export const PACKET_FANOUT_LB: number = constant('PACKET_FANOUT_LB')

/** By processor. */
export const PACKET_FANOUT_CPU: number = constant('PACKET_FANOUT_CPU')

/** The next when one is full. */
export const PACKET_FANOUT_ROLLOVER: number = constant('PACKET_FANOUT_ROLLOVER')

/** At random. */
export const PACKET_FANOUT_RND: number = constant('PACKET_FANOUT_RND')

/** By queue. */
export const PACKET_FANOUT_QM: number = constant('PACKET_FANOUT_QM')

/** By classic BPF. */
export const PACKET_FANOUT_CBPF: number = constant('PACKET_FANOUT_CBPF')

/** By eBPF. */
export const PACKET_FANOUT_EBPF: number = constant('PACKET_FANOUT_EBPF')

/** Flag: the next when one is full. */
export const PACKET_FANOUT_FLAG_ROLLOVER: number = constant('PACKET_FANOUT_FLAG_ROLLOVER')

/** Flag: choose a free group. */
export const PACKET_FANOUT_FLAG_UNIQUEID: number = constant('PACKET_FANOUT_FLAG_UNIQUEID')

/** Flag: reassemble fragments first. */
export const PACKET_FANOUT_FLAG_DEFRAG: number = constant('PACKET_FANOUT_FLAG_DEFRAG')

// Protocol of the link layer; a packet socket takes it in network byte order.

/** Every frame. */
export const ETH_P_ALL: number = constant('ETH_P_ALL')

/** Frames of 802.2. */
export const ETH_P_802_2: number = constant('ETH_P_802_2')

/** CAN. */
export const ETH_P_CAN: number = constant('ETH_P_CAN')

/** CAN FD. */
export const ETH_P_CANFD: number = constant('ETH_P_CANFD')

/** IPv4. */
export const ETH_P_IP: number = constant('ETH_P_IP')

/** Address resolution. */
export const ETH_P_ARP: number = constant('ETH_P_ARP')

/** VLAN. */
export const ETH_P_8021Q: number = constant('ETH_P_8021Q')

/** IPv6. */
export const ETH_P_IPV6: number = constant('ETH_P_IPV6')

/** Loopback. */
export const ETH_P_LOOP: number = constant('ETH_P_LOOP')

/** Xerox PUP. */
export const ETH_P_PUP: number = constant('ETH_P_PUP')

/** X.25. */
export const ETH_P_X25: number = constant('ETH_P_X25')

/** Reverse address resolution. */
export const ETH_P_RARP: number = constant('ETH_P_RARP')

/** AppleTalk. */
export const ETH_P_ATALK: number = constant('ETH_P_ATALK')

/** AppleTalk address resolution. */
export const ETH_P_AARP: number = constant('ETH_P_AARP')

/** IPX. */
export const ETH_P_IPX: number = constant('ETH_P_IPX')

/** Slow protocols, such as LACP. */
export const ETH_P_SLOW: number = constant('ETH_P_SLOW')

/** MPLS multicast. */
export const ETH_P_MPLS_MC: number = constant('ETH_P_MPLS_MC')

/** ATA over Ethernet. */
export const ETH_P_AOE: number = constant('ETH_P_AOE')

/** TIPC. */
export const ETH_P_TIPC: number = constant('ETH_P_TIPC')

/** MACsec. */
export const ETH_P_MACSEC: number = constant('ETH_P_MACSEC')

/** MVRP. */
export const ETH_P_MVRP: number = constant('ETH_P_MVRP')

/** NSH. */
export const ETH_P_NSH: number = constant('ETH_P_NSH')

/** Fibre Channel over Ethernet. */
export const ETH_P_FCOE: number = constant('ETH_P_FCOE')

/** HSR. */
export const ETH_P_HSR: number = constant('ETH_P_HSR')

/** B.A.T.M.A.N.. */
export const ETH_P_BATMAN: number = constant('ETH_P_BATMAN')

/** ERSPAN. */
export const ETH_P_ERSPAN: number = constant('ETH_P_ERSPAN')

/** CAN XL. */
export const ETH_P_CANXL: number = constant('ETH_P_CANXL')

/** MPLS. */
export const ETH_P_MPLS_UC: number = constant('ETH_P_MPLS_UC')

/** PPPoE discovery. */
export const ETH_P_PPP_DISC: number = constant('ETH_P_PPP_DISC')

/** PPPoE session. */
export const ETH_P_PPP_SES: number = constant('ETH_P_PPP_SES')

/** 802.1X. */
export const ETH_P_PAE: number = constant('ETH_P_PAE')

/** Service VLAN. */
export const ETH_P_8021AD: number = constant('ETH_P_8021AD')

/** Link layer discovery. */
export const ETH_P_LLDP: number = constant('ETH_P_LLDP')

/** Precision time. */
export const ETH_P_1588: number = constant('ETH_P_1588')

// Protocol of netlink.

/** Routes, addresses and links. */
export const NETLINK_ROUTE: number = constant('NETLINK_ROUTE')

/** Nothing. */
export const NETLINK_UNUSED: number = constant('NETLINK_UNUSED')

/** For user space. */
export const NETLINK_USERSOCK: number = constant('NETLINK_USERSOCK')

/** Gone since Linux 3.5. */
export const NETLINK_FIREWALL: number = constant('NETLINK_FIREWALL')

/** Sockets. */
export const NETLINK_SOCK_DIAG: number = constant('NETLINK_SOCK_DIAG')

/** Another name of NETLINK_SOCK_DIAG. */
export const NETLINK_INET_DIAG: number = constant('NETLINK_INET_DIAG')

/** Packet log. */
export const NETLINK_NFLOG: number = constant('NETLINK_NFLOG')

/** IPsec. */
export const NETLINK_XFRM: number = constant('NETLINK_XFRM')

/** SELinux. */
export const NETLINK_SELINUX: number = constant('NETLINK_SELINUX')

/** iSCSI. */
export const NETLINK_ISCSI: number = constant('NETLINK_ISCSI')

/** Audit. */
export const NETLINK_AUDIT: number = constant('NETLINK_AUDIT')

/** Route look-ups. */
export const NETLINK_FIB_LOOKUP: number = constant('NETLINK_FIB_LOOKUP')

/** Kernel connector. */
export const NETLINK_CONNECTOR: number = constant('NETLINK_CONNECTOR')

/** Netfilter. */
export const NETLINK_NETFILTER: number = constant('NETLINK_NETFILTER')

/** Gone since Linux 2.6. */
export const NETLINK_IP6_FW: number = constant('NETLINK_IP6_FW')

/** DECnet routes. */
export const NETLINK_DNRTMSG: number = constant('NETLINK_DNRTMSG')

/** Devices that come and go. */
export const NETLINK_KOBJECT_UEVENT: number = constant('NETLINK_KOBJECT_UEVENT')

/** Generic netlink. */
export const NETLINK_GENERIC: number = constant('NETLINK_GENERIC')

/** SCSI transports. */
export const NETLINK_SCSITRANSPORT: number = constant('NETLINK_SCSITRANSPORT')

/** eCryptfs. */
export const NETLINK_ECRYPTFS: number = constant('NETLINK_ECRYPTFS')

/** RDMA. */
export const NETLINK_RDMA: number = constant('NETLINK_RDMA')

/** Cryptography of the kernel. */
export const NETLINK_CRYPTO: number = constant('NETLINK_CRYPTO')

/** SMC monitoring. */
export const NETLINK_SMC: number = constant('NETLINK_SMC')

// Option of SOL_NETLINK.

/** Join a group. */
export const NETLINK_ADD_MEMBERSHIP: number = constant('NETLINK_ADD_MEMBERSHIP')

/** Leave a group. */
export const NETLINK_DROP_MEMBERSHIP: number = constant('NETLINK_DROP_MEMBERSHIP')

/** Receive the group. */
export const NETLINK_PKTINFO: number = constant('NETLINK_PKTINFO')

/** Report failed broadcasts. */
export const NETLINK_BROADCAST_ERROR: number = constant('NETLINK_BROADCAST_ERROR')

/** Do not report overruns. */
export const NETLINK_NO_ENOBUFS: number = constant('NETLINK_NO_ENOBUFS')

/** Hear every known namespace. */
export const NETLINK_LISTEN_ALL_NSID: number = constant('NETLINK_LISTEN_ALL_NSID')

/** Groups joined. */
export const NETLINK_LIST_MEMBERSHIPS: number = constant('NETLINK_LIST_MEMBERSHIPS')

/** Short acknowledgements. */
export const NETLINK_CAP_ACK: number = constant('NETLINK_CAP_ACK')

/** Detailed acknowledgements. */
export const NETLINK_EXT_ACK: number = constant('NETLINK_EXT_ACK')

/** Check requests strictly. */
export const NETLINK_GET_STRICT_CHK: number = constant('NETLINK_GET_STRICT_CHK')

// Protocol of CAN.

/** Raw frames. */
export const CAN_RAW: number = constant('CAN_RAW')

/** Broadcast manager. */
export const CAN_BCM: number = constant('CAN_BCM')

/** VAG transport 1.6. */
export const CAN_TP16: number = constant('CAN_TP16')

/** VAG transport 2.0. */
export const CAN_TP20: number = constant('CAN_TP20')

/** Bosch MCNet. */
export const CAN_MCNET: number = constant('CAN_MCNET')

/** ISO 15765-2. */
export const CAN_ISOTP: number = constant('CAN_ISOTP')

/** SAE J1939. */
export const CAN_J1939: number = constant('CAN_J1939')

// Option of SOL_CAN_RAW.

/** Identifiers to receive. */
export const CAN_RAW_FILTER: number = constant('CAN_RAW_FILTER')

/** Errors to receive. */
export const CAN_RAW_ERR_FILTER: number = constant('CAN_RAW_ERR_FILTER')

/** This host sees its own frames. */
export const CAN_RAW_LOOPBACK: number = constant('CAN_RAW_LOOPBACK')

/** This socket sees its own frames. */
export const CAN_RAW_RECV_OWN_MSGS: number = constant('CAN_RAW_RECV_OWN_MSGS')

/** Allow CAN FD. */
export const CAN_RAW_FD_FRAMES: number = constant('CAN_RAW_FD_FRAMES')

/** All filters must match. */
export const CAN_RAW_JOIN_FILTERS: number = constant('CAN_RAW_JOIN_FILTERS')

/** Allow CAN XL. */
export const CAN_RAW_XL_FRAMES: number = constant('CAN_RAW_XL_FRAMES')

// Bits of a CAN identifier.

/** Extended frame. */
export const CAN_EFF_FLAG: number = constant('CAN_EFF_FLAG')

/** Remote request. */
export const CAN_RTR_FLAG: number = constant('CAN_RTR_FLAG')

/** Error message. */
export const CAN_ERR_FLAG: number = constant('CAN_ERR_FLAG')

/** Identifier of a standard frame. */
export const CAN_SFF_MASK: number = constant('CAN_SFF_MASK')

/** Identifier of an extended frame. */
export const CAN_EFF_MASK: number = constant('CAN_EFF_MASK')

/** Class of an error. */
export const CAN_ERR_MASK: number = constant('CAN_ERR_MASK')

// Type of a message of rtnetlink.

/** A link is new or has changed. */
export const RTM_NEWLINK: number = constant('RTM_NEWLINK')

/** A link is gone. */
export const RTM_DELLINK: number = constant('RTM_DELLINK')

/** Ask for links. */
export const RTM_GETLINK: number = constant('RTM_GETLINK')

/** Change a link. */
export const RTM_SETLINK: number = constant('RTM_SETLINK')

/** An address is new or has changed. */
export const RTM_NEWADDR: number = constant('RTM_NEWADDR')

/** An address is gone. */
export const RTM_DELADDR: number = constant('RTM_DELADDR')

/** Ask for addresses. */
export const RTM_GETADDR: number = constant('RTM_GETADDR')

/** A route is new or has changed. */
export const RTM_NEWROUTE: number = constant('RTM_NEWROUTE')

/** A route is gone. */
export const RTM_DELROUTE: number = constant('RTM_DELROUTE')

/** Ask for routes. */
export const RTM_GETROUTE: number = constant('RTM_GETROUTE')

/** A neighbour is new or has changed. */
export const RTM_NEWNEIGH: number = constant('RTM_NEWNEIGH')

/** A neighbour is gone. */
export const RTM_DELNEIGH: number = constant('RTM_DELNEIGH')

/** Ask for neighbours. */
export const RTM_GETNEIGH: number = constant('RTM_GETNEIGH')

/** A routing rule is new. */
export const RTM_NEWRULE: number = constant('RTM_NEWRULE')

/** A routing rule is gone. */
export const RTM_DELRULE: number = constant('RTM_DELRULE')

/** Ask for routing rules. */
export const RTM_GETRULE: number = constant('RTM_GETRULE')

/** A queueing discipline is new. */
export const RTM_NEWQDISC: number = constant('RTM_NEWQDISC')

/** A queueing discipline is gone. */
export const RTM_DELQDISC: number = constant('RTM_DELQDISC')

/** Ask for queueing disciplines. */
export const RTM_GETQDISC: number = constant('RTM_GETQDISC')

/** A traffic class is new. */
export const RTM_NEWTCLASS: number = constant('RTM_NEWTCLASS')

/** A traffic class is gone. */
export const RTM_DELTCLASS: number = constant('RTM_DELTCLASS')

/** Ask for traffic classes. */
export const RTM_GETTCLASS: number = constant('RTM_GETTCLASS')

/** A traffic filter is new. */
export const RTM_NEWTFILTER: number = constant('RTM_NEWTFILTER')

/** A traffic filter is gone. */
export const RTM_DELTFILTER: number = constant('RTM_DELTFILTER')

/** Ask for traffic filters. */
export const RTM_GETTFILTER: number = constant('RTM_GETTFILTER')

/** A prefix was announced. */
export const RTM_NEWPREFIX: number = constant('RTM_NEWPREFIX')

/** Ask for multicast addresses. */
export const RTM_GETMULTICAST: number = constant('RTM_GETMULTICAST')

/** Ask for anycast addresses. */
export const RTM_GETANYCAST: number = constant('RTM_GETANYCAST')

/** A table of neighbours. */
export const RTM_NEWNEIGHTBL: number = constant('RTM_NEWNEIGHTBL')

/** Ask for tables of neighbours. */
export const RTM_GETNEIGHTBL: number = constant('RTM_GETNEIGHTBL')

/** Change a table of neighbours. */
export const RTM_SETNEIGHTBL: number = constant('RTM_SETNEIGHTBL')

/** Options of neighbour discovery for programs. */
export const RTM_NEWNDUSEROPT: number = constant('RTM_NEWNDUSEROPT')

/** A setting of a device. */
export const RTM_NEWNETCONF: number = constant('RTM_NEWNETCONF')

/** A setting of a device is gone. */
export const RTM_DELNETCONF: number = constant('RTM_DELNETCONF')

/** Ask for settings of devices. */
export const RTM_GETNETCONF: number = constant('RTM_GETNETCONF')

/** A multicast entry of a bridge. */
export const RTM_NEWMDB: number = constant('RTM_NEWMDB')

/** A multicast entry of a bridge is gone. */
export const RTM_DELMDB: number = constant('RTM_DELMDB')

/** Ask for multicast entries of bridges. */
export const RTM_GETMDB: number = constant('RTM_GETMDB')

/** A network namespace has an id. */
export const RTM_NEWNSID: number = constant('RTM_NEWNSID')

/** The id of a network namespace is gone. */
export const RTM_DELNSID: number = constant('RTM_DELNSID')

/** Ask for the ids of network namespaces. */
export const RTM_GETNSID: number = constant('RTM_GETNSID')

/** Statistics. */
export const RTM_NEWSTATS: number = constant('RTM_NEWSTATS')

/** Ask for statistics. */
export const RTM_GETSTATS: number = constant('RTM_GETSTATS')

// Multicast group of rtnetlink as a bit, for the address of a netlink socket.

/** Links. */
export const RTMGRP_LINK: number = constant('RTMGRP_LINK')

/** Notifications. */
export const RTMGRP_NOTIFY: number = constant('RTMGRP_NOTIFY')

/** Neighbours. */
export const RTMGRP_NEIGH: number = constant('RTMGRP_NEIGH')

/** Traffic control. */
export const RTMGRP_TC: number = constant('RTMGRP_TC')

/** IPv4 addresses. */
export const RTMGRP_IPV4_IFADDR: number = constant('RTMGRP_IPV4_IFADDR')

/** IPv4 multicast routes. */
export const RTMGRP_IPV4_MROUTE: number = constant('RTMGRP_IPV4_MROUTE')

/** IPv4 routes. */
export const RTMGRP_IPV4_ROUTE: number = constant('RTMGRP_IPV4_ROUTE')

/** IPv4 rules. */
export const RTMGRP_IPV4_RULE: number = constant('RTMGRP_IPV4_RULE')

/** IPv6 addresses. */
export const RTMGRP_IPV6_IFADDR: number = constant('RTMGRP_IPV6_IFADDR')

/** IPv6 multicast routes. */
export const RTMGRP_IPV6_MROUTE: number = constant('RTMGRP_IPV6_MROUTE')

/** IPv6 routes. */
export const RTMGRP_IPV6_ROUTE: number = constant('RTMGRP_IPV6_ROUTE')

/** IPv6 settings of interfaces. */
export const RTMGRP_IPV6_IFINFO: number = constant('RTMGRP_IPV6_IFINFO')

/** IPv6 prefixes. */
export const RTMGRP_IPV6_PREFIX: number = constant('RTMGRP_IPV6_PREFIX')

// Multicast group of rtnetlink by its number, for NETLINK_ADD_MEMBERSHIP.

/** Links. */
export const RTNLGRP_LINK: number = constant('RTNLGRP_LINK')

/** Notifications. */
export const RTNLGRP_NOTIFY: number = constant('RTNLGRP_NOTIFY')

/** Neighbours. */
export const RTNLGRP_NEIGH: number = constant('RTNLGRP_NEIGH')

/** Traffic control. */
export const RTNLGRP_TC: number = constant('RTNLGRP_TC')

/** IPv4 addresses. */
export const RTNLGRP_IPV4_IFADDR: number = constant('RTNLGRP_IPV4_IFADDR')

/** IPv4 multicast routes. */
export const RTNLGRP_IPV4_MROUTE: number = constant('RTNLGRP_IPV4_MROUTE')

/** IPv4 routes. */
export const RTNLGRP_IPV4_ROUTE: number = constant('RTNLGRP_IPV4_ROUTE')

/** IPv4 rules. */
export const RTNLGRP_IPV4_RULE: number = constant('RTNLGRP_IPV4_RULE')

/** IPv6 addresses. */
export const RTNLGRP_IPV6_IFADDR: number = constant('RTNLGRP_IPV6_IFADDR')

/** IPv6 multicast routes. */
export const RTNLGRP_IPV6_MROUTE: number = constant('RTNLGRP_IPV6_MROUTE')

/** IPv6 routes. */
export const RTNLGRP_IPV6_ROUTE: number = constant('RTNLGRP_IPV6_ROUTE')

/** IPv6 settings of interfaces. */
export const RTNLGRP_IPV6_IFINFO: number = constant('RTNLGRP_IPV6_IFINFO')

/** IPv6 prefixes. */
export const RTNLGRP_IPV6_PREFIX: number = constant('RTNLGRP_IPV6_PREFIX')

/** IPv6 rules. */
export const RTNLGRP_IPV6_RULE: number = constant('RTNLGRP_IPV6_RULE')

/** Options of neighbour discovery. */
export const RTNLGRP_ND_USEROPT: number = constant('RTNLGRP_ND_USEROPT')

/** IPv4 settings. */
export const RTNLGRP_IPV4_NETCONF: number = constant('RTNLGRP_IPV4_NETCONF')

/** IPv6 settings. */
export const RTNLGRP_IPV6_NETCONF: number = constant('RTNLGRP_IPV6_NETCONF')

/** Multicast entries of bridges. */
export const RTNLGRP_MDB: number = constant('RTNLGRP_MDB')

/** Ids of network namespaces. */
export const RTNLGRP_NSID: number = constant('RTNLGRP_NSID')

/** Next hops. */
export const RTNLGRP_NEXTHOP: number = constant('RTNLGRP_NEXTHOP')

// Flag of a message of netlink.

/** A request. */
export const NLM_F_REQUEST: number = constant('NLM_F_REQUEST')

/** One of several, until NLMSG_DONE. */
export const NLM_F_MULTI: number = constant('NLM_F_MULTI')

/** Acknowledge it. */
export const NLM_F_ACK: number = constant('NLM_F_ACK')

/** Send it back. */
export const NLM_F_ECHO: number = constant('NLM_F_ECHO')

/** The list changed meanwhile, and is not consistent. */
export const NLM_F_DUMP_INTR: number = constant('NLM_F_DUMP_INTR')

/** The list is filtered as asked. */
export const NLM_F_DUMP_FILTERED: number = constant('NLM_F_DUMP_FILTERED')

/** The whole table. */
export const NLM_F_ROOT: number = constant('NLM_F_ROOT')

/** All that match. */
export const NLM_F_MATCH: number = constant('NLM_F_MATCH')

/** At one moment. */
export const NLM_F_ATOMIC: number = constant('NLM_F_ATOMIC')

/** A list. */
export const NLM_F_DUMP: number = constant('NLM_F_DUMP')

/** Replace what is there. */
export const NLM_F_REPLACE: number = constant('NLM_F_REPLACE')

/** Do not touch what is there. */
export const NLM_F_EXCL: number = constant('NLM_F_EXCL')

/** Make it if it is not there. */
export const NLM_F_CREATE: number = constant('NLM_F_CREATE')

/** Add it at the end. */
export const NLM_F_APPEND: number = constant('NLM_F_APPEND')

/** The request is left out of the acknowledgement. */
export const NLM_F_CAPPED: number = constant('NLM_F_CAPPED')

/** The acknowledgement has attributes. */
export const NLM_F_ACK_TLVS: number = constant('NLM_F_ACK_TLVS')

// Type of a control message of netlink.

/** Nothing. */
export const NLMSG_NOOP: number = constant('NLMSG_NOOP')

/** An error, or with 0 an acknowledgement. */
export const NLMSG_ERROR: number = constant('NLMSG_ERROR')

/** The end of a list. */
export const NLMSG_DONE: number = constant('NLMSG_DONE')

/** Data were lost. */
export const NLMSG_OVERRUN: number = constant('NLMSG_OVERRUN')

/** The first type that is not for control. */
export const NLMSG_MIN_TYPE: number = constant('NLMSG_MIN_TYPE')

// Attribute of an acknowledgement, with NETLINK_EXT_ACK.

/** What was wrong, as text. */
export const NLMSGERR_ATTR_MSG: number = constant('NLMSGERR_ATTR_MSG')

/** Where it was in the request. */
export const NLMSGERR_ATTR_OFFS: number = constant('NLMSGERR_ATTR_OFFS')

/** Arbitrary data. */
export const NLMSGERR_ATTR_COOKIE: number = constant('NLMSGERR_ATTR_COOKIE')

/** What would have been right. */
export const NLMSGERR_ATTR_POLICY: number = constant('NLMSGERR_ATTR_POLICY')

// Part of the type of an attribute of netlink.

/** It has attributes. */
export const NLA_F_NESTED: number = constant('NLA_F_NESTED')

/** It is in network byte order. */
export const NLA_F_NET_BYTEORDER: number = constant('NLA_F_NET_BYTEORDER')

/** The type without flags. */
export const NLA_TYPE_MASK: number = constant('NLA_TYPE_MASK')

// Attribute of a link, of RTM_NEWLINK.

/** Hardware address. */
export const IFLA_ADDRESS: number = constant('IFLA_ADDRESS')

/** Hardware broadcast address. */
export const IFLA_BROADCAST: number = constant('IFLA_BROADCAST')

/** Name. */
export const IFLA_IFNAME: number = constant('IFLA_IFNAME')

/** Most bytes of a packet. */
export const IFLA_MTU: number = constant('IFLA_MTU')

/** The device below. */
export const IFLA_LINK: number = constant('IFLA_LINK')

/** Queueing discipline. */
export const IFLA_QDISC: number = constant('IFLA_QDISC')

/** Counters of 32 bits. */
export const IFLA_STATS: number = constant('IFLA_STATS')

/** The device above. */
export const IFLA_MASTER: number = constant('IFLA_MASTER')

/** Length of the send queue. */
export const IFLA_TXQLEN: number = constant('IFLA_TXQLEN')

/** State by RFC 2863. */
export const IFLA_OPERSTATE: number = constant('IFLA_OPERSTATE')

/** How the state is found. */
export const IFLA_LINKMODE: number = constant('IFLA_LINKMODE')

/** Kind of the link. */
export const IFLA_LINKINFO: number = constant('IFLA_LINKINFO')

/** Namespace, by process. */
export const IFLA_NET_NS_PID: number = constant('IFLA_NET_NS_PID')

/** Alias. */
export const IFLA_IFALIAS: number = constant('IFLA_IFALIAS')

/** Ports of virtual functions. */
export const IFLA_VF_PORTS: number = constant('IFLA_VF_PORTS')

/** Counters of 64 bits. */
export const IFLA_STATS64: number = constant('IFLA_STATS64')

/** Per address family. */
export const IFLA_AF_SPEC: number = constant('IFLA_AF_SPEC')

/** Group. */
export const IFLA_GROUP: number = constant('IFLA_GROUP')

/** Namespace, by descriptor. */
export const IFLA_NET_NS_FD: number = constant('IFLA_NET_NS_FD')

/** What else to tell. */
export const IFLA_EXT_MASK: number = constant('IFLA_EXT_MASK')

/** How many ask for all frames. */
export const IFLA_PROMISCUITY: number = constant('IFLA_PROMISCUITY')

/** Send queues. */
export const IFLA_NUM_TX_QUEUES: number = constant('IFLA_NUM_TX_QUEUES')

/** Receive queues. */
export const IFLA_NUM_RX_QUEUES: number = constant('IFLA_NUM_RX_QUEUES')

/** Whether there is a carrier. */
export const IFLA_CARRIER: number = constant('IFLA_CARRIER')

/** Namespace of the device below. */
export const IFLA_LINK_NETNSID: number = constant('IFLA_LINK_NETNSID')

/** Least MTU. */
export const IFLA_MIN_MTU: number = constant('IFLA_MIN_MTU')

/** Largest MTU. */
export const IFLA_MAX_MTU: number = constant('IFLA_MAX_MTU')

/** Another name. */
export const IFLA_ALT_IFNAME: number = constant('IFLA_ALT_IFNAME')

/** Hardware address from the factory. */
export const IFLA_PERM_ADDRESS: number = constant('IFLA_PERM_ADDRESS')

// Attribute within IFLA_LINKINFO.

/** Kind, such as veth. */
export const IFLA_INFO_KIND: number = constant('IFLA_INFO_KIND')

/** What the kind has. */
export const IFLA_INFO_DATA: number = constant('IFLA_INFO_DATA')

/** Kind of the device above. */
export const IFLA_INFO_SLAVE_KIND: number = constant('IFLA_INFO_SLAVE_KIND')

/** What that kind has. */
export const IFLA_INFO_SLAVE_DATA: number = constant('IFLA_INFO_SLAVE_DATA')

// Attribute of an address, of RTM_NEWADDR.

/** Address, of a point-to-point link that of the peer. */
export const IFA_ADDRESS: number = constant('IFA_ADDRESS')

/** Local address. */
export const IFA_LOCAL: number = constant('IFA_LOCAL')

/** Label. */
export const IFA_LABEL: number = constant('IFA_LABEL')

/** Broadcast address. */
export const IFA_BROADCAST: number = constant('IFA_BROADCAST')

/** Lifetimes. */
export const IFA_CACHEINFO: number = constant('IFA_CACHEINFO')

/** Flags of 32 bits. */
export const IFA_FLAGS: number = constant('IFA_FLAGS')

/** Priority of its route. */
export const IFA_RT_PRIORITY: number = constant('IFA_RT_PRIORITY')

/** Namespace. */
export const IFA_TARGET_NETNSID: number = constant('IFA_TARGET_NETNSID')

// Attribute of a route, of RTM_NEWROUTE.

/** Destination. */
export const RTA_DST: number = constant('RTA_DST')

/** Source. */
export const RTA_SRC: number = constant('RTA_SRC')

/** Interface of arrival. */
export const RTA_IIF: number = constant('RTA_IIF')

/** Interface to send by. */
export const RTA_OIF: number = constant('RTA_OIF')

/** Next hop. */
export const RTA_GATEWAY: number = constant('RTA_GATEWAY')

/** Priority. */
export const RTA_PRIORITY: number = constant('RTA_PRIORITY')

/** Preferred source. */
export const RTA_PREFSRC: number = constant('RTA_PREFSRC')

/** Metrics. */
export const RTA_METRICS: number = constant('RTA_METRICS')

/** Several next hops. */
export const RTA_MULTIPATH: number = constant('RTA_MULTIPATH')

/** Realm. */
export const RTA_FLOW: number = constant('RTA_FLOW')

/** Lifetimes. */
export const RTA_CACHEINFO: number = constant('RTA_CACHEINFO')

/** Table. */
export const RTA_TABLE: number = constant('RTA_TABLE')

/** Mark. */
export const RTA_MARK: number = constant('RTA_MARK')

/** Next hop of another family. */
export const RTA_VIA: number = constant('RTA_VIA')

/** Preference of the router. */
export const RTA_PREF: number = constant('RTA_PREF')

/** Lifetime. */
export const RTA_EXPIRES: number = constant('RTA_EXPIRES')

/** User. */
export const RTA_UID: number = constant('RTA_UID')

/** Protocol. */
export const RTA_IP_PROTO: number = constant('RTA_IP_PROTO')

/** Source port. */
export const RTA_SPORT: number = constant('RTA_SPORT')

/** Destination port. */
export const RTA_DPORT: number = constant('RTA_DPORT')

// Number of a routing table.

/** Any. */
export const RT_TABLE_UNSPEC: number = constant('RT_TABLE_UNSPEC')

/** Last resort. */
export const RT_TABLE_DEFAULT: number = constant('RT_TABLE_DEFAULT')

/** Main. */
export const RT_TABLE_MAIN: number = constant('RT_TABLE_MAIN')

/** Local addresses. */
export const RT_TABLE_LOCAL: number = constant('RT_TABLE_LOCAL')

// Attribute of a neighbour, of RTM_NEWNEIGH.

/** Address. */
export const NDA_DST: number = constant('NDA_DST')

/** Hardware address. */
export const NDA_LLADDR: number = constant('NDA_LLADDR')

/** Times. */
export const NDA_CACHEINFO: number = constant('NDA_CACHEINFO')

/** Probes. */
export const NDA_PROBES: number = constant('NDA_PROBES')

/** VLAN. */
export const NDA_VLAN: number = constant('NDA_VLAN')

// State of a neighbour.

/** Being looked for. */
export const NUD_INCOMPLETE: number = constant('NUD_INCOMPLETE')

/** Reachable. */
export const NUD_REACHABLE: number = constant('NUD_REACHABLE')

/** Not confirmed. */
export const NUD_STALE: number = constant('NUD_STALE')

/** About to be confirmed. */
export const NUD_DELAY: number = constant('NUD_DELAY')

/** Being confirmed. */
export const NUD_PROBE: number = constant('NUD_PROBE')

/** Not found. */
export const NUD_FAILED: number = constant('NUD_FAILED')

/** Needs no look-up. */
export const NUD_NOARP: number = constant('NUD_NOARP')

/** Permanent. */
export const NUD_PERMANENT: number = constant('NUD_PERMANENT')

/** Nothing. */
export const NUD_NONE: number = constant('NUD_NONE')

// Flag of a network interface.

/** Administratively up. */
export const IFF_UP: number = constant('IFF_UP')

/** Has a broadcast address. */
export const IFF_BROADCAST: number = constant('IFF_BROADCAST')

/** Debugging. */
export const IFF_DEBUG: number = constant('IFF_DEBUG')

/** Loopback. */
export const IFF_LOOPBACK: number = constant('IFF_LOOPBACK')

/** Point to point. */
export const IFF_POINTOPOINT: number = constant('IFF_POINTOPOINT')

/** No trailers. */
export const IFF_NOTRAILERS: number = constant('IFF_NOTRAILERS')

/** Operational. */
export const IFF_RUNNING: number = constant('IFF_RUNNING')

/** No address resolution. */
export const IFF_NOARP: number = constant('IFF_NOARP')

/** Takes all frames. */
export const IFF_PROMISC: number = constant('IFF_PROMISC')

/** Takes all multicast. */
export const IFF_ALLMULTI: number = constant('IFF_ALLMULTI')

/** Above others. */
export const IFF_MASTER: number = constant('IFF_MASTER')

/** Below another. */
export const IFF_SLAVE: number = constant('IFF_SLAVE')

/** Has multicast. */
export const IFF_MULTICAST: number = constant('IFF_MULTICAST')

/** Selects a medium. */
export const IFF_PORTSEL: number = constant('IFF_PORTSEL')

/** Selects it by itself. */
export const IFF_AUTOMEDIA: number = constant('IFF_AUTOMEDIA')

/** Loses its addresses. */
export const IFF_DYNAMIC: number = constant('IFF_DYNAMIC')

/** Has a carrier. */
export const IFF_LOWER_UP: number = constant('IFF_LOWER_UP')

/** Dormant. */
export const IFF_DORMANT: number = constant('IFF_DORMANT')

/** Sends frames back. */
export const IFF_ECHO: number = constant('IFF_ECHO')

// State of a link by RFC 2863, in IFLA_OPERSTATE.

/** Unknown. */
export const IF_OPER_UNKNOWN: number = constant('IF_OPER_UNKNOWN')

/** Not there. */
export const IF_OPER_NOTPRESENT: number = constant('IF_OPER_NOTPRESENT')

/** Down. */
export const IF_OPER_DOWN: number = constant('IF_OPER_DOWN')

/** The device below is down. */
export const IF_OPER_LOWERLAYERDOWN: number = constant('IF_OPER_LOWERLAYERDOWN')

/** In a test. */
export const IF_OPER_TESTING: number = constant('IF_OPER_TESTING')

/** Waits for something. */
export const IF_OPER_DORMANT: number = constant('IF_OPER_DORMANT')

/** Up. */
export const IF_OPER_UP: number = constant('IF_OPER_UP')

// Type of hardware, in the address of a packet socket.

/** NET/ROM. */
export const ARPHRD_NETROM: number = constant('ARPHRD_NETROM')

/** Ethernet. */
export const ARPHRD_ETHER: number = constant('ARPHRD_ETHER')

/** InfiniBand. */
export const ARPHRD_INFINIBAND: number = constant('ARPHRD_INFINIBAND')

/** SLIP. */
export const ARPHRD_SLIP: number = constant('ARPHRD_SLIP')

/** CAN. */
export const ARPHRD_CAN: number = constant('ARPHRD_CAN')

/** PPP. */
export const ARPHRD_PPP: number = constant('ARPHRD_PPP')

/** IP without a link layer. */
export const ARPHRD_RAWIP: number = constant('ARPHRD_RAWIP')

/** IP in IP. */
export const ARPHRD_TUNNEL: number = constant('ARPHRD_TUNNEL')

/** IP in IPv6. */
export const ARPHRD_TUNNEL6: number = constant('ARPHRD_TUNNEL6')

/** Loopback. */
export const ARPHRD_LOOPBACK: number = constant('ARPHRD_LOOPBACK')

/** IPv6 in IPv4. */
export const ARPHRD_SIT: number = constant('ARPHRD_SIT')

/** GRE. */
export const ARPHRD_IPGRE: number = constant('ARPHRD_IPGRE')

/** 802.11. */
export const ARPHRD_IEEE80211: number = constant('ARPHRD_IEEE80211')

/** 802.11 with radiotap. */
export const ARPHRD_IEEE80211_RADIOTAP: number = constant('ARPHRD_IEEE80211_RADIOTAP')

/** GRE over IPv6. */
export const ARPHRD_IP6GRE: number = constant('ARPHRD_IP6GRE')

/** Monitor of netlink. */
export const ARPHRD_NETLINK: number = constant('ARPHRD_NETLINK')

/** Monitor of vsock. */
export const ARPHRD_VSOCKMON: number = constant('ARPHRD_VSOCKMON')

/** Nothing. */
export const ARPHRD_VOID: number = constant('ARPHRD_VOID')

/** No hardware address. */
export const ARPHRD_NONE: number = constant('ARPHRD_NONE')

// Type of an ICMP message.

/** Echo reply. */
export const ICMP_ECHOREPLY: number = constant('ICMP_ECHOREPLY')

/** Destination unreachable. */
export const ICMP_DEST_UNREACH: number = constant('ICMP_DEST_UNREACH')

/** Source quench. */
export const ICMP_SOURCE_QUENCH: number = constant('ICMP_SOURCE_QUENCH')

/** Redirect. */
export const ICMP_REDIRECT: number = constant('ICMP_REDIRECT')

/** Echo request. */
export const ICMP_ECHO: number = constant('ICMP_ECHO')

/** Time to live exceeded. */
export const ICMP_TIME_EXCEEDED: number = constant('ICMP_TIME_EXCEEDED')

/** Parameter problem. */
export const ICMP_PARAMETERPROB: number = constant('ICMP_PARAMETERPROB')

/** Timestamp request. */
export const ICMP_TIMESTAMP: number = constant('ICMP_TIMESTAMP')

/** Timestamp reply. */
export const ICMP_TIMESTAMPREPLY: number = constant('ICMP_TIMESTAMPREPLY')

// Code of ICMP_DEST_UNREACH.

/** No route to the network. */
export const ICMP_NET_UNREACH: number = constant('ICMP_NET_UNREACH')

/** No route to the host. */
export const ICMP_HOST_UNREACH: number = constant('ICMP_HOST_UNREACH')

/** No such protocol. */
export const ICMP_PROT_UNREACH: number = constant('ICMP_PROT_UNREACH')

/** No socket at that port. */
export const ICMP_PORT_UNREACH: number = constant('ICMP_PORT_UNREACH')

/** Too long, and must not be fragmented. */
export const ICMP_FRAG_NEEDED: number = constant('ICMP_FRAG_NEEDED')

/** Source route failed. */
export const ICMP_SR_FAILED: number = constant('ICMP_SR_FAILED')

/** Filtered. */
export const ICMP_PKT_FILTERED: number = constant('ICMP_PKT_FILTERED')

// Type of an ICMPv6 message.

/** Destination unreachable. */
export const ICMPV6_DEST_UNREACH: number = constant('ICMPV6_DEST_UNREACH')

/** Packet too big. */
export const ICMPV6_PKT_TOOBIG: number = constant('ICMPV6_PKT_TOOBIG')

/** Hop limit exceeded. */
export const ICMPV6_TIME_EXCEED: number = constant('ICMPV6_TIME_EXCEED')

/** Parameter problem. */
export const ICMPV6_PARAMPROB: number = constant('ICMPV6_PARAMPROB')

/** Echo request. */
export const ICMPV6_ECHO_REQUEST: number = constant('ICMPV6_ECHO_REQUEST')

/** Echo reply. */
export const ICMPV6_ECHO_REPLY: number = constant('ICMPV6_ECHO_REPLY')

/** Multicast query. */
export const ICMPV6_MGM_QUERY: number = constant('ICMPV6_MGM_QUERY')

/** Multicast report. */
export const ICMPV6_MGM_REPORT: number = constant('ICMPV6_MGM_REPORT')

/** Multicast done. */
export const ICMPV6_MGM_REDUCTION: number = constant('ICMPV6_MGM_REDUCTION')

// Size of a frame, and flags of CAN FD.

/** Bytes of a struct can_frame. */
export const CAN_MTU: number = constant('CAN_MTU')

/** Bytes of a struct canfd_frame. */
export const CANFD_MTU: number = constant('CANFD_MTU')

/** Higher bit rate for the data. */
export const CANFD_BRS: number = constant('CANFD_BRS')

/** Error state of the sender. */
export const CANFD_ESI: number = constant('CANFD_ESI')

/** The frame is of CAN FD. */
export const CANFD_FDF: number = constant('CANFD_FDF')

/** Flag in the id of a filter: those that do not match. */
export const CAN_INV_FILTER: number = constant('CAN_INV_FILTER')

// Class of errors, for CAN_RAW_ERR_FILTER.

/** Sending timed out. */
export const CAN_ERR_TX_TIMEOUT: number = constant('CAN_ERR_TX_TIMEOUT')

/** Arbitration lost. */
export const CAN_ERR_LOSTARB: number = constant('CAN_ERR_LOSTARB')

/** Controller. */
export const CAN_ERR_CRTL: number = constant('CAN_ERR_CRTL')

/** Protocol. */
export const CAN_ERR_PROT: number = constant('CAN_ERR_PROT')

/** Transceiver. */
export const CAN_ERR_TRX: number = constant('CAN_ERR_TRX')

/** No acknowledgement. */
export const CAN_ERR_ACK: number = constant('CAN_ERR_ACK')

/** Bus off. */
export const CAN_ERR_BUSOFF: number = constant('CAN_ERR_BUSOFF')

/** Bus error. */
export const CAN_ERR_BUSERROR: number = constant('CAN_ERR_BUSERROR')

/** Restarted. */
export const CAN_ERR_RESTARTED: number = constant('CAN_ERR_RESTARTED')

/** Error counters. */
export const CAN_ERR_CNT: number = constant('CAN_ERR_CNT')

// Flag of the status in PACKET_AUXDATA.

/** The frame was cut, and is whole in the queue. */
export const TP_STATUS_COPY: number = constant('TP_STATUS_COPY')

/** Frames were dropped. */
export const TP_STATUS_LOSING: number = constant('TP_STATUS_LOSING')

/** The checksum is yet to be computed. */
export const TP_STATUS_CSUMNOTREADY: number = constant('TP_STATUS_CSUMNOTREADY')

/** The VLAN tag is valid. */
export const TP_STATUS_VLAN_VALID: number = constant('TP_STATUS_VLAN_VALID')

/** The protocol of the VLAN tag is valid. */
export const TP_STATUS_VLAN_TPID_VALID: number = constant('TP_STATUS_VLAN_TPID_VALID')

/** The checksum was checked. */
export const TP_STATUS_CSUM_VALID: number = constant('TP_STATUS_CSUM_VALID')

// Class of an instruction of classic BPF.

/** Load. */
export const BPF_LD: number = constant('BPF_LD')

/** Load the index. */
export const BPF_LDX: number = constant('BPF_LDX')

/** Store. */
export const BPF_ST: number = constant('BPF_ST')

/** Store the index. */
export const BPF_STX: number = constant('BPF_STX')

/** Compute. */
export const BPF_ALU: number = constant('BPF_ALU')

/** Jump. */
export const BPF_JMP: number = constant('BPF_JMP')

/** Return. */
export const BPF_RET: number = constant('BPF_RET')

/** Other. */
export const BPF_MISC: number = constant('BPF_MISC')

// Size of what is loaded.

/** 4 bytes. */
export const BPF_W: number = constant('BPF_W')

/** 2 bytes. */
export const BPF_H: number = constant('BPF_H')

/** 1 byte. */
export const BPF_B: number = constant('BPF_B')

// Where it is loaded from.

/** The instruction. */
export const BPF_IMM: number = constant('BPF_IMM')

/** A place in the packet. */
export const BPF_ABS: number = constant('BPF_ABS')

/** A place in the packet behind the index. */
export const BPF_IND: number = constant('BPF_IND')

/** Memory. */
export const BPF_MEM: number = constant('BPF_MEM')

/** The length of the packet. */
export const BPF_LEN: number = constant('BPF_LEN')

/** The length of an IPv4 header. */
export const BPF_MSH: number = constant('BPF_MSH')

// Operation of BPF_ALU and BPF_JMP.

/** Add. */
export const BPF_ADD: number = constant('BPF_ADD')

/** Subtract. */
export const BPF_SUB: number = constant('BPF_SUB')

/** Multiply. */
export const BPF_MUL: number = constant('BPF_MUL')

/** Divide. */
export const BPF_DIV: number = constant('BPF_DIV')

/** Or. */
export const BPF_OR: number = constant('BPF_OR')

/** And. */
export const BPF_AND: number = constant('BPF_AND')

/** Shift left. */
export const BPF_LSH: number = constant('BPF_LSH')

/** Shift right. */
export const BPF_RSH: number = constant('BPF_RSH')

/** Negate. */
export const BPF_NEG: number = constant('BPF_NEG')

/** Remainder. */
export const BPF_MOD: number = constant('BPF_MOD')

/** Exclusive or. */
export const BPF_XOR: number = constant('BPF_XOR')

/** Always. */
export const BPF_JA: number = constant('BPF_JA')

/** If equal. */
export const BPF_JEQ: number = constant('BPF_JEQ')

/** If greater. */
export const BPF_JGT: number = constant('BPF_JGT')

/** If greater or equal. */
export const BPF_JGE: number = constant('BPF_JGE')

/** If a bit is set. */
export const BPF_JSET: number = constant('BPF_JSET')

// Operand of an instruction.

/** A constant. */
export const BPF_K: number = constant('BPF_K')

/** The index. */
export const BPF_X: number = constant('BPF_X')

/** The accumulator. */
export const BPF_A: number = constant('BPF_A')

// Operation of BPF_MISC.

/** To the index. */
export const BPF_TAX: number = constant('BPF_TAX')

/** To the accumulator. */
export const BPF_TXA: number = constant('BPF_TXA')

// Place of what the kernel knows of a packet, for BPF_ABS.

/** Where these places begin; add one of them. */
export const SKF_AD_OFF: number = constant('SKF_AD_OFF')

/** Where the network header begins. */
export const SKF_NET_OFF: number = constant('SKF_NET_OFF')

/** Where the link header begins. */
export const SKF_LL_OFF: number = constant('SKF_LL_OFF')

/** Protocol. */
export const SKF_AD_PROTOCOL: number = constant('SKF_AD_PROTOCOL')

/** PACKET_HOST and so on. */
export const SKF_AD_PKTTYPE: number = constant('SKF_AD_PKTTYPE')

/** Interface. */
export const SKF_AD_IFINDEX: number = constant('SKF_AD_IFINDEX')

/** Attribute of netlink. */
export const SKF_AD_NLATTR: number = constant('SKF_AD_NLATTR')

/** Nested attribute of netlink. */
export const SKF_AD_NLATTR_NEST: number = constant('SKF_AD_NLATTR_NEST')

/** Mark. */
export const SKF_AD_MARK: number = constant('SKF_AD_MARK')

/** Queue. */
export const SKF_AD_QUEUE: number = constant('SKF_AD_QUEUE')

/** Type of hardware. */
export const SKF_AD_HATYPE: number = constant('SKF_AD_HATYPE')

/** Hash. */
export const SKF_AD_RXHASH: number = constant('SKF_AD_RXHASH')

/** Processor. */
export const SKF_AD_CPU: number = constant('SKF_AD_CPU')

/** VLAN tag. */
export const SKF_AD_VLAN_TAG: number = constant('SKF_AD_VLAN_TAG')

/** Whether there is a VLAN tag. */
export const SKF_AD_VLAN_TAG_PRESENT: number = constant('SKF_AD_VLAN_TAG_PRESENT')

/** Where the payload begins. */
export const SKF_AD_PAY_OFFSET: number = constant('SKF_AD_PAY_OFFSET')

/** A random number. */
export const SKF_AD_RANDOM: number = constant('SKF_AD_RANDOM')

/** Protocol of the VLAN tag. */
export const SKF_AD_VLAN_TPID: number = constant('SKF_AD_VLAN_TPID')

// Option and ancillary data of SOL_ALG.

/** Key. */
export const ALG_SET_KEY: number = constant('ALG_SET_KEY')

/** Initialisation vector. */
export const ALG_SET_IV: number = constant('ALG_SET_IV')

/** Encrypt or decrypt. */
export const ALG_SET_OP: number = constant('ALG_SET_OP')

/** Length of the associated data. */
export const ALG_SET_AEAD_ASSOCLEN: number = constant('ALG_SET_AEAD_ASSOCLEN')

/** Length of the tag. */
export const ALG_SET_AEAD_AUTHSIZE: number = constant('ALG_SET_AEAD_AUTHSIZE')

/** Entropy. */
export const ALG_SET_DRBG_ENTROPY: number = constant('ALG_SET_DRBG_ENTROPY')

// Value of ALG_SET_OP.

/** Decrypt. */
export const ALG_OP_DECRYPT: number = constant('ALG_OP_DECRYPT')

/** Encrypt. */
export const ALG_OP_ENCRYPT: number = constant('ALG_OP_ENCRYPT')

// Address of a vsock.

/** Any. */
export const VMADDR_CID_ANY: number = constant('VMADDR_CID_ANY')

/** The hypervisor. */
export const VMADDR_CID_HYPERVISOR: number = constant('VMADDR_CID_HYPERVISOR')

/** This machine. */
export const VMADDR_CID_LOCAL: number = constant('VMADDR_CID_LOCAL')

/** The host. */
export const VMADDR_CID_HOST: number = constant('VMADDR_CID_HOST')

// Port of a vsock.

/** Any port. */
export const VMADDR_PORT_ANY: number = constant('VMADDR_PORT_ANY')

// Flag of a vsock address.

/** Go through the host. */
export const VMADDR_FLAG_TO_HOST: number = constant('VMADDR_FLAG_TO_HOST')

// Option of level AF_VSOCK.

/** Size of the buffer. */
export const SO_VM_SOCKETS_BUFFER_SIZE: number = constant('SO_VM_SOCKETS_BUFFER_SIZE')

/** Least size of the buffer. */
export const SO_VM_SOCKETS_BUFFER_MIN_SIZE: number = constant('SO_VM_SOCKETS_BUFFER_MIN_SIZE')

/** Largest size of the buffer. */
export const SO_VM_SOCKETS_BUFFER_MAX_SIZE: number = constant('SO_VM_SOCKETS_BUFFER_MAX_SIZE')

/** Identity of the peer on the host. */
export const SO_VM_SOCKETS_PEER_HOST_VM_ID: number = constant('SO_VM_SOCKETS_PEER_HOST_VM_ID')

/** Is the peer trusted? */
export const SO_VM_SOCKETS_TRUSTED: number = constant('SO_VM_SOCKETS_TRUSTED')

/** Timeout of connecting. */
export const SO_VM_SOCKETS_CONNECT_TIMEOUT: number = constant('SO_VM_SOCKETS_CONNECT_TIMEOUT')

/** Do not block in the kernel. */
export const SO_VM_SOCKETS_NONBLOCK_TXRX: number = constant('SO_VM_SOCKETS_NONBLOCK_TXRX')

/** Timeout of connecting with 64 bits of time. */
export const SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW: number = constant('SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW')

// Limit of the system.

/** Longest queue of listen(2); the kernel cuts it to net.core.somaxconn. */
export const SOMAXCONN: number = constant('SOMAXCONN')

/** Most buffers of one call. */
export const IOV_MAX: number = constant('IOV_MAX')
