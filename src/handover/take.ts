import { sys } from '../constants/lookup.js'
import { closeDetached } from '../descriptor/close-fd.js'
import { adoptByKind, type InheritedSocket } from '../inherited/adopt.js'
import { type Inherited, InheritedSockets } from '../inherited/sockets.js'
import type { WaitOptions } from '../socket/settings.js'
import { unlinkAtClose } from '../socket/socket-file.js'
import { StepsWait } from '../socket/steps-wait.js'
import { SystemError, systemError } from '../support/errors.js'
import { type HandoverConnection, type HandoverOptions, Line, protocolError } from './line.js'
import { DONE, type OfferedSocket, offeredIn, READY, WITHDRAWN } from './protocol.js'

/** The sockets of a former process, which it goes on to use until {@link HandedOver.ready}. */
export class HandedOver extends InheritedSockets {
  readonly #line: Line
  readonly #withFiles: readonly InheritedSocket[]
  #isReady = false

  /** @internal */
  constructor(entries: readonly Inherited[], withFiles: readonly InheritedSocket[], line: Line) {
    super(entries)
    this.#withFiles = withFiles
    this.#line = line
  }

  /**
   * Tells the former process that this one is about to accept, and waits until it has stopped to. To be called once, when everything is
   * set up; whatever fails before changes nothing for the clients.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns false when the former process has ended without a word: the sockets are this process's alone then, too.
   * @throws ECANCELED when the former process has withdrawn its offer, and goes on to accept; TimeoutError, AbortError; EINVAL the second
   *   time.
   */
  async ready(options?: WaitOptions): Promise<boolean> {
    const wait = new StepsWait('ready', options)
    if (this.#isReady) throw systemError(sys.EINVAL, 'ready', { detail: 'it was called before' })
    this.#isReady = true
    try {
      const isConfirmed = await this.#isConfirmed(wait)
      for (const sock of this.#withFiles) ownFile(sock)
      return isConfirmed
    } finally {
      await this.#line.close()
    }
  }

  async #isConfirmed(wait: StepsWait): Promise<boolean> {
    try {
      await this.#sayReady(wait)
      const answer = await this.#line.hear(wait)
      if (answer === DONE) return true
      if (answer !== WITHDRAWN) throw protocolError('an answer other than that the former process is done')
    } catch (error) {
      if (isGone(error)) return false
      throw error
    }
    throw systemError(sys.ECANCELED, 'ready', { detail: 'the former process has withdrawn its offer' })
  }

  /** That nobody listens any more may be because the offer was withdrawn: what was said before is still to be heard. */
  async #sayReady(wait: StepsWait): Promise<void> {
    await this.#line.say(READY, wait).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
  }

  /**
   * Closes the sockets, and gives the offer up if {@link HandedOver.ready} was not called.
   * @throws what closing one of the sockets reports, after all were closed.
   */
  override async close(): Promise<void> {
    this.#isReady = true
    await this.#line.close()
    await super.close()
  }
}

/** Its file goes with the socket from now on, if it is still there. */
function ownFile(sock: InheritedSocket): void {
  try {
    if (sock.fd() >= 0) unlinkAtClose(sock, true)
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'ENOENT')) throw error
  }
}

const GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ECONNABORTED'])

/** Whether the other process has closed its end. */
function isGone(error: unknown): boolean {
  return error instanceof SystemError && GONE.has(error.code)
}

/**
 * Takes over the sockets that another process hands over by {@link offer}. That process goes on to accept until `ready()` of the result.
 *
 * The connection belongs to the result; after a failure it is closed, and the other process goes on as before.
 * @param connection - to the other process: `await stream.unix.wrap(3)` in a child that was started with an end of a pair.
 * @param options - `timeout` and `signal` of the call, and `peer`: whether to deal with the process on the other side.
 * @returns the sockets by the names that they were offered under, each of the class that fits.
 * @throws EPERM for a peer of another user; ECONNABORTED when it ended, or gave up, before it offered anything; EPROTO for something else
 *   than an offer; TimeoutError, AbortError. Descriptors that came are closed then.
 *
 * @example
 * const former = await handover.take(await stream.unix.wrap(3))
 * const server = former.get('web', stream.inet.Server)
 * await former.ready()
 * await server?.serve(handler)
 */
export async function take(connection: HandoverConnection, options?: HandoverOptions): Promise<HandedOver> {
  const what = 'the former process has ended, or withdrawn its offer'
  const [line, wait] = await Line.begin('take', connection, options, what)
  try {
    const first = await line.hear(wait)
    if (first === WITHDRAWN) throw systemError(sys.ECONNABORTED, 'handover', { detail: what })
    const offered = offeredIn(first)
    const sockets = adoptAll(offered, line.takeDescriptors())
    const entries = offered.map(({ name }, i) => ({ name, socket: sockets[i] as InheritedSocket }))
    return new HandedOver(
      entries,
      sockets.filter((_, i) => offered[i]?.unlink),
      line,
    )
  } catch (error) {
    await line.close()
    throw error
  }
}

/** Adopts all of the descriptors, or closes them. */
function adoptAll(offered: readonly OfferedSocket[], fds: readonly number[]): InheritedSocket[] {
  const sockets: InheritedSocket[] = []
  try {
    if (fds.length !== offered.length) throw protocolError(`${offered.length} sockets with ${fds.length} descriptors`)
    for (const fd of fds) sockets.push(adopted(fd))
    return sockets
  } catch (error) {
    for (const sock of sockets) sock.detach()
    for (const fd of fds) closeDetached(fd)
    throw error
  }
}

function adopted(fd: number): InheritedSocket {
  const socket = adoptByKind(fd)
  if (socket === undefined) throw protocolError(`fd ${fd} is a socket that this package has no class for`)
  return socket
}
