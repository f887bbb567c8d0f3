// What the tests of clients with several addresses share: addresses that do not answer, and a record of which was tried when.
import assert from 'node:assert/strict'
import { AddrInfo as Address, type AddrInfo, IPPROTO_TCP, SOCK_STREAM, type SystemError, stream } from 'berkeley'
import type { Socket as LowSocket } from 'berkeley/llsocket'
import { closing } from '../util/index.js'
import { type Test, tcp } from './common.js'

/** A port of the loopback address that is free now. */
export async function freePort(): Promise<number> {
  const probe = await stream.inet.Server.create({ host: '127.0.0.1' })
  const { port } = probe.getsockname()
  await probe.close()
  return port
}

/** A listener on that address, whose backlog is full: what comes is dropped. */
export async function blackHole(t: Test, host: string, port: number): Promise<AddrInfo> {
  const server = closing(t, await stream.inet.Server.create({ host, port }))
  server.listen(0)
  for (let late = 0; late === 0; ) {
    const filler = closing(t, await stream.inet.Client.create({ host, port: server.getsockname().port }, false))
    await filler.connect(100).catch(() => late++)
  }
  return server.getsockname()
}

/** A server that listens on an address of its own. */
export async function answering(t: Test, host: string, port = 0): Promise<stream.inet.Server> {
  const server = closing(t, await stream.inet.Server.create({ host, port }))
  server.listen()
  return server
}

/** The address of a TCP socket over IPv6. */
export const tcp6 = (host: string, port: number): AddrInfo =>
  Address.inet6(host, port, { socktype: SOCK_STREAM, protocol: IPPROTO_TCP })

/** Addresses where nobody listens. */
export const refusing = (port: number, count: number): AddrInfo[] =>
  Array.from({ length: count }, (_, i) => tcp(`127.0.9.${i + 1}`, port))

/** Which addresses were tried, and when. */
export class Starts {
  readonly addresses: string[] = []
  readonly times: number[] = []

  /** For the option of that name. */
  readonly prepare = (_: LowSocket, ai: AddrInfo): void => {
    this.addresses.push(String(ai))
    this.times.push(performance.now())
  }
}

/** The error of a promise that has to reject. */
export function errorOf(promise: Promise<unknown>): Promise<SystemError> {
  return promise.then(
    () => assert.fail('it was expected to fail'),
    (error: SystemError) => error,
  )
}
