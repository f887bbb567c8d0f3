// Every function of the package that takes an object of options, or of fields, and what may be in it.
import { closeSync } from 'node:fs'
import { AddrInfo, CmsgHdr, connect, dgram, listen, SOCK_STREAM, seqpacket, stream, tls } from 'berkeley'
import { Socket as LowSocket, socket } from 'berkeley/llsocket'
import { tlscfg } from '../tls/common.js'
import { closing, tempFolder } from '../util/index.js'
import { waitingVerbs } from './verbs.js'

type Test = Parameters<typeof closing>[0]

/** A function with an object in the place that is tested. */
export interface Place {
  readonly name: string
  /** Calls the function with that object; what it makes is closed. */
  call(given: object): unknown
  /** An object that it accepts. */
  readonly valid: object
  /** The names of all properties that it may have. */
  readonly known: readonly string[]
}

const ADDRESS = ['socktype', 'protocol', 'canonname']
const INET = ['host', 'port', 'family', 'passive', 'canonname', 'numeric', 'flags']
const UNIX = ['path', 'pathname']
const TLS_CLIENT = ['tlscfg', 'servername', 'session']
const CLIENT = [...INET, 'tcpnodelay', 'prepare', 'signal', ...TLS_CLIENT]
const SERVER = [...INET, 'reuseaddr', 'reuseport', 'tcpnodelay', 'prepare', 'tlscfg']
const UNIX_CLIENT = [...UNIX, 'prepare', 'signal', ...TLS_CLIENT]
const UNIX_SERVER = [...UNIX, 'prepare', 'unlink', 'tlscfg']
const CONFIG_OF_BOTH =
  'cert key passphrase pfx ca crl rejectUnauthorized verifyDepth ciphers ecdhCurve sigalgs dhparam minVersion maxVersion ALPNProtocols'
const CONFIG_OF_SERVERS = `${CONFIG_OF_BOTH} keyPairs SNICallback requestCert honorCipherOrder ocspResponse ticketKeys sessionIdContext`
const CONFIG_OF_CLIENTS = `${CONFIG_OF_BOTH} servername insecureSkipVerify requestOCSP requireOCSP session onsession keylog`

const idle = { host: '127.0.0.1', port: 9 }
const here = { host: '127.0.0.1', port: 0 }

/** Addresses, lookups, and the values of control messages. */
export function places(t: Test): Place[] {
  const unixPath = `${tempFolder(t)}/s`
  return [
    place('AddrInfo.inet', (o) => AddrInfo.inet('127.0.0.1', 1, o), { socktype: 1 }, ADDRESS),
    place('AddrInfo.inet6', (o) => AddrInfo.inet6('::1', 1, o), { flowinfo: 1 }, [...ADDRESS, 'scopeid', 'flowinfo']),
    place('AddrInfo.unix', (o) => AddrInfo.unix('/x', o), { socktype: 1 }, ADDRESS),
    place('AddrInfo.vsock', (o) => AddrInfo.vsock(1, 1, o), { socktype: 1 }, ADDRESS),
    place('AddrInfo.raw', (o) => AddrInfo.raw(new Uint8Array(16), o), { socktype: 1 }, ADDRESS),
    place('AddrInfo#with', (o) => AddrInfo.inet('127.0.0.1').with(o), { socktype: 1 }, ADDRESS),
    place('stream.getaddrinfoin', (o) => stream.getaddrinfoin(o), idle, INET),
    place('dgram.getaddrinfoin', (o) => dgram.getaddrinfoin(o), idle, INET),
    place('stream.getaddrinfoun', (o) => stream.getaddrinfoun(o as never), { path: '/x' }, UNIX),
    place('dgram.getaddrinfoun', (o) => dgram.getaddrinfoun(o as never), { path: '/x' }, UNIX),
    place('CmsgHdr.of pktinfo', (o) => CmsgHdr.of('pktinfo', o), { ifindex: 1 }, ['ifindex', 'addr']),
    place('CmsgHdr.of pktinfo6', (o) => CmsgHdr.of('pktinfo6', o), { ifindex: 1 }, ['ifindex', 'addr']),
    place('CmsgHdr.of credentials', (o) => CmsgHdr.of('credentials', o as never), { pid: 1, uid: 2, gid: 3 }, []),
    place('Client.create of stream.inet', (o) => stream.inet.Client.create(o as never, false), idle, CLIENT),
    place(
      'Client.create of stream.unix',
      (o) => stream.unix.Client.create(o as never, false),
      { path: '/x' },
      UNIX_CLIENT,
    ),
    place('Client.create of seqpacket.unix', (o) => seqpacket.unix.Client.create(o as never, false), { path: '/x' }, [
      ...UNIX,
      'prepare',
      'signal',
    ]),
    place(
      'Client.create of tls.inet',
      (o) => tls.inet.Client.create(o as never, false),
      { ...idle, tlscfg: {} },
      CLIENT,
    ),
    place(
      'Client.create of tls.unix',
      (o) => tls.unix.Client.create(o as never, false),
      { path: '/x', servername: 'localhost', tlscfg: {} },
      UNIX_CLIENT,
    ),
    place('Server.create of stream.inet', (o) => stream.inet.Server.create(o), here, SERVER),
    place(
      'Server.create of stream.unix',
      (o) => stream.unix.Server.create(o as never),
      { path: unixPath },
      UNIX_SERVER,
    ),
    place('Server.create of seqpacket.unix', (o) => seqpacket.unix.Server.create(o as never), { path: unixPath }, [
      ...UNIX,
      'prepare',
      'unlink',
    ]),
    place('Server.create of tls.inet', (o) => tls.inet.Server.create(o as never), { ...here, tlscfg }, SERVER),
    place(
      'Server.create of tls.unix',
      (o) => tls.unix.Server.create(o as never),
      { path: unixPath, tlscfg },
      UNIX_SERVER,
    ),
    place('listen', (o) => listen(o), here, [...SERVER, ...UNIX_SERVER, 'backlog', 'signal', 'type']),
    place('connect', (o) => connect(o as never), idle, [...CLIENT, ...UNIX_CLIENT, 'timeout', 'type']),
    place('Socket.create of dgram.inet', (o) => dgram.inet.Socket.create(o), here, [...INET, 'reuseaddr', 'reuseport']),
    place('Socket.create of dgram.unix', (o) => dgram.unix.Socket.create(o as never), { path: '/x' }, UNIX),
    place('tls.Context.server', (o) => tls.Context.server(o), tlscfg, CONFIG_OF_SERVERS.split(' ')),
    place('tls.Context.client', (o) => tls.Context.client(o), { servername: 'x' }, CONFIG_OF_CLIENTS.split(' ')),
    place('keyPairs', (o) => tls.Context.server({ ...tlscfg, keyPairs: [o as never] }), tlscfg, [
      'cert',
      'key',
      'passphrase',
      'ocspResponse',
    ]),
  ]
}

