// Connections opened, used and closed, one after the other and many at once: nothing of any of them stays.
import { connect, listen, type stream } from 'berkeley'
import { randomFrom, within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'

const CONNECTIONS = 220_000
const CLIENTS = 64
const PATIENCE_MS = 60_000

/** A connection that was closed holds its pair of ports for a minute: so many addresses have enough of them. */
const HOSTS = 200
const hostOf = (number: number): string => `127.0.${1 + (number % HOSTS)}.1`

async function serve(server: stream.inet.Server): Promise<number> {
  const serving = new Set<Promise<void>>()
  let accepted = 0
  for await (const conn of server) {
    accepted++
    const one = echo(conn)
    serving.add(one)
    void one.finally(() => serving.delete(one))
  }
  await Promise.all(serving)
  return accepted
}

async function echo(conn: stream.inet.Socket): Promise<void> {
  for await (const data of conn) await conn.send(data)
  await conn.close()
}

async function use(number: number, port: number): Promise<void> {
  const client = await connect({ host: hostOf(number), port })
  const question = `connection ${number}`
  await client.send(question)
  let answer = ''
  while (answer.length < question.length) {
    const data = await client.recv()
    if (data === null) throw new Error(`connection ${number} ended early`)
    answer += data
  }
  if (answer !== question) throw new Error(`connection ${number} heard: ${answer}`)
  await client.close()
}

async function main(terms: Terms): Promise<Figure[]> {
  const bounds = new Bounds(terms, CONNECTIONS)
  let number = randomFrom(terms.seed)(HOSTS)
  let accepted = 0
  await leavesNoFdOpen(async () => {
    const server = await listen({ host: '0.0.0.0' })
    const { port } = server.getsockname()
    const serving = serve(server)
    const client = async (): Promise<void> => {
      for (; !bounds.over; bounds.count()) await within(use(number++, port), 'a connection', PATIENCE_MS)
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    await server.close()
    accepted = await serving
  })
  if (accepted !== bounds.done) throw new Error(`${accepted} were accepted, ${bounds.done} were used`)
  return [['connections opened, used and closed, with no descriptor left', accepted]]
}

await program(main)
