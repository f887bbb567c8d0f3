/**
 * TLS, whose calls are made for OpenSSL. EINTR, EAGAIN and short counts are not seen. What fails while receiving can be tried again;
 * records that could not be sent are lost, so all that follows fails too.
 */
import type { Socket } from 'berkeley'
import { ERRNOS } from '../errnos.js'
import { Ledger, message, type Open, type Row } from '../row.js'
import { keyPair, nestedPair, type Pair, tlsPair } from '../sockets.js'

const DONE = ['EINTR', 'EAGAIN']
const LIMITS = [1, 7]

type Version = 'TLSv1.2' | 'TLSv1.3'
const VERSIONS: readonly Version[] = ['TLSv1.2', 'TLSv1.3']

async function carry(from: Socket, to: Socket, data: Buffer): Promise<void> {
  await from.send(data)
  let left = data
  while (left.length > 0) {
    const got = await to.recv()
    if (got === null || !left.subarray(0, got.length).equals(got)) throw new Error('something else arrived')
    left = left.subarray(got.length)
  }
}

/** A connection, a message each way, the end. */
const connections =
  (make: () => Promise<Pair>): Open =>
  () => ({
    async step(i) {
      const { from, to, close } = await make()
      try {
        await carry(from, to, message(i))
        await carry(to, from, message(i))
      } finally {
        await close()
      }
    },
  })

/** Messages over one connection. */
function conversation(version: Version, overUnix: boolean, end: 'from' | 'to'): Open {
  return async () => {
    const pair: Pair = await tlsPair(version, overUnix)
    const { from, to } = pair
    const ledger = new Ledger()
    const receive = async (): Promise<void> => ledger.received(await to.recv())
    let failed = false
    let receiveFailures = 0
    return {
      fd: pair[end].fd(),
      async step(i) {
        try {
          await from.send(message(i))
        } catch (error) {
          failed = true
          throw error
        }
        ledger.sent(message(i))
        await receive().catch((error) => {
          receiveFailures++
          throw error
        })
      },
      async settle() {
        if (receiveFailures > 1) return // final
        while (ledger.missing.bytes > 0) await receive()
        ledger.check()
        if (!failed) await carry(to, from, message(99))
      },
      close: () => pair.close(),
    }
  }
}

/** Over a unix stream a call asks until there is nothing: what fails behind data is told by the next call, and is final. */
const behindData = (what: string, version: Version): Row => ({
  what: `${what}, receiving behind data`,
  open: conversation(version, true, 'to'),
  call: 'recv',
  syscall: 'recv',
  errors: ERRNOS.receiving.filter((name) => !DONE.includes(name)),
  occurrences: [2, 10],
  final: true,
})

const rowsOf = (version: Version, overUnix: boolean): Row[] => {
  const what = `${version} over ${overUnix ? 'unix' : 'TCP'}`
  const open = connections(() => tlsPair(version, overUnix))
  const common = { done: DONE, limits: LIMITS }
  // The first of everything: hellos, certificates, the end of the handshake, tickets.
  const early = { open, syscall: /^(handshake|send|recv|connect)$/, occurrences: [1, 2, 3, 4], steps: 3, ...common }
  return [
    { what: `${what}, connections, sending`, call: 'send', errors: ERRNOS.sending, ...early },
    // The very first one looks for what arrived in the clear, and has no say.
    {
      what: `${what}, connections, receiving`,
      call: 'recv',
      errors: ERRNOS.receiving.filter((name) => name !== 'EBADF'),
      ...early,
      occurrences: [2, 3, 4, 5],
    },
    {
      // A handshake that goes on by itself takes it for the close of its socket, and leaves it to the first call, where it does not come again.
      what: `${what}, connections, receiving from a closed number`,
      call: 'recv',
      errors: ['EBADF'],
      ...early,
      occurrences: [2, 3],
    },
    {
      what: `${what}, sending`,
      open: conversation(version, overUnix, 'from'),
      call: 'send',
      syscall: 'send',
      errors: ERRNOS.sending.filter((name) => !DONE.includes(name)),
      final: true,
    },
    {
      what: `${what}, sending in spite of all`,
      open: conversation(version, overUnix, 'from'),
      call: 'send',
      syscall: 'none',
      errors: DONE,
      ...common,
    },
    {
      what: `${what}, receiving`,
      open: conversation(version, overUnix, 'to'),
      call: 'recv',
      syscall: 'recv',
      errors: ERRNOS.receiving,
      ...common,
      ...(overUnix ? { occurrences: [1, 3] } : {}),
    },
    ...(overUnix ? [behindData(what, version)] : []),
  ]
}

/** Only the connections: afterwards they are like others. */
const connectionRows = (what: string, make: () => Promise<Pair>, occurrences: number[]): Row[] => {
  const open = connections(make)
  const common = { open, syscall: /^(handshake|send|recv|connect)$/, steps: 3, done: DONE, limits: LIMITS }
  return [
    { what: `${what}, sending`, call: 'send', errors: ERRNOS.sending, occurrences, ...common },
    {
      what: `${what}, receiving`,
      call: 'recv',
      errors: ERRNOS.receiving.filter((name) => name !== 'EBADF'),
      occurrences,
      ...common,
    },
  ]
}

export const tlsRows: Row[] = [
  ...VERSIONS.flatMap((version) => rowsOf(version, false)),
  ...VERSIONS.flatMap((version) => rowsOf(version, true)),
  ...VERSIONS.flatMap((version) => connectionRows(`${version} by a key`, () => keyPair(version), [2, 3, 4])),
  // The outer handshake comes first.
  ...VERSIONS.flatMap((version) => connectionRows(`${version} in TLS`, () => nestedPair(version), [6, 7, 8, 9])),
]
