import type { Fixtures } from './program.js'

const PAIR = `
import { stream } from 'berkeley'
const [conn, peer] = await stream.unix.pair()`

const CLOSE_PAIR = 'await Promise.all([conn.close(), peer.close()])'

export const guide: Fixtures = {
  Sockets: {
    after: `
console.log(conn.getpeername().port === port, sock.getsockname()?.port !== 0)
await Promise.all([server.close(), stepwise.close(), conn.close(), sock.close()])`,
    prints: 'true true\n',
  },
  Descriptors: { after: 'console.log(fd >= 0, b.fd())', prints: 'true -1\n' },
  'Timeouts and signals': {
    before: `
import { listen } from 'berkeley'
const server = await listen({ path: './app.sock' })
const served = server.serve(async (peer) => {
  let asked = ''
  while (!asked.endsWith('another')) asked += await peer.recv()
  await peer.send('answer')
})`,
    after: `
console.log(String(answer))
await Promise.all([conn.close(), server.close(), served])`,
    prints: 'answer\n',
  },
  Queues: { before: PAIR, after: CLOSE_PAIR, prints: 'ab cd\n' },
  Backpressure: {
    before: `${PAIR}
const [sink, out] = await stream.unix.pair()
const pieces = Array.from({ length: 20 }, () => Buffer.alloc(100_000))
let received = 0
const drain = async () => { for await (const data of out) received += data.length }
const drained = drain()
const receiving = peer.forEach((data) => sink.write(data) || sink.drained())`,
    after: `
broadcast('after the end')
await sink.drained()
sink.closew()
await drained
console.log(received)
await Promise.all([conn, peer, sink, out].map((sock) => sock.close()))`,
    replace: [
      ['broadcast = (line)', 'broadcast = (line: string)'],
      ['await peer.forEach((data) => sink.write(data) || sink.drained())', 'conn.closew()\nawait receiving'],
    ],
    prints: '4000000\n',
  },
  Errors: {
    replace: [
      ['port: 9,', 'port: 1,'],
      ['console.error', 'console.log'],
    ],
    prints: 'not running\n',
  },
  Closing: {
    before: `${PAIR}
const answering = (async () => {
  console.log(await peer.recv())
  await peer.send('last')
  await peer.close()
})()`,
    after: 'await answering',
    prints: 'null\nlast\n',
  },
  'Workers and processes': {
    before: `
import { connect } from 'berkeley'
const stop = new AbortController()
const { signal } = stop
const connected = async () => {
  for (;;)
    try {
      return await connect({ host: '127.0.0.1', port: 8080 })
    } catch {
      await new Promise(setImmediate)
    }
}
setImmediate(async () => {
  const conn = await connected()
  console.log(String(await conn.recv()))
  await conn.close()
  stop.abort()
})`,
    prints: 'hello\n',
  },
  Security: {
    before: `
import { connect } from 'berkeley'
const stop = new AbortController()
const { signal } = stop
const connected = async () => {
  for (;;)
    try {
      return await connect({ path: './app.sock' })
    } catch {
      await new Promise(setImmediate)
    }
}
setImmediate(async () => {
  const conn = await connected()
  await conn.send('hello\\n')
  console.log(String(await conn.recv()))
  await conn.close()
  stop.abort()
})`,
    prints: 'hello\n\n',
  },
}
