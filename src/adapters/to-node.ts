import cluster from 'node:cluster'
import { EventEmitter } from 'node:events'
import { Server as NodeServer, Socket as NodeSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { AF_UNIX, SOMAXCONN } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { closeDetached } from '../descriptor/close-fd.js'
import { kHandle } from '../descriptor/handle.js'
import { isBun, unsupportedRuntime } from '../native/runtime.js'
import { takeReadAhead } from '../socket/buffered-reader.js'
import type { Channel } from '../socket/channel.js'
import { kReleaseChannel, type Socket } from '../socket/socket.js'
import { moveSocketFile } from '../socket/socket-file.js'
import { systemError } from '../support/errors.js'
import { bare, define } from '../support/record.js'
import * as validate from '../support/validate.js'

/** Options of `toNode()` of a connection. */
export interface ToNodeOptions {
  /** Whether the socket stays open for sending when the peer has ended; false by default, as in Node. */
  allowHalfOpen?: boolean | undefined
  /** What was received already and is to be read first: the beginning of a request, say, by which the protocol was recognized. */
  head?: validate.Data | undefined
}

function optionsOf(options: ToNodeOptions | undefined): { allowHalfOpen: boolean; head: Uint8Array } {
  const { allowHalfOpen = false, head = '' }: ToNodeOptions =
    options === undefined ? bare() : validate.options('options', options, ['allowHalfOpen', 'head'])
  validate.boolean('options.allowHalfOpen', allowHalfOpen)
  return { allowHalfOpen, head: validate.bytes('options.head', head) }
}

/**
 * Node needs a descriptor, in the clear; what is on its way in this process would be lost. All of it is asked of the channel: a method that a subclass
 * overrides has no part in this.
 */
function refuseUnusable({ fd, transport, engine }: Channel): void {
  if (isBun())
    throw unsupportedRuntime('Bun makes no net.Socket of a descriptor: duplex() is a stream with its members')
  fd.use('toNode')
  if (transport.session) refuseTls('duplex() is a stream with the members of a tls.TLSSocket')
  // What leaves together with others leaves now.
  engine.flush()
  const { unsentBytes } = engine.writer
  if (unsentBytes > 0) throw systemError(sys.EBUSY, 'toNode', { detail: `${unsentBytes} bytes wait to be sent` })
}

function refuseTls(hint: string): never {
  throw systemError(sys.EOPNOTSUPP, 'toNode', {
    detail: `Node cannot go on with a TLS session of this library: ${hint}`,
  })
}

/**
 * Makes a `net.Socket` of a connection, which belongs to that from now on: options that were set stay, and what was received already comes first.
 * Calls that wait end with ECANCELED.
 */
export function nodeSocketOf(socket: Socket, options?: ToNodeOptions): NodeSocket {
  const { allowHalfOpen, head } = optionsOf(options)
  refuseUnusable(socket[kHandle])
  // By the caller's word it came before what this library still holds.
  const first = Buffer.concat([head, takeReadAhead(socket)])
  const fd = socket[kReleaseChannel]().fd.detach('toNode')
  const node = ownedByNode(fd, () => new NodeSocket({ fd, allowHalfOpen, readable: true, writable: true }))
  if (first.length > 0) node.unshift(first)
  return node
}

/**
 * The same for a connection that a stream owns, which is destroyed. What it was about to be given has to be pushed to the socket of Node then: as
 * long as nothing else has run, that has received nothing.
 */
export function nodeSocketOfStream(stream: Duplex, socket: Socket, options?: ToNodeOptions): NodeSocket {
  const { allowHalfOpen, head } = optionsOf(options)
  refuseUnusable(socket[kHandle])
  refuseUnfinished(stream, 'toNode')
  const node = nodeSocketOf(socket, { allowHalfOpen })
  // Afterwards: a stream that is read receives more, unless there is nothing to receive from.
  const first = Buffer.concat([head, takeUnread(stream)])
  if (first.length > 0) node.unshift(first)
  // Before the receive that this has canceled says so.
  stream.destroy()
  return node
}

/**
 * Refuses a stream that has something to do, or to keep.
 * @param syscall - what is done, for errors.
 * @throws EBUSY while something is to be sent, EINVAL where what was received is no longer bytes.
 */
export function refuseUnfinished(stream: Duplex, syscall: string): void {
  const { readableEncoding, writableLength, writableEnded, writableFinished } = stream
  if (writableLength > 0 || (writableEnded && !writableFinished))
    throw systemError(sys.EBUSY, syscall, {
      detail: writableLength > 0 ? `${writableLength} bytes wait to be written` : 'the end waits to be sent',
    })
  if (readableEncoding !== null)
    throw systemError(sys.EINVAL, syscall, { detail: 'setEncoding() has made text of what was received' })
}

/** Takes what a stream has received and was not read from it, for another one. */
export function takeUnread(stream: Duplex): Buffer {
  const unread: Uint8Array[] = []
  // A listener would be given what is to be kept.
  stream.unpipe().removeAllListeners('data').removeAllListeners('readable')
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) unread.push(chunk)
  return Buffer.concat(unread)
}

