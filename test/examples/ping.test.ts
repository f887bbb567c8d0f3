import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ending, leavesNoFd, run, withoutIpv6 } from '../util/index.js'
import { program, withoutNamespaces } from './programs.js'

leavesNoFd()

/** A network of its own: there it is set whose sockets may ask, whether anybody answers, and how far packets go. */
const SETUP = `
  ip link set lo up
  echo "$1" > /proc/sys/net/ipv4/ping_group_range
  echo "$2" > /proc/sys/net/ipv4/icmp_echo_ignore_all
  echo 33 > /proc/sys/net/ipv4/ip_default_ttl
  shift 2
  exec "$@"
`

const EVERYBODY = '0 2147483647'
const NOBODY = '1 0'

function ping(args: readonly string[], groups = EVERYBODY, isSilent = false): Promise<Ending> {
  const settings = [groups, isSilent ? '1' : '0']
  const command = [process.execPath, program('ping'), ...args]
  return run('unshare', ['--net', 'sh', '-e', '-c', SETUP, 'sh', ...settings, ...command])
}

/** Beyond a router, which lives in a namespace of its own, there is nothing: it says so. */
const ROUTER = `
  mount -t tmpfs tmpfs /run
  mkdir -p /run/netns
  ip netns add router
  ip link add eth0 type veth peer name eth0 netns router
  ip -n router addr add 10.78.0.2/24 dev eth0
  ip -n router link set eth0 up
  ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  ip addr add 10.78.0.1/24 dev eth0
  ip link set eth0 up
  ip route add default via 10.78.0.2
  echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range
  exec "$@"
`

const skip = withoutNamespaces()

test('ping shows the round trip and the time to live of each answer', { skip }, async () => {
  const { code, stdout, stderr } = await ping(['-c', '3', '-i', '0.05', '127.0.0.1'])
  assert.equal(code, 0, stdout + stderr)
  const lines = stdout.split('\n')
  assert.equal(lines[0], 'PING 127.0.0.1 (127.0.0.1): 56 data bytes')
  for (const seq of [1, 2, 3])
    assert.match(
      lines[seq] ?? '',
      new RegExp(`^64 bytes from 127\\.0\\.0\\.1: icmp_seq=${seq} ttl=33 time=[0-9]+\\.[0-9]{3} ms$`),
    )
  assert.match(stdout, /^3 packets transmitted, 3 received, 0% packet loss$/m)
  assert.match(stdout, /^rtt min\/avg\/max = [0-9.]+\/[0-9.]+\/[0-9.]+ ms$/m)
  assert.equal(stderr, '')
})

test('ping -6 does the same over ICMPv6', { skip: skip || withoutIpv6() }, async () => {
  const { code, stdout, stderr } = await ping(['-6', '-c', '1', '::1'])
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /^64 bytes from ::1: icmp_seq=1 ttl=64 time=/m)
})

test('ping ends with status 1 when no answer comes or no route exists', { skip }, async () => {
  const silent = await ping(['-c', '2', '-i', '0.05', '-W', '0.2', '127.0.0.1'], EVERYBODY, true)
  assert.equal(silent.code, 1, silent.stderr)
  assert.match(silent.stdout, /^icmp_seq=1 no answer\nicmp_seq=2 no answer\n/m)
  assert.match(silent.stdout, /^2 packets transmitted, 0 received, 100% packet loss\n$/m)
  const unreachable = await ping(['-c', '1', '198.51.100.1'])
  assert.equal(unreachable.code, 1, unreachable.stderr)
  assert.match(unreachable.stdout, /^icmp_seq=1 sendto ENETUNREACH 198\.51\.100\.1/m)
})

test('ping shows what a router says of a request, and which router', { skip }, async () => {
  const command = [process.execPath, program('ping'), '-c', '2', '-i', '0.05', '-W', '8', '198.51.100.1']
  const { code, stdout, stderr } = await run('unshare', [
    '--net',
    '--mount',
    'sh',
    '-e',
    '-c',
    ROUTER,
    'sh',
    ...command,
  ])
  assert.equal(code, 1, stdout + stderr)
  assert.match(stdout, /^icmp_seq=1 ENETUNREACH from 10\.78\.0\.2$/m)
})

test('ping ends with an error without the permission or without a host', { skip }, async () => {
  const refused = await ping(['127.0.0.1'], NOBODY)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /net\.ipv4\.ping_group_range does not admit the group of this process/)
  const usage = await ping([])
  assert.equal(usage.code, 2)
  assert.match(usage.stderr, /^usage: ping /)
})
