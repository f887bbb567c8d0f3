// Many clients in a process of their own, which has as many descriptors as they need. They say nothing and read nothing; on the word
// "reset" every other one of them is reset, and when its input ends they all go.
import { createInterface } from 'node:readline'
import { AddrInfo, SOCK_STREAM, socket } from 'berkeley/llsocket'

const [port = 0, count = 0] = process.argv.slice(2).map(Number)

/** Connections that one address can have to one port, for the ports that it takes. */
const EACH_HOST = 5000
const hostOf = (i: number): string => `127.0.1.${1 + Math.floor(i / EACH_HOST)}`

const clients = Array.from({ length: count }, (_, i) => {
  const sock = socket.create(AddrInfo.inet('127.0.0.1', port, { socktype: SOCK_STREAM }))
  sock.bind(AddrInfo.inet(hostOf(i), 0))
  sock.connect()
  return sock
})
console.log('all are there')
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'reset') continue
  for (const [i, sock] of clients.entries())
    if (i % 2 === 0) {
      sock.linger(0)
      sock.close()
    }
  console.log('reset')
}
for (const sock of clients) sock.close()