/** Lets Node adopt a descriptor, or closes it if that fails. */
function ownedByNode<T>(fd: number, adopt: () => T): T {
  try {
    return adopt()
  } catch (error) {
    closeDetached(fd)
    throw error
  }
}

/** @throws TypeError, or `ERR_UNSUPPORTED_RUNTIME` for an HTTP server of Bun, which takes no connections of others. */
export function assertNodeServer(name: string, server: unknown): asserts server is NodeServer {
  if (server instanceof NodeServer) return
  if (isBun() && server instanceof EventEmitter)
    throw unsupportedRuntime('The HTTP server of Bun is not a net.Server: connections cannot be handed over to it')
  throw validate.invalidType(name, 'an instance of net.Server', server)
}

/** What listens. */
interface Listening {
  /** The server, which is closed for its user then. */
  readonly listener: Socket
  /** Whether its connections are encrypted by this library. */
  readonly encrypts: boolean
  /** The backlog that was given to `listen()`; none before. */
  readonly backlog: number | undefined
}

/**
 * Lets a server of Node listen on the socket of a server, which belongs to that from now on.
 * @param server - a `net.Server`, or one of `node:http`, … that does not listen yet.
 */
export function nodeServerOf<S extends NodeServer>({ listener, encrypts, backlog }: Listening, server: S): S {
  assertNodeServer('server', server)
  if (server.listening) throw validate.invalidValue('server', 'listens already', server)
  const { fd, kind } = listener[kHandle]
  fd.use('toNode')
  if (encrypts) refuseTls('serveHttp() hands over the connections of a server')
  if (cluster.isWorker)
    throw systemError(sys.EOPNOTSUPP, 'toNode', {
      detail: 'in a worker of node:cluster a number means a descriptor of the primary process',
    })
  const path = kind.family === AF_UNIX ? String(listener.getsockname().path) : undefined
  const removeFile = moveSocketFile(listener)
  const number = listener[kReleaseChannel]().fd.detach('toNode')
  try {
    ownedByNode(number, () => server.listen({ fd: number }, backlogOf(backlog)))
  } finally {
    // If it does not, an error or an event says why.
    if (!server.listening) removeFile?.()
    else if (path !== undefined) lendPath(server, path, removeFile)
  }
  return server
}

/** Node listens anew, with a backlog of its own where it is given none; and 0 and less count as none. */
function backlogOf(backlog = SOMAXCONN): number {
  return backlog < 0 ? SOMAXCONN : Math.max(backlog, 1)
}

/** Node does not know the path of a socket that it was given, nor that its file has to be removed. */
function lendPath(server: NodeServer, path: string, removeFile: (() => void) | undefined): void {
  define(server, 'address', () => (server.listening ? path : null))
  server.once('close', () => {
    delete (server as Partial<NodeServer>).address
    removeFile?.()
  })
}