/** Methods of sockets, which need one. */
export async function methods(t: Test): Promise<Place[]> {
  const udp = closing(t, await dgram.inet.Socket.create())
  const local = closing(t, await dgram.unix.Socket.create())
  const server = closing(t, await stream.inet.Server.create(here))
  const [low] = socket.pair(SOCK_STREAM).map((one) => closing(t, one)) as [LowSocket, LowSocket]
  const tcp = closing(t, await stream.inet.Client.create(idle, false))
  const options = closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM })))
  const pair = async (): Promise<stream.unix.Socket> => {
    const [a, b] = await stream.unix.pair()
    await b.close()
    return closing(t, a)
  }
  const chunks = await pair()
  const facts = { family: low.family(), socktype: low.socktype(), protocol: 0 }
  const DUPLEX = ['allowHalfOpen', 'allowTruncation', 'defaultEncoding', 'encoding', 'highWaterMark', 'signal']
  return [
    place('bind of dgram.inet', (o) => udp.bind(o), here, INET),
    place('connect of dgram.inet', (o) => udp.connect(o), idle, INET),
    place('bind of dgram.unix', (o) => local.bind(o as never), { path: '\0surface' }, UNIX),
    place('connect of dgram.unix', (o) => local.connect(o as never), { path: '\0nobody' }, UNIX),
    place('connect of a client', (o) => tcp.connect(o), {}, ['timeout', 'signal']),
    place('secure', (o) => server.secure(o), tlscfg, CONFIG_OF_SERVERS.split(' ')),
    // sendfile has no valid options without a size, and is not called with those that are tested here.
    ...(await waitingVerbs(t))
      .filter(({ name }) => name !== 'sendfile')
      .flatMap(({ name, named, trailing, names }) => [
        place(`${name} by name`, named, { timeout: 1 }, [...names, 'signal']),
        place(name, trailing, { timeout: 1 }, ['signal']),
      ]),
    place('chunks', (o) => chunks.chunks(o), {}, ['bufsize', 'timeout', 'signal']),
    place('messages', (o) => udp.messages(o), {}, ['bufsize', 'timeout', 'signal']),
    place('connections', (o) => server.connections(o), {}, ['timeout', 'signal']),
    place('sendmany', (o) => udp.sendmany([o as never]), { data: 'x', addr: AddrInfo.inet('127.0.0.1', 9) }, [
      'segmentSize',
      'control',
    ]),
    place('tls.wrap', async (o) => tls.wrap(await pair(), { ca: tlscfg.cert }, o), { servername: 'x' }, [
      'server',
      'session',
      'received',
      'signal',
    ]),
    place('duplex', async (o) => (await pair()).duplex(o).destroy(), {}, DUPLEX),
    place('a Socket of llsocket', (o) => lowSocket(low, o), facts, []),
    place('txtime', (o) => options.txtime(o as never), { clockid: 1, flags: 0 }, []),
    place('tcpmd5sigext', (o) => options.tcpmd5sigext('127.0.0.1', 'key', o), { prefixlen: 8 }, ['ifname']),
    place('tcprepairoptions', (o) => options.tcprepairoptions(o), { mss: 1 }, ['wscale', 'sack', 'timestamps']),
    place(
      'tcprepairwindow',
      (o) => options.tcprepairwindow(o as never),
      { snd_wl1: 1, snd_wnd: 1, max_window: 1, rcv_wnd: 1, rcv_wup: 1 },
      [],
    ),
  ]
}

/** The constructor is not public, and takes the descriptor only if it accepts the facts. */
function lowSocket(of: LowSocket, facts: object): LowSocket {
  const fd = of.dup().unwrap()
  try {
    return new (LowSocket as unknown as new (fd: number, facts: object) => LowSocket)(fd, facts)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function place(name: string, call: (given: object) => unknown, valid: object, others: readonly string[]): Place {
  return { name, call, valid, known: [...new Set([...Object.keys(valid), ...others])] }
}

/** Calls the function of a place, and closes what it makes. Resolves to its failure, or undefined. */
export async function failure({ call }: Place, given: object): Promise<NodeJS.ErrnoException | undefined> {
  try {
    const made = (await call(given)) as { close?(): unknown } | null | undefined
    if (made && typeof made.close === 'function') await made.close()
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}
