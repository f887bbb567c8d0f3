// What a worker of the life tests does: real work, until it is told to end, or ended.
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { stream } from 'berkeley'
import { AddrInfo, AGAIN, CmsgHdr, inet, MsgHdr, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { native } from '#internal/native.js'
import { resolve } from '#internal/resolve.js'

/** Streams, datagrams, names, descriptors: some of everything. */
async function work(rounds: number): Promise<number> {
  let bytes = 0
  for (let i = 0; i < rounds; i++) {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    a.send(`round ${i}`)
    bytes += (b.recv() as Buffer).length
    const msg = new MsgHdr()
    msg.add('x')
    msg.control().push(CmsgHdr.rights(a.fd(), b.fd()))
    a.sendmsg(msg)
    const into = new MsgHdr()
    into.addn(1)
    b.recvmsg(into)
    for (const fd of into.control().shift()?.take() ?? []) socket.close(fd)
    a.close()
    b.close()
    using udp = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }), true)
    udp.bind()
    udp.sendto('datagram', udp.getsockname())
    const got = udp.recvfrom()
    if (got === AGAIN || got === null || !got[1]?.equals(udp.getsockname())) throw new Error('a wrong datagram')
    bytes += got[0].length
    inet.getaddrinfo('127.0.0.1', 80)
    if (i % 10 === 0) await resolve({ host: '127.0.0.1', port: i })
  }
  return bytes
}

/** Leaves sockets open, some of them with descriptors on their way, and more than any first table holds. */
function leaveOpen(): unknown {
  const pairs = Array.from({ length: 40 }, () => socket.pair(SOCK_STREAM, true))
  for (const [a] of pairs) a.sendfd(0)
  const listener = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
  listener.bind()
  listener.listen()
  const [first] = pairs
  const msg = new MsgHdr()
  msg.addn(1)
  first?.[1].recvmsg(msg)
  return [pairs, listener, msg]
}

/** Lookups that nobody will hear of. */
function lookUp(): void {
  for (let i = 0; i < 50; i++)
    native.getaddrinfoAsync(() => parentPort?.postMessage('answer'), `host-${i}.invalid`, undefined, 0, 0, 0, 0)
}

/** Files on their way to sockets, on threads of the pool; nobody will hear of them either. */
function transfer(): void {
  const file = openSync(process.execPath, 'r')
  const pairs = Array.from({ length: 20 }, () => socket.pair(SOCK_STREAM, true))
  globals.kept = pairs
  for (const [a] of pairs) native.sendfileAsync(() => parentPort?.postMessage('answer'), a.fd(), file, 0, 1_000_000)
}

const say = (what: unknown): void => parentPort?.postMessage(what)
const globals = globalThis as { kept?: unknown }

const jobs: Record<string, () => unknown> = {
  work: async () => say(await work(150)),
  async open() {
    globals.kept = leaveOpen()
    say('ready')
    if (parentPort) await once(parentPort, 'message')
  },
  exit() {
    globals.kept = leaveOpen()
    lookUp()
    process.exit(5)
  },
  throw() {
    globals.kept = leaveOpen()
    throw new Error('on purpose')
  },
  blocked() {
    const pair = socket.pair(SOCK_STREAM)
    globals.kept = pair
    pair[1].rcvtimeo(0.3)
    pair[1].recv()
    say('ready') // from here on it is in a receive nearly all the time
    while (globals.kept) pair[1].recv()
  },
  /** Makes, passes, accepts and closes without end: terminated at any point, nothing may be left. */
  async churn() {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    const server = await stream.inet.Server.create({ host: '127.0.0.1' })
    server.listen()
    const { port = 0 } = server.getsockname()
    globals.kept = [a, b]
    say('ready')
    for (;;) {
      a.sendfd(b.fd())
      const msg = new MsgHdr()
      msg.addn(1)
      b.recvmsg(msg)
      msg.control().clear()
      a.dup().close()
      for (const one of socket.pair(SOCK_STREAM)) one.close()
      const client = await stream.inet.Client.create({ host: '127.0.0.1', port })
      const peer = await server.accept()
      await client.close()
      await peer.close()
    }
  },
  lookups() {
    lookUp()
    say('ready')
  },
  transfers() {
    transfer()
    say('ready')
  },
  unwrapped() {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    say([a.unwrap(), b.unwrap()])
  },
}

await jobs[String(workerData)]?.()
