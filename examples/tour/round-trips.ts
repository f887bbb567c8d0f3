// Step 11: round trips per second, beside node:net.
//
// Server and client of both libraries live in this process, on one event loop. Between two processes it is mostly the
// scheduler that is measured: the same round trip takes six times as long when it puts them on two processors that sleep
// in between as when it puts them on one, and it changes its mind from round to round. Here the whole way through a library
// is measured, both ends of it, and nothing else. Rounds alternate, so that a busy machine is busy for both.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'
import { stream } from 'berkeley'
import { serveEcho } from './echo.js'
import { count, grouped, median, seconds, spread } from './figures.js'
import { BerkeleyPlayer, BYTES, HOST, NetPlayer, teamOf } from './players.js'
import type { Screen } from './screen.js'

const CONNECTIONS = [1, 64]
const ROUNDS = 5
const ROUND_MS = 320
const WARM_UP_MS = 200

/** One line of the result. */
interface Comparison {
  readonly connections: number
  readonly berkeley: readonly number[]
  readonly net: readonly number[]
  readonly trips: number
}

async function compare(connections: number, port: number, netPort: number, roundDone: () => void): Promise<Comparison> {
  await using berkeley = await teamOf(BerkeleyPlayer.create, port, connections)
  await using net = await teamOf(NetPlayer.create, netPort, connections)
  for (const team of [berkeley, net]) await team.play(WARM_UP_MS)
  for (let round = 0; round < ROUNDS; round++)
    for (const team of [berkeley, net]) {
      team.rates.push(await team.play(ROUND_MS))
      roundDone()
    }
  return { connections, berkeley: berkeley.rates, net: net.rates, trips: berkeley.trips + net.trips }
}

const percent = (part: number): string => `${(part * 100).toFixed(0)} %`

function show(comparisons: readonly Comparison[], screen: Screen): void {
  const right = { align: 'right' } as const
  screen.table(
    [
      { title: 'clients', ...right },
      { title: 'berkeley', ...right },
      { title: 'spread', ...right, optional: true },
      { title: 'node:net', ...right },
      { title: 'spread', ...right, optional: true },
      { title: 'ratio', ...right },
    ],
    comparisons.map(({ connections, berkeley, net }) => [
      String(connections),
      grouped(median(berkeley)),
      percent(spread(berkeley)),
      grouped(median(net)),
      percent(spread(net)),
      (median(berkeley) / median(net)).toFixed(2),
    ]),
  )
}

export const title = `Round trips of ${BYTES} bytes, beside node:net`

/** The echo server of node:net, which closes its connections as its clients close theirs. */
async function listenNet(): Promise<NetServer> {
  const server = createServer({ noDelay: true }, (conn) => {
    conn.on('data', (data) => conn.write(data)).on('error', () => conn.destroy())
  })
  await once(server.listen(0, HOST), 'listening')
  return server
}

async function compareAll(screen: Screen): Promise<Comparison[]> {
  await using server = await stream.inet.Server.create({ host: HOST })
  server.listen()
  const { port = 0 } = server.getsockname()
  const netServer = await listenNet()
  const { port: netPort } = netServer.address() as AddressInfo

  const rounds = CONNECTIONS.length * ROUNDS * 2
  let done = 0
  const roundDone = (): void => screen.progress(++done / rounds, `round ${done} of ${rounds}`)
  screen.progress(0)
  const inTurns = async (): Promise<Comparison[]> => {
    const comparisons: Comparison[] = []
    for (const connections of CONNECTIONS) comparisons.push(await compare(connections, port, netPort, roundDone))
    return comparisons
  }
  try {
    return await Promise.race([inTurns(), serveEcho(server)])
  } finally {
    netServer.close()
  }
}

export async function run(screen: Screen): Promise<string> {
  screen.line(`per second: medians of ${ROUNDS} rounds of ${seconds(ROUND_MS)} each, taken in turns`)
  const begin = performance.now()
  const comparisons = await compareAll(screen)
  show(comparisons, screen)
  const trips = comparisons.reduce((total, comparison) => total + comparison.trips, 0)
  return `${count(trips, 'round trip')} in ${seconds(performance.now() - begin)}, every byte came back`
}
