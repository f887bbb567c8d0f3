// Must compile: the types of both entry points, as an ES module sees them.
import { stream } from 'berkeley'
import { AddrInfo, AGAIN, SOCK_STREAM, socket } from 'berkeley/llsocket'
import unixDgram, { createSocket, type RemoteInfo } from 'berkeley/unix-dgram'

const ai = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM })
const sock = socket.create(ai, true)
sock.bind(ai)
export const again: typeof AGAIN = AGAIN
export const { port } = sock.getsockname()
sock.close()

const [a, b] = await stream.unix.pair()
export const sent: number = await a.send('x')
export const received: Uint8Array | null = await b.recv()
await a.close()

const syslog = createSocket('unix_dgram', (message: Buffer, info: RemoteInfo) => [message.length, info.path])
syslog.on('congestion', (message) => message)
syslog.send(Buffer.from('x'), (error) => error?.code)
export const same: typeof createSocket = unixDgram.createSocket
