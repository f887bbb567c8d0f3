// TLS within TLS: the ciphertext of a session is the data of the session around it.

import { WOULD_BLOCK, wouldBlock, YIELD } from '../engine/operation.js'
import { type NativeTls, type TlsHandle, tlsRegisters } from '../native/tls.js'

/** What the session around has to offer: calls that return a count or `-errno`, and throw the errors of TLS. */
export interface Enclosing {
  /** Receives up to `length` bytes. */
  read(fd: number, into: Uint8Array, offset: number, length: number): number
  /** Sends bytes. */
  write(fd: number, from: Uint8Array, offset: number, length: number): number
  /** Bytes of records that wait for room in the socket. */
  readonly pendingBytes: number
  /** How many sessions are around it. */
  readonly depth: number
}

/** What is given as the descriptor to the addon: there is no socket. */
const NO_SOCKET = -1

/** Bytes that are carried at once: four records. */
const PIECE = 64 * 1024

/** So often a call is made before other sockets get a turn. */
const ROUNDS_MAX = 8

/** Memory for what is on its way between two sessions, for each depth: the outer one needs some of its own meanwhile. */
const scratches: Buffer[] = []

function scratchAt(depth: number): Buffer {
  const known = scratches[depth]
  if (known !== undefined) return known
  const made = Buffer.allocUnsafeSlow(PIECE)
  scratches[depth] = made
  return made
}

/**
 * The calls of the addon that move data, for a session that has no socket but another session. They answer as those on a socket do,
 * registers included, so that a session does not know of the difference.
 */
export class NestedRecords {
  readonly #tls: NativeTls
  readonly #outer: Enclosing
  readonly #scratch: Buffer

  constructor(tls: NativeTls, outer: Enclosing) {
    this.#tls = tls
    this.#outer = outer
    this.#scratch = scratchAt(outer.depth)
  }

  /** The addon, with these calls in place of its own. */
  calls(): NativeTls {
    const tls = this.#tls
    const own: Partial<NativeTls> = {
      sessionHandshake: (session, fd) => this.#exchange(session, fd, () => tls.sessionHandshake(session, NO_SOCKET)),
      sessionPeek: (session, fd) => this.#exchange(session, fd, () => tls.sessionPeek(session, NO_SOCKET)),
      sessionRead: (session, fd, into, offset, length) =>
        this.#exchange(session, fd, () => tls.sessionRead(session, NO_SOCKET, into, offset, length)),
      sessionWrite: (session, fd, from, offset, length) =>
        this.#send(session, fd, () => tls.sessionWrite(session, NO_SOCKET, from, offset, length)),
      sessionRequest: (session, fd) => this.#send(session, fd, () => tls.sessionRequest(session, NO_SOCKET)),
      sessionAnswer: (session, fd) => this.#exchange(session, fd, () => tls.sessionAnswer(session, NO_SOCKET)),
      sessionShutdown: (session, fd) => this.#send(session, fd, () => tls.sessionShutdown(session, NO_SOCKET)),
    }
    return Object.assign(Object.create(tls) as NativeTls, own)
  }

  /** Makes a call as long as what the peer has sent lets it go on. A failure to send counts when nothing is left to receive. */
  #exchange(session: TlsHandle, fd: number, call: () => number): number {
    let notifications = 0
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const result = call()
      notifications |= this.#takeNotifications()
      const moved = this.#flush(session, fd, result)
      const received = wouldBlock(result) && moved <= 0 ? this.#fill(session, fd) : 0
      this.#answer(session, notifications)
      if (!wouldBlock(result)) return result
      if (received < 0) return wouldBlock(received) && moved < 0 ? moved : received
    }
    return YIELD
  }

  /** Makes a call that only sends, once there is room. */
  #send(session: TlsHandle, fd: number, call: () => number): number {
    const room = this.#flush(session, fd, WOULD_BLOCK)
    if (room < 0) {
      this.#answer(session, 0)
      return room
    }
    let result = call()
    let notifications = this.#takeNotifications()
    const moved = this.#flush(session, fd, result)
    if (wouldBlock(result) && moved > 0) {
      // It waits for what it has made to leave, which it has.
      result = call()
      notifications |= this.#takeNotifications()
    }
    this.#answer(session, notifications)
    return wouldBlock(result) && moved < 0 ? moved : result
  }

  /**
   * Sends what the session has made.
   * @param result - of the call before: one that is over has its answer already, which counts more than that this fails.
   * @returns how many bytes the session around has taken, or `-errno`; it takes them whole, and may still have to wait for room itself.
   */
  #flush(session: TlsHandle, fd: number, result: number): number {
    try {
      return this.#sendAll(session, fd)
    } catch (error) {
      if (wouldBlock(result)) throw error
      return 0
    }
  }

  #sendAll(session: TlsHandle, fd: number): number {
    const scratch = this.#scratch
    let moved = 0
    for (;;) {
      const count = this.#tls.sessionOutput(session, scratch, 0, scratch.length)
      if (count <= 0) break
      const sent = this.#outer.write(fd, scratch, 0, count)
      if (sent < 0) return sent
      this.#tls.sessionSent(session, sent)
      moved += sent
    }
    if (this.#outer.pendingBytes === 0) return moved
    const waits = this.#outer.write(fd, scratch, 0, 0)
    return waits < 0 ? waits : moved
  }

  /** Receives for the session; the end of the outer data is the end of its ciphertext. */
  #fill(session: TlsHandle, fd: number): number {
    const scratch = this.#scratch
    const count = this.#outer.read(fd, scratch, 0, scratch.length)
    return count < 0 ? count : this.#tls.sessionFeed(session, scratch, 0, count)
  }

  /** The calls of the session around overwrite the registers. */
  #takeNotifications(): number {
    return tlsRegisters()[this.#tls.REGISTER_NOTIFICATIONS] as number
  }

  /** Leaves in the registers what the session is to find there. */
  #answer(session: TlsHandle, notifications: number): void {
    const registers = tlsRegisters()
    const { REGISTER_UNSENT, REGISTER_DRAINED, REGISTER_NOTIFICATIONS } = this.#tls
    registers[REGISTER_UNSENT] = this.#tls.sessionOutput(session, this.#scratch, 0, 1) + this.#outer.pendingBytes
    // What is left with the session around is not known here.
    registers[REGISTER_DRAINED] = 0
    registers[REGISTER_NOTIFICATIONS] = notifications
  }
}
