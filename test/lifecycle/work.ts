// What a worker of the life tests does: real work, until it is told to end, or ended.
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { parentPort, threadId, workerData } from 'node:worker_threads'
import { dgram, getnameinfo, stream } from 'berkeley'
import { AddrInfo, AGAIN, CmsgHdr, inet, MsgHdr, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { resolve } from '#internal/address/resolver.js'
import { native } from '#internal/native/sockets.js'

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
    // One that blocks: on a busy machine it takes its time until a datagram has come.
    using udp = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }))
    udp.rcvtimeo(5)
    udp.bind()
    udp.sendto('datagram', udp.getsockname())
    const got = udp.recvfrom()
    if (got === AGAIN || got === null || !got[1]?.equals(udp.getsockname())) throw new Error('a wrong datagram')
    bytes += got[0].length
    inet.getaddrinfo('127.0.0.1', 80)
    if (i % 10 === 0) await resolve({ host: 'localhost', port: i })
  }
  return bytes
}

const globals = globalThis as { kept?: unknown }

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

/** Lookups whose answers are not used. */
function lookUp(): void {
  for (let i = 0; i < 50; i++)
    native.getaddrinfoAsync(() => parentPort?.postMessage('answer'), `host-${i}.invalid`, undefined, 0, 0, 0, 0)
}

/** Files on their way to sockets, on threads of the pool, whose results are not used either. */
function transfer(): void {
  const file = openSync(process.execPath, 'r')
  const pairs = Array.from({ length: 20 }, () => socket.pair(SOCK_STREAM, true))
  globals.kept = pairs
  for (const [a] of pairs) native.sendfileAsync(() => parentPort?.postMessage('answer'), a.fd(), file, 0, 1_000_000)
}

/** A socket without room: the next send waits. */
async function filled(): Promise<stream.unix.Socket> {
  const [a, b] = await stream.unix.pair()
  globals.kept = [globals.kept, b]
  a.deadlines(0, 1)
  await a.send(Buffer.alloc(64 << 20)).catch(() => {})
  a.deadlines(0, 0)
  return a
}

async function listening(backlog?: number): Promise<stream.inet.Server> {
  const server = await stream.inet.Server.create({ host: '127.0.0.1' })
  server.listen(backlog)
  globals.kept = [globals.kept, server]
  return server
}

/** One end of a pair whose other end lives on. */
async function quiet(): Promise<stream.unix.Socket> {
  const [a, b] = await stream.unix.pair()
  globals.kept = [globals.kept, b]
  return a
}

/** Connects to a server whose backlog is full, and says nothing. */
async function connectInVain(): Promise<unknown> {
  const { port = 0 } = (await listening(0)).getsockname()
  return Promise.all(Array.from({ length: 6 }, () => stream.inet.Client.create({ host: '127.0.0.1', port })))
}

/** As before, but over a unix socket: it pauses, instead of waiting for readiness. */
async function connectWithPauses(): Promise<unknown> {
  const path = `\0berkeley-test-${process.pid}-${threadId}`
  const server = await stream.unix.Server.create({ path })
  server.listen(0)
  globals.kept = [globals.kept, server]
  return Promise.all(Array.from({ length: 4 }, () => stream.unix.Client.create({ path })))
}

function roomy(): MsgHdr {
  const msg = new MsgHdr()
  msg.addn(16)
  return msg
}

async function datagrams(): Promise<dgram.inet.Socket> {
  const sock = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 })
  await sock.bind()
  return sock
}

/** Calls that wait for ever, one of every kind. None of them may end before the worker does. */
const endless: Record<string, () => Promise<unknown>> = {
  recv: async () => (await quiet()).recv(),
  recvinto: async () => (await quiet()).recvinto(Buffer.alloc(16)),
  recvmsg: async () => (await quiet()).recvmsg(roomy()),
  recvfd: async () => (await quiet()).recvfd(),
  recvsync: async () => {
    const sock = await quiet()
    return Promise.all([sock.recvsync(), sock.recvsync()])
  },
  send: async () => (await filled()).send(Buffer.alloc(64 << 20)),
  sendmsg: async () => {
    const msg = new MsgHdr()
    msg.add(Buffer.alloc(64 << 20))
    return (await filled()).sendmsg(msg)
  },
  sendfd: async () => (await filled()).sendfd(0),
  sendfile: async () => (await quiet()).sendfile(openSync(process.execPath, 'r'), 64 << 20),
  accept: async () => (await listening()).accept(),
  acceptfd: async () => (await listening()).acceptfd(),
  'a loop over a server': async () => (await listening())[Symbol.asyncIterator]().next(),
  'a loop over a connection': async () => (await quiet())[Symbol.asyncIterator]().next(),
  connect: connectInVain,
  'connect to a full backlog': connectWithPauses,
  recvfrom: async () => (await datagrams()).recvfrom(),
  'duplex()': async () => {
    const duplex = (await quiet()).duplex()
    duplex.write(Buffer.alloc(64 << 20))
    return once(duplex, 'data')
  },
  'web()': async () => (await quiet()).web().readable.getReader().read(),
  'a deadline': async () => {
    const sock = await quiet()
    sock.deadlines(3_600_000)
    return sock.recv()
  },
  'an abort signal': async () => (await quiet()).recv(16, 0, { signal: new AbortController().signal }),
  'a lingering close': async () => {
    const server = await listening()
    const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port as number })
    globals.kept = [globals.kept, await server.accept()]
    client.deadlines(0, 1)
    await client.send(Buffer.alloc(64 << 20)).catch(() => {})
    client.linger(2)
    return client.close()
  },
}

/** Loses sockets and messages, so that their finalizers run at about the time when the environment goes. */
function lose(way: string | undefined): void {
  const { gc = () => {} } = globalThis as { gc?: () => void }
  for (let i = 0; i < 3; i++) leaveOpen()
  for (let i = 0; i < 3; i++) gc()
  say('ready')
  for (let i = 0; i < 3; i++) leaveOpen()
  gc()
  if (way === 'exit') process.exit(0)
  if (way === 'terminate') setInterval(gc, 1)
}

/** Begins calls of that kind, or of all, and says so when they wait. */
async function pend(kind: string | undefined): Promise<void> {
  const calls = Object.entries(endless).filter(([name]) => kind === undefined || name === kind)
  for (const [name, call] of calls)
    call().then(
      (value) => say(`${name} ended: ${value}`),
      (error: Error) => say(`${name} failed: ${error.message}`),
    )
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  say('ready')
  // The loop lives as long as the worker, whatever the calls hold.
  setInterval(() => {}, 1000)
}

const say = (what: unknown): void => parentPort?.postMessage(what)

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
  async farewell() {
    let warnings = 0
    process.on('warning', () => warnings++)
    const server = await listening()
    const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port as number })
    const peer = await server.accept()
    await client.send('the last word')
    client.linger(1)
    await client.close()
    await peer.close()
    await server.close()
    await new Promise((resolve) => setImmediate(resolve))
    say(`closed, with ${warnings} warnings`)
  },
  /** For a C library that takes its time with these names: see slow-lookups.test.ts. */
  'slow lookups'() {
    for (let i = 0; i < 8; i++) Promise.resolve(resolve({ host: `slow-${i}.invalid`, port: 1 })).then(say, say)
    for (let i = 0; i < 8; i++) getnameinfo(AddrInfo.inet('192.0.2.1', i)).then(say, say)
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

const [job = '', kind] = String(workerData).split(': ')
if (job === 'pending') await pend(kind)
else if (job === 'lost') lose(kind)
else await jobs[job]?.()
