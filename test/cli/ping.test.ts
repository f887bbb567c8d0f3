// How long it takes to be answered.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen } from 'berkeley'
import { withoutNamespaces } from '../examples/programs.js'
import { ownAddress } from '../interop/common.js'
import { abstractName, closing, type Ending, leavesNoFd, run, withoutIpv6 } from '../util/index.js'
import { certificates, environment, listening, startTool, TOOL, tool } from './common.js'

leavesNoFd()

const FAST = ['-i', '0.05']

/** A network of its own: there it is set whose sockets may ask, and whether anybody answers. */
const SETUP = `
  ip link set lo up
  echo "$1" > /proc/sys/net/ipv4/ping_group_range
  echo "$2" > /proc/sys/net/ipv4/icmp_echo_ignore_all
  shift 2
  exec "$@"
`

function icmp(args: readonly string[], groups = '0 2147483647', isSilent = false): Promise<Ending> {
  const command = ['sh', '-e', '-c', SETUP, 'sh', groups, isSilent ? '1' : '0', process.execPath, TOOL, 'ping', ...args]
  return run('unshare', ['--net', ...command], { env: environment() })
}

test('ping measures connections of TCP and unix, with a summary', async (t) => {
  const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
  const { port } = server.getsockname()
  const { code, stdout, stderr } = await tool(['ping', `tcp:127.0.0.1:${port}`, '-c', '3', ...FAST])
  assert.deepEqual([code, stderr], [0, ''])
  const lines = stdout.trimEnd().split('\n')
  assert.equal(lines[0], `PING tcp:127.0.0.1:${port}: connections`)
  for (const seq of [1, 2, 3]) assert.match(lines[seq] ?? '', new RegExp(`^seq=${seq} time=\\d+\\.\\d{3} ms$`))
  assert.match(lines[4] ?? '', /^3 sent, 3 answered, 0% lost, min\/avg\/max \d+\.\d{3}\/\d+\.\d{3}\/\d+\.\d{3} ms$/)

  const path = abstractName()
  closing(t, await listen({ path }))
  const unix = await tool(['ping', `unix-abstract:${path.slice(1)}`, '-c', '2', ...FAST, '--json'])
  const results = unix.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    results.slice(0, 2).map(({ seq, time }) => [seq, typeof time]),
    [
      [1, 'number'],
      [2, 'number'],
    ],
  )
  assert.deepEqual([results[2].summary.sent, results[2].summary.answered, results[2].summary.loss], [2, 2, 0])
})

test('ping over TLS counts the handshake, and says what is wrong with a certificate', async (t) => {
  const { cert, key, ca } = certificates(t)
  const { port } = await listening(t, ['listen', '-e', 'tls:127.0.0.1:0', '--cert', cert, '--key', key])
  const good = await tool(['ping', `tls:127.0.0.1:${port}`, '--ca', ca, '-c', '1'])
  assert.equal(good.code, 0, good.stdout + good.stderr)
  const bad = await tool(['ping', `tls:127.0.0.1:${port}`, '-c', '1'])
  assert.equal(bad.code, 1)
  assert.match(bad.stdout, /seq=1 .*certificate/i)
})

test('ping says why nobody answers, with status 1', async () => {
  const address = ownAddress()
  const { code, stdout } = await tool(['ping', `tcp:${address.host}:${address.port}`, '-c', '2', ...FAST])
  assert.equal(code, 1)
  assert.match(
    stdout,
    /^seq=1 connect ECONNREFUSED [\d.]+:\d+\nseq=2 connect ECONNREFUSED .*\n2 sent, 0 answered, 100% lost\n/m,
  )
})

test('SIGINT ends a ping with its summary', async (t) => {
  const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
  const child = startTool(t, ['ping', `tcp:127.0.0.1:${server.getsockname().port}`, '-c', '1000', '-i', '600'])
  await child.waitForOutput(/^seq=1 time=/m)
  child.process.kill('SIGINT')
  const { code, stdout } = await child.ended
  assert.equal(code, 0)
  assert.match(stdout, /^1 sent, 1 answered, 0% lost, /m)
})

test('ping of a host sends ICMP echo requests over both families', { skip: withoutNamespaces() }, async () => {
  const { code, stdout, stderr } = await icmp(['127.0.0.1', '-c', '2', ...FAST])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^PING 127\.0\.0\.1 \(127\.0\.0\.1\): ICMP echo\nseq=1 time=\d+\.\d{3} ms ttl=64\nseq=2 time=/)
  const json = await icmp(['icmp:127.0.0.1', '-c', '1', '--json'])
  assert.equal(JSON.parse(json.stdout.split('\n')[0] ?? '').ttl, 64)
  if (withoutIpv6()) return
  const six = await icmp(['::1', '-c', '1'])
  assert.match(six.stdout, /^PING ::1 \(::1\): ICMP echo\nseq=1 time=/)
})

test('ping over ICMP says that nobody answers, and that it is not allowed to ask', {
  skip: withoutNamespaces(),
}, async () => {
  const silent = await icmp(['127.0.0.1', '-c', '1', '-W', '0.1'], undefined, true)
  assert.equal(silent.code, 1)
  assert.match(silent.stdout, /^seq=1 no answer\n1 sent, 0 answered, 100% lost$/m)
  const refused = await icmp(['127.0.0.1', '-c', '1'], '1 0')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^berkeley: this user may not send ICMP: net\.ipv4\.ping_group_range/)
})
