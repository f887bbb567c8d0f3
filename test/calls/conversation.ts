// Conversations over every kind of socket, as a program: it prints what was said. With an argument, Object.prototype has the options of
// everything while it runs.
import { AddrInfo, CmsgHdr, connect, dgram, listen, MSG_DONTWAIT, MsgHdr, type stream, tls } from 'berkeley'
import { inet, socket } from 'berkeley/llsocket'
import { hostConfig, hostTrust } from '../tls/common.js'

/** What would change each conversation if it were taken for an option, or for a property that an object of the package lacks. */
const POLLUTION: Readonly<Record<string, unknown>> = {
  rejectUnauthorized: false,
  insecureSkipVerify: ['chain', 'name', 'time'],
  servername: 'localhost',
  host: '192.0.2.1',
  port: 1,
  path: '/nowhere',
  pathname: '/nowhere',
  address: '192.0.2.1',
  family: 99,
  passive: true,
  type: 'seqpacket',
  timeout: 1,
  deadline: 0,
  onWait: () => false,
  flags: MSG_DONTWAIT,
  bufsize: 1,
  bytes: 77,
  detail: 'not so',
  check: refuse,
  offload: refuse,
  drained: () => true,
  context: refuse,
  pauseOn: new Set([11]),
  retryOn: new Set([11]),
  addr: 'nobody',
  segmentSize: 1,
  control: 'none',
  socktype: 77,
  protocol: 77,
  location6: 'nowhere',
  encode: refuse,
  write: refuse,
  final: refuse,
  objectMode: true,
  allowHalfOpen: false,
  handshakeTimeout: 1,
  minVersion: 'TLSv1.3',
  sessionTimeout: -1,
  tlscfg: {},
  unlink: false,
  backlog: -1,
  addresses: [],
  lookup: refuse,
  localAddress: '::1',
  localPort: 1,
  attemptDelay: -1,
  secure: refuse,
  errors: ['none'],
  bun: '1',
}

function refuse(): never {
  throw new Error("this is nobody's method")
}

const said: string[] = []

function say(...what: unknown[]): void {
  said.push(what.map(String).join(' '))
}

async function exchange(a: stream.Socket, b: stream.Socket): Promise<void> {
  const waiting = b.recv()
  await a.send('hello')
  say(await waiting)
  b.deadlines(20, 0)
  say(await b.recv().catch(String))
  b.deadlines(0, 0)
  await a.end()
  say(await b.recv())
  await Promise.all([a.close(), b.close()])
}

async function overTcp(): Promise<void> {
  const server = await listen({ host: '127.0.0.1', port: 0 })
  const client = await connect({ host: '127.0.0.1', port: server.getsockname().port })
  const accepted = await server.accept()
  say(client.tcpnodelay(true), client.linger(0), client.recvttl(true))
  await exchange(client, accepted)
  await server.close()
}

async function overTls(): Promise<void> {
  const server = await listen({ host: '127.0.0.1', port: 0, tlscfg: hostConfig })
  const { port } = server.getsockname()
  const [connected, accepted] = await Promise.all([
    tls.inet.Client.create({ host: '127.0.0.1', port, tlscfg: hostTrust }),
    server.accept().then((one) => one.handshake().then(() => one)),
  ])
  say(connected.authorized, connected.getProtocol(), connected.servername)
  await exchange(connected, accepted)
  for (const tlscfg of [{}, { ...hostTrust, servername: 'evil.example' }]) {
    const refused = tls.inet.Client.create({ host: '127.0.0.1', port, tlscfg }).catch((error) => error.code)
    const one = await server.accept()
    say(await one.handshake().catch(() => 'refused'), await refused)
    await one.close()
  }
  await server.close()
}

async function overUdp(): Promise<void> {
  const a = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 })
  await a.bind()
  const b = await dgram.inet.Socket.create()
  await b.sendto('one', a.getsockname())
  await b.sendmany([{ data: 'two', addr: a.getsockname() }])
  say((await a.recvfrom())[0])
  using batch = await a.recvmany()
  say(batch.at(0)?.data)
  await b.connect({ host: '127.0.0.1', port: a.getsockname().port })
  await b.connect(null)
  say(await b.send('x').catch(String))
  await Promise.all([a.close(), b.close()])
}

async function overUnix(): Promise<void> {
  const [a, b] = await dgram.unix.pair()
  const message = new MsgHdr()
  message.add('with a descriptor')
  message.control().push(CmsgHdr.rights(a.fd()))
  await a.sendmsg(message)
  const got = new MsgHdr()
  got.addn(100)
  say(await b.recvmsg(got), got.control().shift()?.fds().length)
  await Promise.all([a.close(), b.close()])
}

async function refusals(): Promise<void> {
  say(await connect({ host: '127.0.0.1', port: 1 }).catch(String))
  const addresses = [{ address: '127.0.0.1' }, AddrInfo.inet('127.0.0.2', 9)]
  for (const from of [
    { addresses, port: 1 },
    { host: 'a.example', port: 1, lookup: async () => addresses },
  ])
    say(await connect(from).catch(String))
  say(await listen({ path: '/no/such/folder' }).catch(String))
  say(AddrInfo.inet('127.0.0.1', 80), AddrInfo.unix('/x'), inet.getaddrinfo('127.0.0.1', 80))
  const ai = AddrInfo.inet('127.0.0.1', 0, { socktype: 1 })
  const low = socket.create(ai)
  low.bind()
  say(low.getsockname().family, low.keepalive(true))
  low.close()
}

const isPolluted = process.argv[2] !== undefined
if (isPolluted) Object.assign(Object.prototype, POLLUTION)
try {
  for (const converse of [overTcp, overTls, overUdp, overUnix, refusals]) await converse()
} finally {
  for (const key of Object.keys(POLLUTION)) Reflect.deleteProperty(Object.prototype, key)
}
console.log(said.join('\n'))
