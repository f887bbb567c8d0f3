// Shows the routers on the way to a host, as traceroute(8) does, without a privilege: the routers' answers to datagrams that may not go as far
// come over the error queue (ip(7), IP_RECVERR).
//
//   node build/examples/traceroute.js [-m hops] [-W seconds] address
import { isIPv6 } from 'node:net'
import { parseArgs } from 'node:util'
import {
  AddrInfo,
  AF_INET,
  AF_INET6,
  dgram,
  type ExtendedError,
  ICMP_DEST_UNREACH,
  ICMP_PORT_UNREACH,
  MSG_ERRQUEUE,
  MsgHdr,
  SO_EE_ORIGIN_LOCAL,
  TimeoutError,
} from 'berkeley'

/** The first port of traceroute: hardly anybody listens there, so that the host itself answers with an error, too. */
const PORT = 33434

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hops: { type: 'string', short: 'm', default: '30' },
    wait: { type: 'string', short: 'W', default: '1' },
  },
})

/** What came of one datagram. */
interface Answer {
  readonly report: ExtendedError
  readonly ms: number
}

/** Sends a datagram over at most so many hops, and waits for what the network says of it. */
async function probe(
  sock: dgram.inet.Socket,
  to: AddrInfo,
  hops: number,
  timeout: number,
): Promise<Answer | undefined> {
  sock.ttl(hops)
  const msg = new MsgHdr()
  msg.addn(64)
  const begin = performance.now()
  const answer = sock.recvmsg(msg, { flags: MSG_ERRQUEUE, timeout })
  try {
    await sock.sendto('where are you', to)
    await answer
  } catch (error) {
    answer.catch(() => {})
    if (error instanceof TimeoutError) return undefined
    throw error
  }
  const report = msg.control().value('recverr')
  if (report === undefined) throw new Error('a message of the error queue without its error')
  return { report, ms: performance.now() - begin }
}

/** Whether the host itself has answered: nobody listens at that port. */
function isThere({ type, icmpcode, code }: ExtendedError): boolean {
  return code === 'ECONNREFUSED' || (type === ICMP_DEST_UNREACH && icmpcode === ICMP_PORT_UNREACH)
}

async function trace(address: string, most: number, timeout: number): Promise<boolean> {
  const family = isIPv6(address) ? AF_INET6 : AF_INET
  await using sock = await dgram.inet.Socket.create({ family })
  sock.recverr(true)
  for (let hops = 1; hops <= most; hops++) {
    const to = family === AF_INET ? AddrInfo.inet(address, PORT + hops) : AddrInfo.inet6(address, PORT + hops)
    const answer = await probe(sock, to, hops, timeout)
    if (answer === undefined) {
      console.log(`${hops} *`)
      continue
    }
    const { report, ms } = answer
    const who = report.origin === SO_EE_ORIGIN_LOCAL ? 'this machine' : report.offender?.addr
    console.log(`${hops} ${who} ${ms.toFixed(3)} ms${isThere(report) ? ' there' : ''}`)
    if (isThere(report)) return true
  }
  return false
}

const [address] = positionals
if (address === undefined) {
  console.error('usage: traceroute [-m hops] [-W seconds] address')
  process.exitCode = 2
} else if (!(await trace(address, Number(values.hops), Number(values.wait) * 1000))) {
  process.exitCode = 1
}
