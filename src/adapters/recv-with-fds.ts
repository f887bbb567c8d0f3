import { MSG_DONTWAIT } from '../constants/exported.generated.js'
import { kHandle } from '../descriptor/handle.js'
import type { AGAIN_NOW, HOLD, Operation } from '../engine/operation.js'
import { incoming, receiveMessage } from '../message/io.js'
import { MsgHdr } from '../message/msghdr.js'
import { isMessageEof } from '../message/rules.js'
import { hasReadAhead } from '../socket/buffered-reader.js'
import { Recv } from '../socket/operations.js'
import { DEFAULT_BUFSIZE, type Socket } from '../socket/socket.js'
import { isolate } from '../support/record.js'

/** recvmsg(2) for a stream: data, and the descriptors that came with it. */
export class RecvWithFds implements Operation<Buffer | null> {
  readonly #socket: Socket
  readonly #msg = new MsgHdr()
  /** What a reader has read ahead comes first, as recvmsg(2) cannot give it. */
  readonly #ofReader: Recv
  #isOfReader = false
  #fds: number[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    this.#ofReader = new Recv(socket[kHandle], DEFAULT_BUFSIZE, 0)
    this.#msg.addn(DEFAULT_BUFSIZE)
  }

  get syscall(): string {
    return 'recvmsg'
  }

  check(): void {
    this.#ofReader.check()
  }

  attempt(fd: number): number {
    this.#isOfReader = hasReadAhead(this.#socket)
    return this.#isOfReader ? this.#ofReader.attempt(fd) : receiveMessage(fd, incoming(this.#msg), MSG_DONTWAIT)
  }

  finish(count: number): Buffer | null | typeof AGAIN_NOW | typeof HOLD {
    if (this.#isOfReader) return this.#ofReader.finish(count)
    if (count === 0 && isMessageEof(this.#socket[kHandle], this.#msg, 0)) return null
    this.#fds = [...this.#msg.control()].flatMap((cmsg) => cmsg.take())
    return this.#msg.concat()
  }

  /** Takes the descriptors that came with the last data. */
  takeFds(): number[] {
    const fds = this.#fds
    this.#fds = []
    return fds
  }
}

isolate(RecvWithFds)
