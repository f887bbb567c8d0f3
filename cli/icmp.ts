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
  SystemError,
  TimeoutError,
} from 'berkeley'
import { socket } from 'berkeley/llsocket'

const HEADER_BYTES = 8
const DATA_BYTES = 56

/** What differs between the families: the numbers of request and answer, and the names of control messages. */
const ICMP = { protocol: IPPROTO_ICMP, request: 8, answer: 0, hops: 'ttl', error: 'recverr' } as const
const ICMP6 = { protocol: IPPROTO_ICMPV6, request: 128, answer: 129, hops: 'hoplimit', error: 'recverr6' } as const

/** An answer to an echo request. */
export interface Echo {
  /** What is left of the hops that the packet was allowed. */
  readonly hops: number | undefined
}

/** Asks a host for echoes, over a datagram socket of ICMP, which needs no privilege but `net.ipv4.ping_group_range`. */
export class Pinger {
  readonly #sock: dgram.inet.Socket
  readonly #icmp: typeof ICMP | typeof ICMP6
  /** The host that it asks. */
  readonly to: AddrInfo

  private constructor(sock: dgram.inet.Socket, icmp: typeof ICMP | typeof ICMP6, to: AddrInfo) {
    this.#sock = sock
    this.#icmp = icmp
    this.to = to
  }

  /** Finds the host, and makes the socket. */
  static async create(host: string, version: 4 | 6 | undefined): Promise<Pinger> {
    const family = version === undefined ? {} : { family: version === 4 ? AF_INET : AF_INET6 }
    const [found] = await dgram.getaddrinfoin({ host, ...family })
    const icmp = found?.family === AF_INET6 ? ICMP6 : ICMP
    const to = (found as AddrInfo).with({ protocol: icmp.protocol })
    try {
      const sock = await dgram.inet.wrap(socket.create(to).unwrap())
      sock.recvttl(true)
      sock.recverr(true)
      return new Pinger(sock, icmp, to)
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'EACCES') throw error
      throw new Error('this user may not send ICMP: net.ipv4.ping_group_range has to have its group (icmp(7))', {
        cause: error,
      })
    }
  }

  /**
   * Sends a request and waits for its answer.
   * @throws TimeoutError; an Error that says what a router reported; AbortError.
   */
  async ask(seq: number, timeout: number, signal: AbortSignal): Promise<Echo> {
    const end = performance.now() + timeout
    try {
      await this.#sock.sendto(this.#request(seq), this.to, { signal })
      for (;;) {
        const msg = new MsgHdr()
        msg.addn(65536)
        await this.#sock.recvmsg(msg, { timeout: Math.max(1, end - performance.now()), signal })
        if (this.#answers(msg, seq)) return { hops: msg.control().value(this.#icmp.hops) }
      }
    } catch (error) {
      if (error instanceof SystemError && !(error instanceof TimeoutError)) throw await this.#explained(error)
      throw error
    }
  }

  close(): Promise<void> {
    return this.#sock.close()
  }

  /** The kernel fills in the identifier, by which it finds the socket for the answer, and the checksum. */
  #request(seq: number): Buffer {
    const message = Buffer.alloc(HEADER_BYTES + DATA_BYTES, 'berkeley')
    message.fill(0, 0, HEADER_BYTES)
    message.writeUInt8(this.#icmp.request, 0)
    message.writeUInt16BE(seq & 0xffff, 6)
    return message
  }

  /** A late answer to a former request is none. */
  #answers(msg: MsgHdr, seq: number): boolean {
    const data = msg.get(0)
    if (data === undefined || data.length < HEADER_BYTES) return false
    return data.readUInt8(0) === this.#icmp.answer && data.readUInt16BE(6) === (seq & 0xffff)
  }

  /** What a router said waits in a queue of its own (ip(7), `IP_RECVERR`). */
  async #explained(error: SystemError): Promise<Error> {
    const msg = new MsgHdr()
    msg.addn(HEADER_BYTES + DATA_BYTES)
    await this.#sock.recvmsg(msg, MSG_ERRQUEUE | MSG_DONTWAIT).catch(() => undefined)
    const report = msg.control().value(this.#icmp.error)
    return report
      ? new Error(`${report.code} from ${report.offender?.addr ?? 'this machine'}`, { cause: error })
      : error
  }
}
