// Since TypeScript 6 nothing is there that a project does not ask for: these types are made of those of Node.
/// <reference types="node" preserve="true" />

/**
 * A stand-in for the npm package unix-dgram, with its interface and its events, and no compiler at installation.
 *
 * @module berkeley/unix-dgram
 */
import { createSocket as createNodeSocket, type Socket as UdpSocket } from 'node:dgram'
import { type RemoteInfo, Socket } from './socket.js'

export type { DgramError, RemoteInfo, SendCallback, Socket } from './socket.js'

/**
 * Makes a unix datagram socket, or one of `node:dgram` for `'udp4'` and `'udp6'`.
 * @param type - `'unix_dgram'`; `'udp4'` or `'udp6'` for a socket of `node:dgram`.
 * @param listener - for `'message'`.
 * @returns the socket.
 * @throws an Error for any other type; what socket(2) reported, with a negative errno as `code`.
 * @example
 * const socket = createSocket('unix_dgram')
 * socket.on('error', console.error)
 * socket.connect('/dev/log')
 * socket.send(Buffer.from('<14>hello syslog'))
 */
export function createSocket(type: 'udp4' | 'udp6', listener?: (...args: never[]) => void): UdpSocket
/**
 * Makes a unix datagram socket.
 * @param type - `'unix_dgram'`.
 * @param listener - for `'message'`.
 */
export function createSocket(type: 'unix_dgram', listener?: (message: Buffer, rinfo: RemoteInfo) => void): Socket
export function createSocket(type: string, listener?: (...args: never[]) => void): UdpSocket | Socket {
  if (type === 'udp4' || type === 'udp6') return createNodeSocket(type, listener as () => void)
  return new Socket(type, listener as (message: Buffer, rinfo: RemoteInfo) => void)
}
