// Arguments that run code while they are read. Here that code closes the socket, and other code gets the number of its descriptor.
import assert from 'node:assert/strict'
import { fstatSync } from 'node:fs'
import { describe, test } from 'node:test'
import { AddrInfo, CmsgHdr, CmsgHdrs, dgram, MsgHdr, SO_PRIORITY, SOL_SOCKET, seqpacket, stream } from 'berkeley'
import { AGAIN, type Socket as LowSocket, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { allOptions, socketOptions } from '#internal/options/index.js'
import { leavesNoFd } from '../util/index.js'

leavesNoFd()

interface Closable {
  fd(): number
  close(): unknown
}

type Trigger = () => void

type Setters = Record<string, (...args: unknown[]) => unknown>

const SLOW_OR_MOVING = /peek|mem|peer|cookie|filter/

function settingOf(sock: LowSocket, name: string): unknown {
  try {
    return (sock as never as Setters)[name]?.()
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** Closes a socket when it is pulled so many times, and gives its number to an unrelated file, which only the test knows. */
class Trap {
  readonly #victim: Closable
  readonly #strangers: LowSocket[] = []
  #before: unknown

  #left: number

  constructor(victim: Closable, times: number) {
    this.#victim = victim
    this.#left = times
  }

  get wasPulled(): boolean {
    return this.#strangers.length > 0
  }

  readonly pull: Trigger = () => {
    const number = this.#victim.fd()
    if (number < 0 || --this.#left !== 0) return
    Promise.resolve(this.#victim.close()).catch(() => undefined)
    const all = socket.pair(SOCK_DGRAM, true)
    this.#strangers.push(...all)
    assert.ok(all.some((stranger) => stranger.fd() === number))
    this.#before = this.#footprint()
  }

  /** All that a call could leave on the strangers. */
  #footprint(): unknown {
    return this.#strangers.map((stranger) => {
      const set = Object.entries(socketOptions).flatMap(([name, { access }]) =>
        access === 'wo' || SLOW_OR_MOVING.test(name) ? [] : [[name, settingOf(stranger, name)]],
      )
      const { ino } = fstatSync(stranger.fd())
      return [ino, stranger.cloexec(), stranger.nonblock(), stranger.recv() === AGAIN, set, `${stranger.getsockname()}`]
    })
  }

  check(what: string): void {
    const after = this.#footprint()
    for (const stranger of this.#strangers) stranger.close()
    assert.deepEqual(after, this.#before ?? after, what)
  }
}

/** The same function, which pulls the trap first. */
const pulling =
  <A extends unknown[], R>(pull: Trigger, act: (...args: A) => R) =>
  (...args: A): R => {
    pull()
    return act(...args)
  }

/** An object of which whatever is read, called or iterated over pulls the trap first, and then is as it was. */
function hostile<T extends object>(object: T, pull: Trigger): T {
  for (let from: object | null = object; from && from !== Object.prototype; from = Object.getPrototypeOf(from))
    for (const key of Reflect.ownKeys(from)) {
      const property = Object.getOwnPropertyDescriptor(from, key)
      const isInternal = from === object && (typeof key === 'symbol' || !property?.configurable)
      if (key === 'constructor' || !property || isInternal) continue
      Object.defineProperty(object, key, {
        configurable: true,
        get() {
          pull()
          const value = property.get ? property.get.call(this) : property.value
          return typeof value === 'function' ? pulling(pull, value.bind(object)) : value
        },
        set: () => undefined,
      })
    }
  return object
}

/** A list of a class that makes others of its own, with elements that are read by getters. */
function hostileList<T>(elements: T[], pull: Trigger): T[] {
  class List extends Array<T> {
    static override get [Symbol.species](): ArrayConstructor {
      return class extends Array<T> {
        constructor(length: number) {
          super(length)
          for (let i = 0; i < length; i++) {
            let element: T
            Object.defineProperty(this, i, {
              configurable: true,
              get: pulling(pull, () => element),
              set: (value: T) => {
                element = value
              },
            })
          }
        }
      } as never
    }
  }
  return hostile(List.from(elements), pull)
}

/** Answers every question with a number. */
const numbers = (pull: Trigger): object =>
  new Proxy({}, { get: pulling(pull, (_, key) => (key === Symbol.toPrimitive ? () => 1 : 1)) })

const path = (): string => `\0hostile-${process.pid}-${Math.random()}`

const address = (pull: Trigger): AddrInfo => hostile(AddrInfo.unix(path()), pull)

function message(pull: Trigger): MsgHdr {
  const msg = new MsgHdr()
  msg.add('for one only')
  msg.name(address(pull))
  msg.control().push(hostile(CmsgHdr.of('credentials', { pid: process.pid, uid: 0, gid: 0 }), pull))
  hostile(msg.control(), pull)
  return hostile(msg, pull)
}

function rights(pull: Trigger, fd: number): MsgHdr {
  const msg = new MsgHdr()
  msg.add('with a descriptor')
  msg.control().push(hostile(CmsgHdr.rights(fd), pull))
  hostile(msg.control(), pull)
  return hostile(msg, pull)
}

function room(pull: Trigger): MsgHdr {
  const msg = new MsgHdr()
  msg.addn(100)
  hostile(msg.control(), pull)
  return hostile(msg, pull)
}

const bytes = (pull: Trigger): Uint8Array => hostile(Buffer.from('for one only'), pull)

function datagram(pull: Trigger): dgram.OutgoingDatagram {
  const control = hostile(new CmsgHdrs(), pull)
  return hostile({ data: bytes(pull), addr: address(pull), control }, pull)
}

type Call<S> = [name: string, call: (sock: S, pull: Trigger) => unknown]

const lowCalls: Call<LowSocket>[] = [
  ['send', (sock, pull) => sock.send(bytes(pull))],
  ['sendto', (sock, pull) => sock.sendto(bytes(pull), address(pull))],
  ['writev', (sock, pull) => sock.writev(hostileList([bytes(pull), 'text'], pull))],
  ['sendmsg', (sock, pull) => sock.sendmsg(message(pull))],
  ['sendmsg', (sock, pull) => sock.sendmsg(rights(pull, 0))],
  ['recvmsg', (sock, pull) => sock.recvmsg(room(pull))],
  ['recvinto', (sock, pull) => sock.recvinto(bytes(pull))],
  ['readv', (sock, pull) => sock.readv(hostileList([Buffer.alloc(4), bytes(pull)], pull))],
  ['sendfd', (sock, pull) => sock.sendfd(0, address(pull))],
  ['bind', (sock, pull) => sock.bind(address(pull))],
  ['connect', (sock, pull) => sock.connect(address(pull))],
  ['dup', (sock, pull) => sock.dup(address(pull)).close()],
  ['sendfile', (sock, pull) => sock.sendfile(0, numbers(pull) as never)],
  ['listen', (sock, pull) => sock.listen(numbers(pull) as never)],
  ['shutdown', (sock, pull) => sock.shutdown(numbers(pull) as never)],
  ['close', (sock, pull) => sock.close(numbers(pull) as never)],
  ['nonblock', (sock, pull) => sock.nonblock(numbers(pull) as never)],
  ['cloexec', (sock, pull) => sock.cloexec(numbers(pull) as never)],
  ['recvable', (sock, pull) => sock.recvable(numbers(pull) as never)],
  ['recv', (sock, pull) => sock.recv(numbers(pull) as never)],
  ['setsockopt', (sock, pull) => sock.setsockopt(SOL_SOCKET, SO_PRIORITY, numbers(pull), 'int')],
  ['setsockopt', (sock, pull) => sock.setsockopt(SOL_SOCKET, SO_PRIORITY, numbers(pull), 'linger')],
  ['setsockopt', (sock, pull) => sock.setsockopt(SOL_SOCKET, SO_PRIORITY, bytes(pull), 'bytes')],
  ['setsockopt', (sock, pull) => sock.setsockopt(SOL_SOCKET, SO_PRIORITY, address(pull), 'address')],
]

type AnySocket = stream.unix.Socket | dgram.unix.Socket | seqpacket.unix.Socket

const calls: Call<AnySocket>[] = [
  ['send', (sock, pull) => sock.send(bytes(pull))],
  ['sendmsg', (sock, pull) => sock.sendmsg(message(pull))],
  ['sendmsg', (sock, pull) => sock.sendmsg(rights(pull, 0))],
  ['recvmsg', (sock, pull) => sock.recvmsg(room(pull))],
  ['recvinto', (sock, pull) => sock.recvinto(bytes(pull))],
  ['sendfd', (sock, pull) => sock.sendfd(0, address(pull))],
  ['send', (sock, pull) => sock.send('text', 0, hostile({ signal: new AbortController().signal }, pull))],
  ['recv', (sock, pull) => sock.recv(10, 0, hostile({ signal: hostile(new AbortController().signal, pull) }, pull))],
  ['close', (sock, pull) => sock.close(numbers(pull) as never)],
  ['setsockopt', (sock, pull) => sock.setsockopt(SOL_SOCKET, SO_PRIORITY, numbers(pull), 'linger')],
]

const dgramCalls: Call<dgram.unix.Socket>[] = [
  ['sendto', (sock, pull) => sock.sendto(bytes(pull), address(pull))],
  ['sendmany', (sock, pull) => sock.sendmany(hostileList([datagram(pull), { data: 'text' }], pull))],
  ['bind', (sock, pull) => sock.bind(hostile({ path: path() }, pull))],
  ['connect', (sock, pull) => sock.connect(hostile({ path: path() }, pull))],
]

async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const waiting = call()
    // What waits for data has ended with the socket, or would wait for ever.
    return await Promise.race([waiting, new Promise((turn) => setTimeout(turn, 5))])
  } catch (error) {
    return error
  }
}

type Make<S> = () => Promise<readonly [sock: S, peer: Closable]> | readonly [sock: S, peer: Closable]

/** Makes a call with the trap at the first place that runs code, at the second, and so on. Returns at how many it was. */
async function run<S extends Closable>(what: string, [name, call]: Call<S>, make: Make<S>): Promise<number> {
  for (let times = 1; ; times++) {
    const [sock, peer] = await make()
    const trap = new Trap(sock, times)
    try {
      await outcome(() => call(sock, trap.pull))
    } finally {
      await sock.close()
      trap.check(`${name}() of ${what}, at the ${times}. place`)
      await peer.close()
    }
    if (!trap.wasPulled) return times - 1
  }
}

/** Every option that can be set, to values that are hostile in several ways. */
function settings(): Call<LowSocket>[] {
  const names = allOptions.flatMap((table) => Object.keys(table).filter((name) => table[name]?.access !== 'ro'))
  const values = [numbers, address, bytes, (pull: Trigger) => hostileList([1, 2], pull)]
  return names.flatMap((name) =>
    values.map((value): Call<LowSocket> => {
      const all = (pull: Trigger): object[] => Array.from({ length: 4 }, () => value(pull))
      return [name, (sock, pull) => (sock as never as Setters)[name]?.(...all(pull))]
    }),
  )
}

describe('an argument that closes the socket while it is read (H100)', () => {
  for (const socktype of [SOCK_STREAM, SOCK_DGRAM])
    test(`no call of llsocket on type ${socktype} reaches the descriptor that has the number then`, async () => {
      for (const call of lowCalls) await run('llsocket', call, () => socket.pair(socktype, true))
    })

  test('no asynchronous call reaches the descriptor that has the number then', async () => {
    for (const make of [stream.unix.pair, dgram.unix.pair, seqpacket.unix.pair])
      for (const call of calls) await run(make.name, call, make as Make<AnySocket>)
    for (const call of dgramCalls) await run('dgram', call, dgram.unix.pair)
  })

  test('no option is set on the descriptor that has the number then', async () => {
    const one = (): LowSocket => socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }))
    let pulled = 0
    for (const call of settings()) pulled += await run('options', call, () => [one(), one()])
    assert.ok(pulled > 20, `${pulled} of them read something`)
  })
})

test('a message that grows another method sends what was put into it', async () => {
  class Odd extends MsgHdr {
    override name(): null {
      return null
    }

    override control(): CmsgHdrs {
      return new CmsgHdrs()
    }

    override bytes(): number {
      return 0
    }
  }
  const [a, b] = socket.pair(SOCK_STREAM, true)
  const msg = new Odd()
  msg.add('what was put into it')
  MsgHdr.prototype.control.call(msg).push(CmsgHdr.rights(a.fd()))
  a.sendmsg(msg)
  const got = new MsgHdr()
  got.addn(100)
  assert.equal(b.recvmsg(got), 20)
  const [cmsg] = got.control()
  assert.equal(cmsg?.fds().length, 1)
  got.control().clear()
  a.close()
  b.close()
})
