// Must compile: the types of both entry points, as a CommonJS module sees them.
import berkeley = require('berkeley')
import llsocket = require('berkeley/llsocket')
import unixDgram = require('berkeley/unix-dgram')

const ai = llsocket.AddrInfo.inet('127.0.0.1', 0, { socktype: llsocket.SOCK_STREAM })
const sock = llsocket.socket.create(ai, true)
sock.bind(ai)
const again: typeof llsocket.AGAIN = llsocket.AGAIN
const { port } = sock.getsockname()
sock.close()

async function main(): Promise<Uint8Array | null> {
  const [a, b] = await berkeley.stream.unix.pair()
  await a.send('x')
  return b.recv()
}

const syslog: unixDgram.Socket = unixDgram.createSocket('unix_dgram')
syslog.close()

export { again, main, port }
