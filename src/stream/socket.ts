import type { DuplexOptions } from 'node:stream'
import { SocketDuplex } from '../adapters/node-stream.js'
import { TlsDuplex } from '../adapters/tls-stream.js'
import { type WebStreams, webStreams } from '../adapters/web-streams.js'
import { MORE, type Operation } from '../engine/operation.js'
import { native } from '../native/sockets.js'
import { tcpOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { defineLocked } from '../socket/locked.js'
import type { WaitOptions } from '../socket/socket.js'
import { check } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { TlsCapable } from './tls-capable.js'

/** A stream: bytes in order, without boundaries, until the end. See tcp(7), unix(7). */
export class StreamSocket extends TlsCapable {
  /**
   * This socket as a Node stream, for every library that takes one: `http`, `http2`, `ws`. It belongs to the stream from now on.
   */
  duplex(options?: DuplexOptions): SocketDuplex {
    return this.encrypted ? new TlsDuplex(this, options) : new SocketDuplex(this, options)
  }

  /** This socket as a pair of web streams. It belongs to them from now on. */
  web(): WebStreams {
    return webStreams(this)
  }

  /**
   * Sends `bytes` bytes of an open file from `offset` on, without copying them through this process. The call is made on
   * another thread, because reading the file may wait for a disk. The file's own position does not move.
   * @param fd - descriptor of a file that can be mapped into memory; it may be closed when the call is over.
   * @returns the number of bytes sent: fewer only when the file ends before.
   * @throws EPIPE or ECONNRESET when the peer has closed, EINVAL or ESPIPE for what is no such file; `bytes` on any error says how many were
   *   sent. See sendfile(2).
   */
  sendfile(fd: number, bytes: number, offset = 0, options?: WaitOptions): Promise<number> {
    return this.write(() => {
      const file = validate.descriptor('fd', fd)
      const total = validate.integer('bytes', bytes, 1, Number.MAX_SAFE_INTEGER)
      const from = validate.integer('offset', offset, 0, Number.MAX_SAFE_INTEGER)
      return this.encryptedFile(file, from, total) ?? plainFile(file, from, total)
    }, options)
  }
}

/** sendfile(2), made on another thread until everything is sent. */
function plainFile(file: number, from: number, total: number): Operation<number> {
  let sent = 0
  return {
    syscall: 'sendfile',
    attempt: (socket) => native.sendfile(socket, file, from + sent, total - sent),
    offload: (socket) =>
      new Promise((resolve) => {
        check(native.sendfileAsync(resolve, socket, file, from + sent, total - sent), 'sendfile')
      }),
    finish: (count) => {
      sent += count
      return count === 0 || sent === total ? sent : MORE
    },
    context: () => ({ bytes: sent }),
  }
}

export interface StreamSocket extends OptionMethods<typeof tcpOptions> {
  /** {@link StreamSocket.sendfile} in turn: waits for the calls before it, first come, first served, instead of being refused. */
  sendfilesync(...args: Parameters<StreamSocket['sendfile']>): ReturnType<StreamSocket['sendfile']>
}
defineOptions(StreamSocket, tcpOptions)
defineLocked(StreamSocket, ['sendfile'])
