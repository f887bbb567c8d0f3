// Asks hosts for an echo (ICMP, RFC 792, and ICMPv6, RFC 4443), as ping(8) does, over a datagram socket of the protocol
// ICMP. It needs no privilege, but a group that net.ipv4.ping_group_range admits:
//
//   sysctl -w net.ipv4.ping_group_range='0 2147483647'
//   node build/examples/ping.js [-6] [-c count] [-i seconds] [-W seconds] host
//
// Exit status 0: at least one answer came; 1: none; 2: wrong arguments.
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  type AddrInfo,
  AF_INET,
  AF_INET6,
  dgram,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MsgHdr,
  raw,
  SOCK_DGRAM,
  TimeoutError,
} from 'berkeley'

const HEADER_BYTES = 8
const DATA_BYTES = 56

/** What differs between the families: protocol, types of request and answer, and the names of control messages. */
const ICMP = { protocol: IPPROTO_ICMP, request: 8, answer: 0, hops: 'ttl', error: 'recverr' } as const
const ICMP6 = { protocol: IPPROTO_ICMPV6, request: 128, answer: 129, hops: 'hoplimit', error: 'recverr6' } as const
type Icmp = typeof ICMP | typeof ICMP6

function usage(): never {
  console.error('usage: ping [-6] [-c count] [-i seconds] [-W seconds] host')
  process.exit(2)
}

function numberOf(text: string): number {
  const number = Number(text)
  return text.trim() !== '' && number >= 0 && number <= 0x7fffffff ? number : usage()
}

function settings() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      '6': { type: 'boolean', short: '6', default: false },
      count: { type: 'string', short: 'c', default: '4' },
      interval: { type: 'string', short: 'i', default: '1' },
      wait: { type: 'string', short: 'W', default: '1' },
    },
  })
  const [host, ...more] = positionals
  if (host === undefined || more.length > 0) usage()
  const { count, interval, wait } = values
  return { host, v6: values['6'], count: numberOf(count), interval: numberOf(interval), wait: numberOf(wait) }
}

async function icmpSocket({ family, protocol }: AddrInfo): Promise<raw.inet.Socket> {
  try {
    const sock = await raw.inet.Socket.create({ family, protocol, type: SOCK_DGRAM })
    sock.recvttl(true)
    sock.recverr(true)
    return sock
  } catch (error) {
    if ((error as { code?: string }).code !== 'EACCES') throw error
    throw new Error('net.ipv4.ping_group_range does not admit the group of this process', { cause: error })
  }
}

/**
 * An echo request. The kernel fills in the identifier, by which it finds the socket for the answer, and the checksum.
 */
function request({ request }: Icmp, seq: number): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + DATA_BYTES, 'berkeley')
  message.fill(0, 0, HEADER_BYTES)
  message.writeUInt8(request, 0)
  message.writeUInt16BE(seq & 0xffff, 6)
  return message
}

/**
 * Waits for the answer to that request; whatever else arrives, such as a late answer to another one, is ignored.
 */
async function answerTo(sock: raw.inet.Socket, icmp: Icmp, seq: number, wait: number): Promise<MsgHdr> {
  const end = performance.now() + wait * 1000
  for (;;) {
    const msg = new MsgHdr()
    msg.addn(65536)
    sock.deadlines(Math.max(1, end - performance.now()))
    await sock.recvmsg(msg)
    const data = msg.get(0)
    if (data === undefined || data.length < HEADER_BYTES) continue
    if (data.readUInt8(0) === icmp.answer && data.readUInt16BE(6) === (seq & 0xffff)) return msg
  }
}

/** One request: prints what came of it, and returns its round trip in milliseconds if that was an answer. */
async function probe(sock: raw.inet.Socket, to: AddrInfo, icmp: Icmp, seq: number, wait: number) {
  const begin = performance.now()
  try {
    await sock.sendto(request(icmp, seq), to)
    const msg = await answerTo(sock, icmp, seq, wait)
    const rtt = performance.now() - begin
    const hops = msg.control().value(icmp.hops)
    const [bytes, from] = [msg.bytes(), msg.name()?.addr]
    console.log(`${bytes} bytes from ${from}: icmp_seq=${seq} ttl=${hops} time=${rtt.toFixed(3)} ms`)
    return rtt
  } catch (error) {
    console.log(`icmp_seq=${seq} ${await explanation(sock, icmp, error as Error)}`)
    return undefined
  }
}

/** Why there was no answer. What a router said of a request waits in a queue of its own (ip(7), IP_RECVERR). */
async function explanation(sock: raw.inet.Socket, icmp: Icmp, error: Error): Promise<string> {
  if (error instanceof TimeoutError) return 'no answer'
  const msg = new MsgHdr()
  msg.addn(HEADER_BYTES + DATA_BYTES)
  await sock.recvmsg(msg, MSG_ERRQUEUE | MSG_DONTWAIT).catch(() => {}) // it may be empty: not every error is a router's
  const report = msg.control().value(icmp.error)
  return report ? `${report.code} from ${report.offender?.addr ?? 'this machine'}` : error.message
}

/** The last lines. */
function summary(host: string, sent: number, rtts: readonly number[]): void {
  const lost = sent === 0 ? 0 : Math.round((100 * (sent - rtts.length)) / sent)
  console.log(`--- ${host} ping statistics ---`)
  console.log(`${sent} packets transmitted, ${rtts.length} received, ${lost}% packet loss`)
  if (rtts.length === 0) return
  const average = rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length
  const figures = [Math.min(...rtts), average, Math.max(...rtts)].map((rtt) => rtt.toFixed(3))
  console.log(`rtt min/avg/max = ${figures.join('/')} ms`)
}

const { host, v6, count, interval, wait } = settings()
const icmp = v6 ? ICMP6 : ICMP
const [found] = await dgram.getaddrinfoin({ host, family: v6 ? AF_INET6 : AF_INET })
const to = (found as AddrInfo).with({ protocol: icmp.protocol })
await using sock = await icmpSocket(to)

// Ctrl-C ends the pause between two requests, and leads to the last lines.
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

console.log(`PING ${host} (${to.addr}): ${DATA_BYTES} data bytes`)
const rtts: number[] = []
let sent = 0
while (sent < count && !stop.signal.aborted) {
  if (sent > 0) await pause(interval * 1000, undefined, { signal: stop.signal }).catch(() => {})
  if (stop.signal.aborted) break
  const rtt = await probe(sock, to, icmp, ++sent, wait)
  if (rtt !== undefined) rtts.push(rtt)
}
summary(host, sent, rtts)
process.exitCode = rtts.length > 0 ? 0 : 1
