// A server without a free descriptor, for seconds: connections wait, the server costs next to nothing, and serves as soon as it can.
// Run it with a low limit of descriptors.
import { closeSync, openSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type AddrInfo, listen, type stream } from 'berkeley'
import { AGAIN, socket } from 'berkeley/llsocket'
import { within } from '../../test/util/index.js'
import { type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'

const CLIENTS = 20
const MOST_SHARE = 0.05
/** The longest pause of the engine, and what a busy machine may add. */
const RECOVERY_MS = 10_000

/** Takes every descriptor that there is. */
function takeAll(): number[] {
  const taken: number[] = []
  for (;;)
    try {
      taken.push(openSync('/dev/null', 'r'))
    } catch (error) {
      if ((error as { code: string }).code === 'EMFILE') return taken
      throw error
    }
}

async function serve(server: stream.inet.Server, served: { count: number }): Promise<void> {
  for await (const peer of server) {
    await peer.send('served')
    await peer.close()
    served.count++
  }
}

/** Connections that are established, although they were not accepted: the kernel does that. */
function clientsOf(name: AddrInfo): ReturnType<typeof socket.create>[] {
  return Array.from({ length: CLIENTS }, () => {
    const client = socket.create(name)
    client.connect()
    client.rcvtimeo(RECOVERY_MS / 1000)
    return client
  })
}

async function starved(server: stream.inet.Server, seconds: number): Promise<[share: number, recovery: number]> {
  const served = { count: 0 }
  const serving = serve(server, served)
  const clients = clientsOf(server.getsockname())
  const taken = takeAll()
  await pause(200)
  const accepted = served.count
  const before = process.cpuUsage()
  const begin = performance.now()
  await pause(seconds * 1000)
  const { user, system } = process.cpuUsage(before)
  const share = (user + system) / 1000 / (performance.now() - begin)
  if (served.count !== accepted) throw new Error('a connection was accepted without a descriptor')
  for (const fd of taken) closeSync(fd)
  const free = performance.now()
  while (served.count < CLIENTS && performance.now() < free + RECOVERY_MS) await pause(5)
  const recovery = performance.now() - free
  for (const client of clients) {
    const answer = client.recv()
    if (answer === AGAIN || String(answer) !== 'served') throw new Error(`a client was not served: ${String(answer)}`)
    client.close()
  }
  await server.close()
  await within(serving, 'the end of the server')
  return [share, recovery]
}

async function main({ seconds }: Terms): Promise<Figure[]> {
  const [share, recovery] = await leavesNoFdOpen(async () => starved(await listen({ host: '127.0.0.1' }), seconds))
  if (share > MOST_SHARE) throw new Error(`without descriptors it took ${(share * 100).toFixed(1)} % of a processor`)
  return [
    ['seconds without a free descriptor', Math.round(seconds)],
    ['CPU usage meanwhile', `${(share * 100).toFixed(1)} %`],
    ['until all were served afterwards, ms', Math.round(recovery)],
  ]
}

await program(main)
