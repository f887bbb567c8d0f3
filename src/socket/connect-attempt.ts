import type { AddrInfo } from '../address/addrinfo.js'
import { sys } from '../constants/lookup.js'
import type { SocketKind } from '../descriptor/kind.js'
import { type Deadline, NEVER, remaining } from '../engine/deadline.js'
import type { Engine } from '../engine/engine.js'
import { WAIT_FOREVER, type Wait } from '../engine/wait.js'
import { ignoreAbort, isAborted, listenForAbort, reasonOf } from '../support/abort-signal.js'
import { abortError, type SystemError, systemError, timeoutError } from '../support/errors.js'
import { clearTimeout, setTimeout } from '../support/globals.js'
import type { TlsSession } from '../tls/session.js'
import type { Channel } from './channel.js'
import type { ConnectPlan } from './connect-plan.js'
import { ConnectRace } from './connect-race.js'

/**
 * One attempt of a client to connect, within one deadline: lookup, race of the addresses, handshake. It may be ended from outside at any
 * moment, also in the turns of the microtask queue between them.
 */
export class ConnectAttempt {
  readonly #plan: ConnectPlan
  readonly #wait: Wait
  /** Ends the wait for the lookup. */
  #abandonLookup: ((error: unknown) => void) | undefined
  #lookupTimer: NodeJS.Timeout | undefined
  #race: ConnectRace | undefined
  /** Waits for the handshake. */
  #handshaking: Engine | undefined
  #referenced: boolean
  #canceled = false

  constructor(plan: ConnectPlan, deadline: Deadline, signal: AbortSignal | undefined, referenced: boolean) {
    this.#plan = plan
    this.#wait =
      deadline === NEVER && signal === undefined
        ? WAIT_FOREVER
        : { deadline, signal, onWait: undefined, owner: undefined }
    this.#referenced = referenced
  }

  /**
   * Connects to the first address that answers. `adopt` is given the channel in the same turn of the microtask queue in which it was checked
   * that the attempt has not been ended.
   * @throws ECANCELED when {@link ConnectAttempt.cancel} ended it; else the failure: see {@link ConnectRace.next}.
   */
  async run(adopt: (channel: Channel) => Promise<void> | undefined): Promise<void> {
    let channel: Channel
    try {
      this.#checkNotEnded()
      const found = this.#plan.lookup()
      channel = await this.#first(Array.isArray(found) ? found : await this.#resolved(found))
    } catch (error) {
      throw this.#canceled ? canceled() : error
    }
    this.#closeUnlessWanted(channel)
    await adopt(channel)
  }

  /** Connects to the first of the addresses that answers. */
  #first(list: readonly AddrInfo[]): Promise<Channel> {
    this.#checkNotEnded()
    const race = new ConnectRace(this.#plan, list, this.#wait, this.#referenced)
    this.#race = race
    const { secure } = this.#plan
    return secure ? this.#securedBy(secure, race) : race.next()
  }

  /** Returns the error with which the attempt was ended from outside, if it was. */
  #ending(): Error | undefined {
    if (this.#canceled) return canceled()
    const { signal } = this.#wait
    return isAborted(signal) ? abortError(reasonOf(signal)) : undefined
  }

  #checkNotEnded(): void {
    const ending = this.#ending()
    if (ending) throw ending
  }

  #closeUnlessWanted(channel: Channel): void {
    const ending = this.#ending()
    if (!ending) return
    channel.closeQuietly()
    throw ending
  }

  /** Waits for the lookup no longer than the caller would. */
  #resolved(lookup: Promise<AddrInfo[]>): Promise<AddrInfo[]> {
    const { deadline, signal } = this.#wait
    const onAbort = (): void => this.#abandonLookup?.(this.#ending())
    const answer = new Promise<AddrInfo[]>((resolve, reject) => {
      this.#abandonLookup = reject
      this.#startLookupTimer(deadline)
      if (signal) listenForAbort(signal, onAbort)
      lookup.then(resolve, reject)
    })
    return answer.finally(() => {
      this.#abandonLookup = undefined
      clearTimeout(this.#lookupTimer)
      if (signal) ignoreAbort(signal, onAbort)
    })
  }

  #startLookupTimer(deadline: Deadline): void {
    const left = remaining(deadline)
    if (left === NEVER) return
    this.#lookupTimer = setTimeout(() => this.#abandonLookup?.(timeoutError('getaddrinfo')), left)
    if (!this.#referenced) this.#lookupTimer.unref()
  }

  /** Makes a handshake with the address that is connected first; if the connection breaks in it, with the next one. */
  async #securedBy(secure: (kind: SocketKind) => TlsSession, race: ConnectRace): Promise<Channel> {
    for (;;) {
      const channel = await race.next()
      this.#closeUnlessWanted(channel)
      try {
        channel.encrypt(secure(channel.kind))
        this.#handshaking = channel.engine
        this.#handshaking.setReferenced(this.#referenced)
        await channel.engine.writer.run(channel.transport.handshake(), this.#wait)
        return channel
      } catch (error) {
        channel.closeQuietly()
        this.#checkNotEnded()
        race.reject(error)
      }
    }
  }

  /** Sets whether it keeps the process alive. A lookup by the resolver does as long as it takes. */
  setReferenced(referenced: boolean): void {
    this.#referenced = referenced
    if (referenced) this.#lookupTimer?.ref()
    else this.#lookupTimer?.unref()
    this.#race?.setReferenced(referenced)
    this.#handshaking?.setReferenced(referenced)
  }

  /** Ends it. Once its channel is adopted there is nothing left to end. */
  cancel(): void {
    // If the signal was aborted before, that has ended it.
    this.#canceled ||= !isAborted(this.#wait.signal)
    const error = this.#ending()
    this.#abandonLookup?.(error)
    this.#race?.close(error)
    this.#handshaking?.close()
  }
}

function canceled(): SystemError {
  return systemError(sys.ECANCELED, 'connect')
}
