import {
  IPPROTO_TCP,
  MSG_DONTWAIT,
  TCP_CLOSING,
  TCP_FIN_WAIT1,
  TCP_INFO,
  TCP_LAST_ACK,
} from '../constants/exported.generated.js'
import { AGAIN_NOW, type Operation, wouldBlock } from '../engine/operation.js'
import { native, registers } from '../native/sockets.js'
import { isolate } from '../support/record.js'

/** A peer that sends without end gets its reset after so much. */
const DROPPED_MAX = 16 * 1024 * 1024

const PIECE = 64 * 1024

const STATE = native.tcpInfoFields.indexOf('state')
const UNACKED = native.tcpInfoFields.indexOf('unacked')
const NOTSENT = native.tcpInfoFields.indexOf('notsent_bytes')

/** States of a connection whose FIN, or data before it, the peer's system has not acknowledged: what a lingering close(2) waits for. */
const UNACKNOWLEDGED: ReadonlySet<number | undefined> = new Set([TCP_FIN_WAIT1, TCP_CLOSING, TCP_LAST_ACK])

/** Where dropped bytes go; made when something is dropped first. */
let dropped: Buffer | undefined

/**
 * Receives and drops what arrives on a connection that was shut down for sending, until the peer has closed, or nothing more is there and
 * nothing that matters is on its way. close(2) with unread bytes would reset the connection, and so would bytes that arrive after it: a
 * reset destroys what the peer has not received yet.
 */
export class Drain implements Operation<void> {
  readonly syscall = 'close'
  // An acknowledgement makes a connection that was shut down writable once more.
  readonly wakeOnEither = true
  readonly #mustArrive: boolean
  #count = 0

  /** @param mustArrive - whether to wait until the peer's system has everything. */
  constructor(mustArrive: boolean) {
    this.#mustArrive = mustArrive
  }

  /** Receives what is there; 0 when there is nothing left to wait for. */
  attempt(fd: number): number {
    dropped ??= Buffer.allocUnsafeSlow(PIECE)
    const count = native.recv(fd, dropped, 0, PIECE, MSG_DONTWAIT)
    return wouldBlock(count) && !(this.#mustArrive && isUnacknowledged(fd)) ? 0 : count
  }

  /** Ends at the end of the peer, or when too much was dropped. */
  finish(count: number): undefined | typeof AGAIN_NOW {
    this.#count += count
    return count === 0 || this.#count >= DROPPED_MAX ? undefined : AGAIN_NOW
  }
}

isolate(Drain)

/** Whether something that was sent is still on its way. Only TCP knows: elsewhere what was sent has arrived. */
export function isUnderWay(fd: number): boolean {
  return tcpInfo(fd) && ((registers[UNACKED] as number) > 0 || (registers[NOTSENT] as number) > 0)
}

/** The same of a connection that was shut down for sending: its end is acknowledged last. */
function isUnacknowledged(fd: number): boolean {
  return tcpInfo(fd) && UNACKNOWLEDGED.has(registers[STATE])
}

/** Asks for `TCP_INFO`, which comes in the registers; false if this is not TCP. */
function tcpInfo(fd: number): boolean {
  return native.getsockopt(fd, IPPROTO_TCP, TCP_INFO, native.kinds.tcp_info) >= 0
}
