import type { Fixtures } from './program.js'

const SERVE_PATH = `
import { listen } from 'berkeley'
const echo = await listen({ path: './app.sock' })
const echoed = echo.serve(async (conn) => { for await (const data of conn) await conn.send(data) })
`

export const readme: Fixtures = {
  berkeley: { prints: 'hello\n' },
  'Pass open files and sockets to another process': {
    after: `
import assert from 'node:assert'
import { closeSync, readFileSync } from 'node:fs'
assert.deepEqual(readFileSync(fd ?? -1), readFileSync('/etc/hostname'))
closeSync(fd ?? -1)
await Promise.all([file.close(), conn.close(), server.close(), served])`,
  },
  'Unix datagrams and seqpackets': {
    before: `
import assert from 'node:assert'
const daemon = await dgram.unix.Socket.create({ path: './log.sock' })
await daemon.bind()`,
    replace: [['/dev/log', './log.sock']],
    after: `
assert.equal(String(await daemon.recv()), '<14>hello syslog')
await Promise.all([log, daemon, a, b].map((sock) => sock.close()))`,
  },
  'Any socket option, of any socket': {
    before: `
import net from 'node:net'
import { once } from 'node:events'
import { listen } from 'berkeley'
const server = await listen({ host: '127.0.0.1', port: 0 })
const { port } = server.getsockname()
const nodeSocket = net.connect(port, '127.0.0.1')
await once(nodeSocket, 'connect')`,
    replace: [
      ["'example.com', port: 80", "'127.0.0.1', port"],
      ['conn.rcvbuf(65536)', 'console.log(conn.rcvbuf(65536))'],
    ],
    after: `
console.log(options(nodeSocket).tcpusertimeout())
nodeSocket.destroy()
await Promise.all([conn.close(), server.close()])`,
    prints: '131072\n30000\n',
  },
  'UDP: where a datagram was sent to, and many datagrams per system call': {
    before: `
import { AddrInfo } from 'berkeley'
const asking = await dgram.inet.Socket.create({ host: '127.0.0.2', port: 0 })
await asking.bind()
const asked = AddrInfo.inet('127.0.0.9', 5353)`,
    replace: [['await sock.recvmsg', "await asking.sendto('question', asked)\nawait sock.recvmsg"]],
    after: `
const [answer, from] = await asking.recvfrom()
console.log(String(answer), from?.addr)
await Promise.all([asking.close(), sock.close()])`,
    prints: 'answer 127.0.0.9\n',
  },
  'UDP: where a datagram was sent to, and many datagrams per system call 2': {
    before: `
import { AddrInfo, dgram } from 'berkeley'
const sock = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 })
await sock.bind()
const from = sock.getsockname() ?? AddrInfo.inet('127.0.0.1')
const video = Buffer.alloc(14_000)
await sock.sendmany([{ data: 'question', addr: from }])
const handle = console.log`,
    after: `
for (let received = 0; received < video.length; ) {
  using parts = await sock.recvmany()
  for (const { data } of parts) received += data.length
}
await sock.close()`,
  },
  'Serve with limits, and end gracefully': {
    before: `
import { connect } from 'berkeley'
const connected = async () => {
  for (;;)
    try {
      return await connect({ host: '127.0.0.1', port: 8080 })
    } catch {
      await new Promise(setImmediate)
    }
}
const asking = async () => {
  const conn = await connected()
  await conn.send('one\\n')
  console.log(String(await conn.recv()))
  process.kill(process.pid, 'SIGTERM')
  console.log(await conn.recv())
  await conn.close()
}
void asking()`,
    prints: 'one\n\nnull\n',
  },
  'Express, fastify or any HTTP server on a unix socket, with the identity of the client': {
    before: `
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
type Handler = (req: IncomingMessage, res: ServerResponse & { send(text: string): void }) => void
declare function express(): RequestListener & { get(path: string, handler: Handler): void }`,
    replace: [["import express from 'express'", '']],
    notRun: 'readme.test.ts runs it, where Express is installed',
  },
  'As a Node stream or web streams': {
    before: SERVE_PATH,
    after: `
import { once } from 'node:events'
await once(stream, 'close')
const writer = writable.getWriter()
await writer.write(Buffer.from('web'))
for await (const chunk of readable) {
  console.log(String(Buffer.from(chunk)))
  break
}
await writer.close()
await Promise.all([echo.close(), echoed])`,
    prints: 'ping\nweb\n',
  },
  TLS: {
    before: `
import { readFileSync } from 'node:fs'
const [cert, key] = ['cert.pem', 'key.pem'].map((file) => readFileSync(file))
const renewed = cert`,
    replace: [['example.com', 'localhost']],
    after: `
console.log(conn.getProtocol(), conn.authorized, String(await conn.recv()))
await Promise.all([conn.close(), server.close(), served])`,
    prints: 'TLSv1.3 true http/1.1\n\n',
  },
  'Push mode, sendfile, zero copy': {
    before: `
import { open } from 'node:fs/promises'
import { connect, listen } from 'berkeley'
const server = await listen({ host: '127.0.0.1', port: 0 })
let received = 0
const served = server.serve(async (peer) => {
  await peer.send('push')
  peer.closew()
  for await (const data of peer) received += data.length
})
const conn = await connect({ host: '127.0.0.1', port: server.getsockname().port })
const file = await open('large')
const large = Buffer.alloc(100_000)`,
    after: `
console.log(typeof copied)
await Promise.all([file.close(), conn.close(), server.close(), served])
console.log(received)`,
    prints: 'boolean\n200004\n',
  },
  'Raw, packet, netlink, vsock and CAN sockets': {
    replace: [['for await', 'setTimeout(() => void links.close(), 50)\nfor await']],
  },
  'Two layers': {},
  Services: {
    before: `
import { dgram } from 'berkeley'
const manager = await dgram.unix.Socket.create({ path: './notify.sock' })
await manager.bind()
process.env['NOTIFY_SOCKET'] = \`\${process.cwd()}/notify.sock\``,
    after: `
console.log(String(await manager.recv()))
await Promise.all([manager.close(), server.close()])`,
    prints: 'READY=1\nSTATUS=accepting connections\n\n',
  },
}
