import { MSG_CTRUNC, MSG_DONTWAIT } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { closeAll } from '../descriptor/close-fd.js'
import { CmsgHdr } from '../message/cmsghdr.js'
import { MsgHdr } from '../message/msghdr.js'
import type { Credentials } from '../options/kinds/index.js'
import { Socket as SeqpacketSocket } from '../seqpacket/unix.js'
import type { WaitOptions } from '../socket/settings.js'
import { StepsWait } from '../socket/steps-wait.js'
import { Socket as StreamSocket } from '../stream/unix.js'
import { SystemError, systemError } from '../support/errors.js'
import { bare } from '../support/record.js'
import * as validate from '../support/validate.js'

/** A connection to the other process: one end of a pair that a child was started with, or a connection over a path. */
export type HandoverConnection = StreamSocket | SeqpacketSocket

/** Options of both sides. */
export interface HandoverOptions extends WaitOptions {
  /**
   * Whether to deal with the process on the other side, by its credentials when it connected (`SO_PEERCRED`). By default it has to be of the
   * same user, or of root.
   */
  peer?: ((credentials: Credentials) => boolean) | undefined
}

/** The most bytes of a line: the names of 253 sockets are less. */
const LINE_MAX = 0x20000

const ENDS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])

function sameUser({ uid }: Credentials): boolean {
  return uid === 0 || uid === process.geteuid?.()
}

/** The conversation of a hand-over: lines of text, and descriptors beside the first. The connection belongs to it, and ends with it. */
export class Line {
  readonly #sock: HandoverConnection
  readonly #what: string
  #text = ''
  readonly #rights: CmsgHdr[] = []

  /** @param what - the name of the other side, and what was expected of it, for the error of its absence. */
  private constructor(sock: HandoverConnection, what: string) {
    this.#sock = sock
    this.#what = what
  }

  /**
   * Begins a conversation.
   * @returns the line, and the wait of the method.
   * @throws TypeError for wrong arguments; EPERM when the other process is refused by `options.peer`, which sees the end then.
   */
  static async begin(
    syscall: string,
    sock: unknown,
    options: HandoverOptions | undefined,
    what: string,
  ): Promise<[Line, StepsWait]> {
    const { peer = sameUser, ...rest } = (
      options === undefined ? bare() : validate.options('options', options, ['peer', 'timeout', 'signal'])
    ) as HandoverOptions
    if (!(sock instanceof StreamSocket || sock instanceof SeqpacketSocket))
      throw validate.invalidType('connection', 'a connected unix stream or seqpacket socket', sock)
    validate.func('options.peer', peer)
    const wait = new StepsWait(syscall, rest)
    const credentials = sock.peercred()
    if (peer(credentials) !== true) {
      const { pid, uid } = credentials
      await sock.close()
      throw systemError(sys.EPERM, syscall, { detail: `process ${pid} of user ${uid} was refused by the peer option` })
    }
    return [new Line(sock, what), wait]
  }

  /**
   * Says a line, and passes descriptors with its first byte.
   * @throws ECONNABORTED when the other side has ended.
   */
  async say(text: string, wait: StepsWait, fds: () => number[] = () => []): Promise<void> {
    const options = wait.next()
    const msg = new MsgHdr()
    msg.add(`${text}\n`)
    const numbers = fds()
    if (numbers.length > 0) msg.control().push(CmsgHdr.rights(...numbers))
    await this.#sock.sendmsg(msg, options).catch((error: unknown) => this.#fail(error))
  }

  /** Says a last line if there is room for it, whatever comes of that. */
  async sayIfPossible(text: string): Promise<void> {
    await this.#sock.send(`${text}\n`, MSG_DONTWAIT).catch(() => undefined)
  }

  /**
   * Hears the next line.
   * @throws ECONNABORTED when the other side has ended; EPROTO when it does not end its line, or descriptors were lost.
   */
  async hear(wait: StepsWait): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n')
      if (end >= 0) {
        const line = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 1)
        return line
      }
      if (this.#text.length > LINE_MAX) throw protocolError('a line without an end')
      await this.#receive(wait)
    }
  }

  async #receive(wait: StepsWait): Promise<void> {
    const msg = new MsgHdr()
    msg.addn(LINE_MAX)
    const count = await this.#sock.recvmsg(msg, wait.next()).catch((error: unknown) => this.#fail(error))
    for (const cmsg of msg.control()) if (cmsg.isRights()) this.#rights.push(cmsg)
    if (count === null) throw this.#ended()
    if ((msg.flags() & MSG_CTRUNC) !== 0) throw protocolError('descriptors, for which there was no free number')
    this.#text += msg.concat().toString('latin1')
  }

  #ended(cause?: unknown): Error {
    return systemError(sys.ECONNABORTED, 'handover', { detail: this.#what, ...(cause === undefined ? {} : { cause }) })
  }

  /** A process that ends without having read what was sent to it resets the connection: that is its end, too. */
  #fail(error: unknown): never {
    throw error instanceof SystemError && ENDS.has(error.code) ? this.#ended(error) : error
  }

  /** The descriptors that came, which belong to the caller from now on. */
  takeDescriptors(): number[] {
    return this.#rights.splice(0).flatMap((cmsg) => cmsg.take())
  }

  /** Ends the conversation: the connection is closed, and so are descriptors that were not taken. */
  async close(): Promise<void> {
    closeAll(this.#rights.splice(0))
    await this.#sock.close()
  }
}

/** The error of what does not follow the protocol. */
export function protocolError(detail: string): Error {
  return systemError(sys.EPROTO, 'handover', { detail })
}
