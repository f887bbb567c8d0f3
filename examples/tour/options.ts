// Step 7: the options of a live TCP connection. Each is a method: without an argument it reads; with one it sets, and
// returns what the kernel holds then.
import { SO_KEEPALIVE, SO_RCVBUF, SOL_SOCKET, stream, TCP_ESTABLISHED, type TcpInfo } from 'berkeley'
// Programs have no need of these tables; the tour takes the names of the constants from them.
import { optionTables } from '#internal/options/index.js'
import { serveEcho } from './echo.js'
import { count } from './figures.js'
import type { Screen } from './screen.js'
import { same } from './verify.js'

/** One row of each table is one option. */
type Rows = Record<string, { readonly location: { readonly option: string }; readonly kind: { readonly name: string } }>

const rows: Rows = { ...optionTables.socket, ...optionTables.tcp, ...optionTables.ip }

const SHOWN = [
  'keepalive',
  'linger',
  'priority',
  'rcvbuf',
  'reuseaddr',
  'sndbuf',
  'tcpcongestion',
  'tcpkeepalive',
  'tcpkeepcnt',
  'tcpkeepintvl',
  'tcpmaxseg',
  'tcpnodelay',
  'tcpquickack',
  'tcpusertimeout',
  'mtu',
  'tos',
  'ttl',
] as const satisfies readonly (keyof stream.inet.Client)[]

/** Some of the fields of `tcpinfo()`, with their units. */
const FIELDS = [
  ['rto', 'microseconds'],
  ['rtt', 'microseconds'],
  ['snd_cwnd', 'segments'],
  ['bytes_received', 'bytes'],
] as const satisfies readonly (readonly [keyof TcpInfo, string])[]

const ECHOED = 100_000

/** Sends something and gets it back, so that the connection has something to tell. */
async function useALittle(client: stream.inet.Client): Promise<void> {
  await client.send(Buffer.alloc(ECHOED))
  for (let left = ECHOED; left > 0; ) left -= (await client.recv(left))?.length ?? left
}

/** What was set must be what the kernel holds, also when it is asked by number. */
function setAndVerify(client: stream.inet.Client): void {
  same('keepalive(true)', client.keepalive(true), true)
  same('SO_KEEPALIVE by number', client.getsockopt(SOL_SOCKET, SO_KEEPALIVE, 'int'), 1)
  same('tcpkeepalive(75)', client.tcpkeepalive(75), 75)
  same('tcpusertimeout(30000)', client.tcpusertimeout(30_000), 30_000)
  same('linger(null)', client.linger(null), null)
  // Linux doubles it, for its own bookkeeping: the answer is what holds, not what was asked for.
  same('rcvbuf(65536)', client.rcvbuf(65_536), 131_072)
  same('SO_RCVBUF by number', client.getsockopt(SOL_SOCKET, SO_RCVBUF, 'int'), 131_072)
}

function tableOf(client: stream.inet.Client): string[][] {
  const options = SHOWN.map((name) => {
    const row = rows[name]
    return [`${name}()`, row?.location.option ?? '', String(client[name]()), row?.kind.name ?? '']
  })
  const info = client.tcpinfo()
  same('the state of the connection', info.state, TCP_ESTABLISHED)
  const fields = FIELDS.map(([field, unit]) => [`tcpinfo().${field}`, 'TCP_INFO', String(info[field]), unit])
  return [...options, ...fields]
}

export const title = 'Socket options of a live TCP connection'

export async function run(screen: Screen): Promise<string> {
  await using server = await stream.inet.Server.create({ host: '127.0.0.1' })
  server.listen()
  await using client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port ?? 0 })
  await Promise.race([serveEcho(server), useALittle(client)])

  setAndVerify(client)
  const table = tableOf(client)
  const columns = [
    { title: 'method' },
    { title: 'constant', optional: true },
    { title: 'value', align: 'right' as const },
    { title: 'kind', optional: true },
  ]
  screen.table(columns, table)
  const all = Object.values(optionTables).reduce((total, table) => total + Object.keys(table).length, 0)
  return `${count(table.length, 'row')} of ${count(all, 'option')}; what was set was read back`
}
