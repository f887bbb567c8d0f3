// readv(2) and writev(2): several pieces of memory by one call.
import { peekFlags, refuseJoined } from '../descriptor/receiving.js'
import type { Operation } from '../engine/operation.js'
import { scatter } from '../message/kept.js'
import { MsgHdr } from '../message/msghdr.js'
import { native } from '../native/sockets.js'
import { untruncated } from '../support/receive-buffer.js'
import { isolate } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { Channel } from './channel.js'
import { operationFlags, SendMsg } from './operations.js'

/** A receive into several pieces of memory of the caller, one after the other. */
export class ReadV implements Operation<number> {
  readonly flags: number
  readonly #channel: Channel
  readonly #buffers: readonly ArrayBufferView[]
  #rooms: Uint8Array[] = []
  #total = 0
  #sysFlags = 0

  constructor(channel: Channel, buffers: readonly ArrayBufferView[], flags: number) {
    this.#channel = channel
    this.#buffers = buffers
    this.flags = flags
  }

  get syscall(): string {
    return 'readv'
  }

  check(): void {
    const { kind, transport } = this.#channel
    transport.requirePlain('readv')
    this.#sysFlags = operationFlags(this.flags) | kind.recvFlags(this.flags)
    this.#rooms = validate.list('buffers', this.#buffers, (one, i) => validate.room(`buffers[${i}]`, one))
    this.#total = bytesIn(this.#rooms)
    if (this.#total === 0) throw validate.outOfRange('buffers.length', '>= 1', 0)
  }

  attempt(fd: number): number {
    // Memory that was transferred away is empty: the call would look like the end of the data.
    if (bytesIn(this.#rooms) !== this.#total) throw validate.memoryGone('buffers')
    refuseJoined(this.#channel, fd, 'readv')
    const kept = this.#channel.transport.nextMessage(this.#sysFlags)
    if (kept !== undefined) return scatter(kept, this.#rooms)
    return native.recvmsg(fd, this.#rooms, peekFlags(fd, this.#sysFlags))
  }

  finish(count: number): number {
    return untruncated('readv', count, this.#total, this.flags)
  }
}

function bytesIn(rooms: readonly Uint8Array[]): number {
  return rooms.reduce((sum, { length }) => sum + length, 0)
}

isolate(ReadV)

/** A send of several pieces of data as one, until all of it is accepted. */
export class WriteV extends SendMsg {
  constructor(channel: Channel, data: readonly validate.Data[], flags: number) {
    super(channel, joined(data), flags)
  }

  override get syscall(): string {
    return 'writev'
  }
}

/** A message of pieces of data, of which none is copied. */
function joined(data: readonly validate.Data[]): MsgHdr {
  const pieces = validate.list('data', data, (piece, i) => validate.bytes(`data[${i}]`, piece))
  const msg = new MsgHdr()
  for (const piece of pieces) msg.add(piece)
  return msg
}
