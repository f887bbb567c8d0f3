// Every method that may wait, on sockets of which none can go on: each waits until its timeout or its signal ends it.
import { open } from 'node:fs/promises'
import { type AddrInfo, dgram, listen, MSG_DONTWAIT, MsgHdr, seqpacket, stream, tls } from 'berkeley'
import { tlscfg } from '../tls/common.js'
import { closing, closingAll, tempFolder } from '../util/index.js'

type Test = Parameters<typeof closing>[0]

interface Settings {
  deadlines(rcvmsec?: number, sndmsec?: number): unknown
}

/** A method that waits. */
export interface Verb {
  readonly name: string
  readonly sock: Settings
  /** Calls it with an options object in place of its arguments behind the data. */
  named(options: object): Promise<unknown>
  /** Calls it with positional arguments, and an options object behind them. */
  trailing(options?: object): Promise<unknown>
  /** The arguments that the object may have. */
  readonly names: readonly string[]
}

function message(room?: number): MsgHdr {
  const msg = new MsgHdr()
  if (room === undefined) msg.add('x')
  else msg.addn(room)
  return msg
}

/** A socket whose sends have to wait for their turn, as long as its peer does not read. */
async function full(t: Test): Promise<stream.unix.Socket> {
  const [a] = closingAll(t, await stream.unix.pair())
  const blocked = a.send(Buffer.alloc(4 << 20))
  blocked.catch(() => {}) // it ends when the socket is closed
  return a
}

type StreamLike = stream.unix.Socket | seqpacket.unix.Socket

function receiving(kind: string, sock: StreamLike): Verb[] {
  const of = (name: string, rest: Omit<Verb, 'name' | 'sock'>): Verb => ({ name: `${name} of ${kind}`, sock, ...rest })
  const memory = Buffer.alloc(9)
  return [
    of('recv', { named: (o) => sock.recv(o), trailing: (o) => sock.recv(9, 0, o), names: ['bufsize', 'flags'] }),
    of('recvsync', { named: (o) => sock.recvsync(o), trailing: (o) => sock.recvsync(9, 0, o), names: ['flags'] }),
    of('recvinto', {
      named: (o) => sock.recvinto(memory, o),
      trailing: (o) => sock.recvinto(memory, 0, o),
      names: ['flags'],
    }),
    of('readv', {
      named: (o) => sock.readv([memory], o),
      trailing: (o) => sock.readv([memory], 0, o),
      names: ['flags'],
    }),
    of('recvmsg', {
      named: (o) => sock.recvmsg(message(9), o),
      trailing: (o) => sock.recvmsg(message(9), 0, o),
      names: ['flags'],
    }),
    of('recvfd', { named: (o) => sock.recvfd(o), trailing: (o) => sock.recvfd(0, o), names: ['flags'] }),
    of('recvfdsync', { named: (o) => sock.recvfdsync(o), trailing: (o) => sock.recvfdsync(0, o), names: ['flags'] }),
  ]
}

/** The calls of a reader have no arguments that an options object could stand for. */
function reading(sock: stream.unix.Socket): Verb[] {
  const reader = sock.reader()
  const of = (name: string, call: (options?: object) => Promise<unknown>): Verb => {
    return { name, sock, named: call, trailing: call, names: [] }
  }
  return [
    of('exactly', (o) => reader.exactly(1, o)),
    of('until', (o) => reader.until('x', o)),
    of('lines', async (o) => reader.lines(o).next()),
  ]
}

