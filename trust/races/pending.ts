// Calls that wait, one of every verb of every class, and what would let each come through.
import { connect, dgram, MsgHdr as Message, type MsgHdr, type Socket, stream } from 'berkeley'
import { type Bed, drain, fill, fillTls } from './bed.js'

/** A call that is going to wait. */
export interface Waiting {
  /** Whose it is. */
  readonly sock: Socket
  /** Makes the call. */
  call(): Promise<unknown>
  /** Lets it come through; nothing where it never would. */
  complete?(): unknown
  /** How it may end by itself, beside success. */
  readonly fails?: readonly string[]
  /** Without a descriptor before it completes. */
  readonly unborn?: boolean
}

const room = (): MsgHdr => {
  const msg = new Message()
  msg.addn(16)
  return msg
}

const large = (): MsgHdr => {
  const msg = new Message()
  msg.add(Buffer.alloc(1 << 20))
  return msg
}

type Stream = stream.Socket

/** Receiving on one end, until the other end sends. */
function hears<S extends Socket>([a, b]: [S, S], call: (sock: S) => Promise<unknown>): Waiting {
  return { sock: a, call: () => call(a), complete: () => b.send('x') }
}

/** Sending where there is no room, until the other end makes some. */
function finds<S extends Socket>([a, b]: [S, S], call: (sock: S) => Promise<unknown>): Waiting {
  return { sock: a, call: () => call(a), complete: () => drain(b) }
}

/** Waiting for a connection, until a client connects. */
async function meets(bed: Bed, call: (server: stream.inet.Server) => Promise<unknown>): Promise<Waiting> {
  const server = await bed.server()
  const { port } = server.getsockname()
  const complete = async (): Promise<void> => {
    const client = await stream.inet.Client.create({ host: '127.0.0.1', port }, false)
    client.connect().catch(() => {})
    // Not before: the bed may be closed already, and closes what comes late at once.
    bed.keep(client)
  }
  return { sock: server, call: () => call(server), complete }
}

async function datagram(bed: Bed, call: (sock: dgram.inet.Socket) => Promise<unknown>): Promise<Waiting> {
  const sock = await bed.udp()
  const other = await bed.udp()
  const name = sock.getsockname()
  return { sock, call: () => call(sock), complete: () => other.sendto('x', name) }
}

async function fullDatagrams(bed: Bed): Promise<[dgram.unix.Socket, dgram.unix.Socket]> {
  const [a, b] = await dgram.unix.pair()
  return [await fill(bed.keep(a), Buffer.alloc(100)), bed.keep(b)]
}

async function full(bed: Bed): Promise<[stream.unix.Socket, stream.unix.Socket]> {
  const [a, b] = await bed.unix()
  return [await fill(a), b]
}

/** TLS that has been agreed on, where sending has to wait. */
async function fullTls(bed: Bed): Promise<[stream.unix.Socket, stream.unix.Socket]> {
  const [a, b] = await bed.tls()
  return [await fillTls(a), b]
}

/** Takes what there is of TLS, which has no MSG_DONTWAIT that says so: until nothing comes for a moment. */
async function drainTls(sock: Stream): Promise<void> {
  sock.deadlines(20)
  while (await sock.recv().catch(() => null));
}

async function unheard(bed: Bed, addresses?: number): Promise<Waiting> {
  const sock = await bed.unheard(addresses)
  return { sock, call: () => sock.connect(), unborn: true }
}

async function turnedAway(bed: Bed): Promise<Waiting> {
  const [sock, server] = await bed.turnedAway()
  return { sock, call: () => sock.connect(), complete: async () => bed.keep(await server.accept()), unborn: true }
}

async function dialling(bed: Bed, host: string): Promise<Waiting> {
  const { port } = (await bed.server()).getsockname()
  const sock = bed.keep(await stream.inet.Client.create({ host, port }, false))
  // It comes through by itself.
  return { sock, call: () => sock.connect(), complete: () => undefined, unborn: true }
}

async function reconnecting(bed: Bed): Promise<Waiting> {
  const { port } = (await bed.server()).getsockname()
  const sock = bed.keep(await connect({ host: '127.0.0.1', port }))
  return { sock, call: () => sock.connect(), complete: () => undefined }
}

