// The sockets of processes, as the tool shows them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, dgram, listen, stream } from 'berkeley'
import { plainEnvironment } from '../interop/common.js'
import { abstractName, available, closing, closingAll, leavesNoFd, run, script, start } from '../util/index.js'
import { environment, TOOL, tool } from './common.js'

leavesNoFd()

const HOLDER = `
  import { connect, dgram, listen, stream } from 'berkeley'
  const server = await listen({ host: '127.0.0.1', port: 0, backlog: 7 })
  const client = await connect({ host: '127.0.0.1', port: server.getsockname().port })
  const conn = await server.accept()
  await client.send('x')
  await conn.recv()
  client.keepalive(true)
  const waiting = await connect({ host: '127.0.0.1', port: server.getsockname().port })
  const udp = await dgram.inet.Socket.create({ host: '::1', port: 0 })
  await udp.bind()
  const unix = await listen({ path: process.argv.at(-1).replace('@', '\\0') })
  const [a, b] = await stream.unix.pair()
  console.log(JSON.stringify({
    server: server.fd(), client: client.fd(), udp: udp.fd(), unix: unix.fd(), pair: a.fd(),
    port: server.getsockname().port, clientPort: client.getsockname().port,
  }))
  // Nothing else would keep them, and what is lost is closed.
  setInterval(() => [server, client, conn, waiting, udp, unix, a, b], 1000)
`

interface Socket {
  fd: number
  kind: string
  listening: boolean
  state?: string
  local?: string
  peer?: string
  peerpid?: number
  options: Record<string, unknown>
  tcpinfo?: Record<string, number>
}

test('inspect shows the sockets of another process, in a table and as JSON', async (t) => {
  const name = abstractName().replace('\0', '@')
  const holder = start(t, process.execPath, [...script(HOLDER), '--', name])
  const [line] = await holder.waitForOutput(/^\{.*\}\n/)
  const there = JSON.parse(line)
  const { pid } = holder.process
  const { code, stdout, stderr } = await tool(['inspect', '--json', `${pid}`])
  assert.deepEqual([code, stderr], [0, ''])
  const [found] = JSON.parse(stdout)
  assert.equal(found.pid, pid)
  const at = (fd: number): Socket => found.sockets.find((sock: Socket) => sock.fd === fd)

  const server = at(there.server)
  assert.deepEqual(
    [server.kind, server.state, server.listening, server.local],
    ['tcp', 'LISTEN', true, `127.0.0.1:${there.port}`],
  )
  assert.deepEqual([server.tcpinfo?.['unacked'], server.tcpinfo?.['sacked'], server.peer], [1, 7, undefined])
  const client = at(there.client)
  assert.deepEqual(
    [client.state, client.local, client.peer],
    ['ESTABLISHED', `127.0.0.1:${there.clientPort}`, `127.0.0.1:${there.port}`],
  )
  assert.deepEqual([client.options['keepalive'], client.options['tcpnodelay']], [true, true])
  assert.ok((client.tcpinfo?.['rtt'] ?? 0) > 0)
  assert.equal(at(there.udp).kind, 'udp')
  assert.equal(at(there.unix).local, name)
  assert.deepEqual([at(there.pair).kind, at(there.pair).peerpid], ['unix', pid])

  const table = await tool(['inspect', `${pid}`])
  assert.equal(table.stdout.includes('\x1b'), false)
  assert.match(
    table.stdout,
    new RegExp(
      `^process ${pid} \\(\\S+\\): \\d+ sockets\\nFD +KIND +STATE +LOCAL +PEER +RTT +CWND +RETRANS +QUEUE +RCVBUF +SNDBUF +SET\\n`,
    ),
  )
  assert.match(
    table.stdout,
    new RegExp(`^ *${there.server}  tcp +LISTEN +127\\.0\\.0\\.1:${there.port} +- +.* 1/7 `, 'm'),
  )
  assert.match(table.stdout, new RegExp(`^ *${there.client}  tcp +ESTABLISHED .* tcpnodelay keepalive`, 'm'))

  const more = await tool(['inspect', '-o', '-t', `${pid}`])
  assert.match(more.stdout, new RegExp(`^fd ${there.client} options: .*rcvbuf=\\d+ .*tcpcongestion=\\w+`, 'm'))
  assert.match(more.stdout, new RegExp(`^fd ${there.client} tcp_info: state=1 .*rtt=\\d+`, 'm'))
})

test('inspect disturbs nobody: data, non-blocking mode and the end of a connection stay as they are', async (t) => {
  const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
  const client = closing(t, await connect({ host: '127.0.0.1', port: server.getsockname().port as number }))
  const conn = closing(t, await server.accept())
  await client.send('kept')
  const waiting = server.accept()
  const { code, stderr } = await tool(['inspect', `${process.pid}`])
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal(conn.isnonblock(), true)
  assert.equal(String(await conn.recv()), 'kept')
  await client.close()
  assert.equal(await conn.recv(), null)
  const second = closing(t, await connect({ host: '127.0.0.1', port: server.getsockname().port as number }))
  closing(t, await waiting)
  await second.close()
})

test('inspect finds processes by the name of their program', async (t) => {
  const [a, b] = closingAll(t, await stream.unix.pair())
  const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
  await sock.bind()
  const child = start(t, 'sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', sock.fd(), a.fd()] })
  const { stdout } = await tool(['inspect', 'sleep', '--json'])
  const found = JSON.parse(stdout).find(({ pid }: { pid: number }) => pid === child.process.pid)
  assert.deepEqual(
    found.sockets.map(({ fd, kind }: Socket) => [fd, kind]),
    [
      [3, 'udp'],
      [4, 'unix'],
    ],
  )
  assert.notEqual(b.fd(), -1)
})

test('inspect says that there is no such process, or that it may not be looked into', async () => {
  const gone = await tool(['inspect', '2147483647'])
  assert.deepEqual([gone.code, gone.stderr], [1, 'berkeley: there is no process 2147483647\n'])
  const unknown = await tool(['inspect', 'no-such-program'])
  assert.deepEqual([unknown.code, unknown.stderr], [1, 'berkeley: there is no process called no-such-program\n'])
})

test('inspect of the process of another user is refused in words', {
  skip: process.getuid?.() === 0 ? available('setpriv') : 'only root can be two users',
}, async (t) => {
  const result = await run(
    'setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, TOOL, 'inspect', `${process.pid}`],
    {
      env: { ...environment(), ...plainEnvironment() },
    },
  )
  if (/EACCES|MODULE_NOT_FOUND|Permission denied|Cannot find module/.test(result.stderr))
    return t.skip('another user cannot read the package here')
  assert.equal(result.code, 1)
  assert.match(result.stderr, /^berkeley: process \d+ \(\S+\) may not be looked into: that is for its user, or root/)
})