function sending(sock: stream.unix.Socket, file: number): Verb[] {
  const of = (name: string, rest: Omit<Verb, 'name' | 'sock'>): Verb => ({ name, sock, ...rest })
  return [
    of('send', { named: (o) => sock.send('x', o), trailing: (o) => sock.send('x', 0, o), names: ['flags'] }),
    of('sendsync', {
      named: (o) => sock.sendsync('x', o),
      trailing: (o) => sock.sendsync('x', 0, o),
      names: ['flags'],
    }),
    of('writev', {
      named: (o) => sock.writev(['x', 'y'], o),
      trailing: (o) => sock.writev(['x', 'y'], 0, o),
      names: ['flags'],
    }),
    of('sendmsg', {
      named: (o) => sock.sendmsg(message(), o),
      trailing: (o) => sock.sendmsg(message(), 0, o),
      names: ['flags'],
    }),
    of('sendfd', {
      named: (o) => sock.sendfd(file, o),
      trailing: (o) => sock.sendfd(file, undefined, 0, o),
      names: ['ai', 'flags'],
    }),
    of('sendfd behind an address', {
      named: (o) => sock.sendfd(file, undefined, o),
      trailing: (o) => sock.sendfdsync(file, undefined, 0, o),
      names: ['flags'],
    }),
    of('sendfile', {
      named: (o) => sock.sendfile(file, o),
      trailing: (o) => sock.sendfile(file, 1, 0, o),
      names: ['bytes', 'offset'],
    }),
    of('end', { named: (o) => sock.end(o), trailing: (o) => sock.end(o), names: [] }),
  ]
}

/** A sender, and the address of a receiver whose queue is full. */
async function fullQueue(t: Test): Promise<[dgram.unix.Socket, AddrInfo]> {
  const receiver = closing(t, await dgram.unix.Socket.create({ path: `${tempFolder(t)}/r` }))
  await receiver.bind()
  const sender = closing(t, await dgram.unix.Socket.create())
  const to = receiver.getsockname()
  while (await sender.sendto('x', to, { flags: MSG_DONTWAIT }).catch(() => 0));
  return [sender, to]
}

async function ofDatagrams(t: Test): Promise<Verb[]> {
  const [sock] = closingAll(t, await dgram.unix.pair())
  const [sender, to] = await fullQueue(t)
  return [
    {
      name: 'recvfrom',
      sock,
      named: (o) => sock.recvfrom(o),
      trailing: (o) => sock.recvfrom(9, 0, o),
      names: ['bufsize', 'flags'],
    },
    {
      name: 'recvmany',
      sock,
      named: (o) => sock.recvmany(o),
      trailing: (o) => sock.recvmany(1, 9, 0, o),
      names: ['count', 'bufsize', 'flags'],
    },
    {
      name: 'sendto',
      sock: sender,
      named: (o) => sender.sendto('x', to, o),
      trailing: (o) => sender.sendto('x', to, 0, o),
      names: ['flags'],
    },
    {
      name: 'sendmany',
      sock: sender,
      named: (o) => sender.sendmany([{ data: 'x', addr: to }], o),
      trailing: (o) => sender.sendmany([{ data: 'x', addr: to }], 0, o),
      names: ['flags'],
    },
  ]
}

async function ofServers(t: Test): Promise<Verb[]> {
  const path = `${tempFolder(t)}/s`
  const verbs: Verb[] = []
  for (const type of ['stream', 'seqpacket'] as const) {
    const server = closing(t, await listen({ path: `${path}-${type}`, type } as never)) as stream.unix.Server
    verbs.push(
      {
        name: `accept ${type}`,
        sock: server,
        named: (o) => server.accept(o),
        trailing: (o) => server.accept(o),
        names: [],
      },
      {
        name: `acceptfd ${type}`,
        sock: server,
        named: (o) => server.acceptfd(o),
        trailing: (o) => server.acceptfd(o),
        names: [],
      },
    )
  }
  return verbs
}

/** A handshake whose other side says nothing. */
async function handshake(t: Test): Promise<Verb> {
  const [plain] = closingAll(t, await stream.unix.pair())
  const sock = closing(t, await tls.wrap(plain, tls.Context.server(tlscfg)))
  return { name: 'handshake', sock, named: (o) => sock.handshake(o), trailing: (o) => sock.handshake(o), names: [] }
}

export async function waitingVerbs(t: Test): Promise<Verb[]> {
  const file = await open('/etc/hostname')
  t.after(() => file.close())
  const [a] = closingAll(t, await stream.unix.pair())
  const [s] = closingAll(t, await seqpacket.unix.pair())
  return [
    ...receiving('a stream', a),
    ...receiving('a seqpacket', s),
    ...reading(a),
    ...sending(await full(t), file.fd),
    ...(await ofDatagrams(t)),
    ...(await ofServers(t)),
    await handshake(t),
  ]
}