async function greeting(bed: Bed): Promise<Waiting> {
  const [sock, server] = await bed.silentServer()
  const complete = async (): Promise<void> => {
    const conn = bed.keep(await server.accept())
    await conn.send('I speak no TLS, and say so by these bytes')
  }
  return { sock, call: () => sock.connect(), complete, fails: ['ERR_SSL_WRONG_VERSION_NUMBER'], unborn: true }
}

async function handshake(bed: Bed): Promise<Waiting> {
  const sock = await bed.silentClient()
  return { sock, call: () => sock.handshake() }
}

/** By name. Every one makes what it needs on a bed of its own. */
export const pending: Readonly<Record<string, (bed: Bed) => Promise<Waiting>>> = {
  'recv over TCP': async (bed) => hears<Stream>(await bed.tcp(), (sock) => sock.recv()),
  'recv of a unix stream': async (bed) => hears(await bed.unix(), (sock) => sock.recv()),
  'recv of a seqpacket': async (bed) => hears(await bed.packets(), (sock) => sock.recv()),
  recvinto: async (bed) => hears(await bed.unix(), (sock) => sock.recvinto(Buffer.alloc(9))),
  recvmsg: async (bed) => hears(await bed.unix(), (sock) => sock.recvmsg(room())),
  'recvsync in turn': async (bed) =>
    hears(await bed.unix(), (sock) => {
      const first = sock.recvsync()
      sock.recvsync().catch(() => {})
      return first
    }),
  recvfd: async (bed) => {
    const [a, b] = await bed.unix()
    return { sock: a, call: () => a.recvfd(), complete: () => b.sendfd(0) }
  },
  send: async (bed) => finds(await full(bed), (sock) => sock.send(Buffer.alloc(2000))),
  'send of much': async (bed) => finds(await full(bed), (sock) => sock.send(Buffer.alloc(1 << 20))),
  'send of a seqpacket': async (bed) => {
    const [a, b] = await bed.packets()
    return finds([await fill(a, Buffer.alloc(100)), b], (sock) => sock.send('x'))
  },
  sendmsg: async (bed) => finds(await full(bed), (sock) => sock.sendmsg(large())),
  sendfd: async (bed) => {
    const [a, b] = await full(bed)
    return { sock: a, call: () => a.sendfd(0), complete: () => drain(b) }
  },
  sendfile: async (bed) => {
    const file = bed.file()
    return finds<Stream>(await bed.unix(), (sock) => sock.sendfile(file, 8 << 20))
  },
  accept: (bed) => meets(bed, async (server) => bed.keep(await server.accept())),
  acceptfd: (bed) => meets(bed, (server) => server.acceptfd()),
  'a loop over a server': (bed) =>
    meets(bed, async (server) => {
      const next = await server[Symbol.asyncIterator]().next()
      if (next.done) throw Object.assign(new Error('the loop is over'), { code: 'ECANCELED' })
      bed.keep(next.value)
    }),
  recvfrom: (bed) => datagram(bed, (sock) => sock.recvfrom()),
  'recvmany of datagrams': (bed) => datagram(bed, async (sock) => (await sock.recvmany(8, 64)).close()),
  'sendmany of datagrams': async (bed) =>
    finds(await fullDatagrams(bed), (sock) => sock.sendmany(Array.from({ length: 100 }, () => ({ data: 'x' })))),
  'connect to a full backlog of TCP': (bed) => unheard(bed),
  'connect to several full backlogs of TCP': (bed) => unheard(bed, 5),
  'connect to a full backlog of a unix server': turnedAway,
  'connect by name': (bed) => dialling(bed, 'localhost'),
  'connect by address': (bed) => dialling(bed, '127.0.0.1'),
  'connect again': reconnecting,
  'connect with TLS': greeting,
  handshake,
  'recv over TLS': async (bed) => {
    const [a, b] = await bed.tls()
    return { sock: a, call: () => a.recv(), complete: () => b.send('x') }
  },
  'send over TLS': async (bed) => {
    const [a, b] = await fullTls(bed)
    const call = (): Promise<unknown> => {
      const sending = a.send(Buffer.alloc(1 << 20))
      // For the close_notify, which find no room either.
      a.deadlines(0, 30)
      return sending
    }
    return { sock: a, call, complete: () => drainTls(b) }
  },
}

/** Calls whose value is a descriptor, which is the caller's to close. */
export const BRINGS_NUMBER: ReadonlySet<string> = new Set(['recvfd', 'acceptfd'])
