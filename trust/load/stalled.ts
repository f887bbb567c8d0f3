// Very many peers that never read, each with a send that waits for room: that takes little memory, and others are served meanwhile.
import { connect, listen, type stream } from 'berkeley'
import { within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import { atMost, crowdOf, disperse } from './crowds.js'

const READERS = 5000
const EACH = 4 << 20
const MOST_MB = 200
const MB = 1 << 20
const PATIENCE_MS = 30_000
const QUESTIONS = 100_000

/** Echoes to a good client, over the same listener and in the same event loop. */
async function served(server: stream.inet.Server, bounds: Bounds): Promise<void> {
  const accepting = server.accept()
  const client = await connect({ host: '127.0.0.1', port: server.getsockname().port })
  const peer = await accepting
  while (!bounds.over) {
    const asked = peer.recv()
    await client.send('anybody there?')
    await peer.send((await within(asked, 'a question', PATIENCE_MS)) as Buffer)
    if (String(await within(client.recv(), 'an answer', PATIENCE_MS)) !== 'anybody there?')
      throw new Error('nobody there')
    bounds.count()
  }
  await Promise.all([client.close(), peer.close()])
}

async function main(terms: Terms): Promise<Figure[]> {
  const count = atMost(READERS)
  const bounds = new Bounds(terms, QUESTIONS)
  const data = Buffer.alloc(EACH, 'x')
  let grown = 0
  await leavesNoFdOpen(async () => {
    const server = await listen({ host: '127.0.0.1', backlog: 4096 })
    server.sndbuf(16384)
    const before = process.memoryUsage.rss()
    const [clients, conns] = await crowdOf(server, count)
    const outcomes = conns.map((conn) => conn.send(data).catch((error: { code: string }) => error.code))
    await served(server, bounds)
    grown = Math.round((process.memoryUsage.rss() - before) / MB)
    if (grown > MOST_MB) throw new Error(`${count} sends that wait took ${grown} MB`)
    await Promise.all(conns.map((conn) => conn.close()))
    const others = (await Promise.all(outcomes)).filter((code) => code !== 'ECANCELED')
    if (others.length > 0) throw new Error(`some ended otherwise: ${others.slice(0, 5).join(', ')}`)
    await disperse(clients)
    await server.close()
  })
  return [
    ['peers that never read', count],
    ['memory for data queued for them, MB', grown],
    ['requests of another client answered meanwhile', bounds.done],
  ]
}

await program(main)
