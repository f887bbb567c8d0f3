// A service that tells its manager how it is: the protocol of sd_notify(3), over a unix datagram socket. It answers
// every connection with the number of its process, and gives its listening socket to the manager to keep (FDSTORE=1):
// when the service is started again, it gets the socket back, with the connections that came meanwhile.
//
//   systemd-run --user --pty -p Type=notify -p FileDescriptorStoreMax=1 node build/examples/sd-notify.js [port]
//
// The manager names its socket in $NOTIFY_SOCKET, a path or an abstract name that is written with an @.
import { AddrInfo, CmsgHdr, dgram, listen, MsgHdr, stream } from 'berkeley'

/** The first of the descriptors that a manager passes. See sd_listen_fds(3). */
const LISTEN_FDS_START = 3

/** Tells the service manager. */
class Notifier {
  readonly #sock: dgram.unix.Socket
  readonly #manager: AddrInfo

  private constructor(sock: dgram.unix.Socket, manager: AddrInfo) {
    this.#sock = sock
    this.#manager = manager
  }

  static async create(name: string): Promise<Notifier> {
    return new Notifier(await dgram.unix.Socket.create(), AddrInfo.unix(name.replace(/^@/, '\0')))
  }

  /** Sends variables, one a line, and descriptors beside them. */
  async notify(variables: Record<string, string | number>, ...fds: number[]): Promise<void> {
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`)
    const msg = new MsgHdr()
    msg.name(this.#manager)
    msg.add(lines.join(''))
    if (fds.length > 0) msg.control().push(CmsgHdr.rights(...fds))
    await this.#sock.sendmsg(msg)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sock.close()
  }
}

/** The socket that the manager kept, if it passed one to this very process. */
async function kept(): Promise<stream.inet.Server | undefined> {
  const { LISTEN_PID, LISTEN_FDS } = process.env
  if (Number(LISTEN_PID) !== process.pid || Number(LISTEN_FDS) < 1) return undefined
  return stream.inet.Server.wrap(LISTEN_FDS_START)
}

const { NOTIFY_SOCKET } = process.env
if (!NOTIFY_SOCKET) throw new Error('$NOTIFY_SOCKET is not set: no service manager started this process')
await using manager = await Notifier.create(NOTIFY_SOCKET)

const [port = '5000'] = process.argv.slice(2)
let server = await kept()
const from = server ? 'the manager' : 'this process'
if (server === undefined) {
  server = await listen({ host: '127.0.0.1', port })
  await manager.notify({ FDSTORE: 1, FDNAME: 'listener' }, server.fd())
}
const listener = server

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => listener.close())
const address = listener.getsockname()
console.log(`listening on ${address}, a socket of ${from}`)
await manager.notify({ READY: 1, MAINPID: process.pid, STATUS: `listening on ${address}` })

let served = 0
for await (const conn of listener) {
  conn.deadlines(0, 1000)
  await conn.send(`process ${process.pid}\n`).catch((error: Error) => console.error(error.message))
  await conn.close()
  await manager.notify({ STATUS: `served ${++served}` })
}
await manager.notify({ STOPPING: 1, STATUS: `ending after ${served}` })
