// The examples about netlink, packets, CAN, vsock and the error queue, each in a network of its own.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  AddrInfo,
  AF_CAN,
  AF_PACKET,
  AF_VSOCK,
  CAN_RAW,
  can,
  SOCK_RAW,
  SOCK_STREAM,
  VMADDR_CID_LOCAL,
  vsock,
} from 'berkeley'
import { withoutSocket } from '../families/kernel.js'
import { leavesNoFd, run, start, tempFolder } from '../util/index.js'
import { program, startExample, withoutNamespaces } from './programs.js'

leavesNoFd()

const skip = withoutNamespaces()

/** A shell in a network of its own, in which `$EXAMPLE name arguments` starts an example. */
function inNetwork(script: string, ...args: string[]) {
  const setup = `ip link set lo up; example() { name=$1; shift; "$NODE" "$EXAMPLES/$name.js" "$@"; }\n${script}`
  const env = { ...process.env, NODE: process.execPath, EXAMPLES: program('x').replace(/\/x\.js$/, '') }
  return { args: ['--net', 'sh', '-e', '-c', setup, 'sh', ...args], env }
}

test('links lists the links, and shows those that come and go', { skip }, async (t) => {
  const { args, env } = inNetwork('exec "$NODE" "$EXAMPLES/links.js"')
  const links = start(t, 'unshare', args, { env })
  await links.waitForOutput(/^link 1 lo mtu 65536 up, carrier$/m)
  await links.waitForOutput(/^that is all for now$/m)
  const change = (...args: string[]) =>
    spawnSync('nsenter', ['--net', '-t', String(links.process.pid), 'ip', 'link', ...args])
  change('add', 'seen', 'type', 'veth', 'peer', 'name', 'other')
  await links.waitForOutput(/^link \d+ seen mtu 1500 down, no carrier$/m)
  change('set', 'seen', 'up')
  change('set', 'other', 'up')
  await links.waitForOutput(/^link \d+ seen mtu 1500 up, carrier$/m)
  change('del', 'seen')
  await links.waitForOutput(/^gone \d+ seen /m)
  links.process.kill('SIGINT')
  assert.equal((await links.ended).code, 0, links.stderr)
})

test('sniffer shows the frames that its filter wants, and counts them', {
  skip: skip || withoutSocket(AF_PACKET, SOCK_RAW),
}, async (t) => {
  const filter = `${tempFolder(t)}/udp`
  // Of Ethernet frames: IPv4, and UDP.
  writeFileSync(filter, '6\n40 0 0 12\n21 0 3 2048\n48 0 0 23\n21 0 1 17\n6 0 0 262144\n6 0 0 0\n')
  const { args, env } = inNetwork('exec "$NODE" "$EXAMPLES/sniffer.js" -c 2 -f "$1" lo', filter)
  const sniffer = start(t, 'unshare', args, { env })
  await sniffer.waitForOutput(/^listening on lo$/m)
  const send = `require('dgram').createSocket('udp4').send('12345678', 9, '127.0.0.1', function () { this.close() })`
  spawnSync('nsenter', ['--net', '-t', String(sniffer.process.pid), process.execPath, '-e', send])
  const { code, stdout, stderr } = await sniffer.ended
  assert.equal(code, 0, stdout + stderr)
  assert.match(
    stdout,
    /^out IPv4 50 bytes from 00:00:00:00:00:00\nin IPv4 50 bytes from 00:00:00:00:00:00\n2 frames, 0/m,
  )
  const usage = await run(process.execPath, [program('sniffer')])
  assert.deepEqual([usage.code, usage.stderr], [2, 'usage: sniffer [-c count] [-f program] interface\n'])
})

/** This machine, a router, and a host behind it. */
const ROUTED = `
  mount -t tmpfs tmpfs /run
  mkdir -p /run/netns
  ip netns add router
  ip netns add host
  ip link add near type veth peer name near netns router
  ip -n router link add far type veth peer name far netns host
  ip addr add 10.78.1.1/24 dev near
  ip -n router addr add 10.78.1.2/24 dev near
  ip -n router addr add 10.78.2.1/24 dev far
  ip -n host addr add 10.78.2.2/24 dev far
  ip link set near up
  for device in lo near far; do ip -n router link set $device up; done
  ip -n host link set lo up
  ip -n host link set far up
  ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  ip route add default via 10.78.1.2
  ip -n host route add default via 10.78.2.1
`

test('traceroute finds the router and the host behind it', { skip }, async () => {
  const { args, env } = inNetwork(`${ROUTED}\nexample traceroute -W 8 10.78.2.2`)
  const { code, stdout, stderr } = await run('unshare', ['--mount', ...args], { env })
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /^1 10\.78\.1\.2 [0-9.]+ ms\n2 10\.78\.2\.2 [0-9.]+ ms there\n$/)
})

test('traceroute of this machine ends at once, also over IPv6, and says when nobody answers', { skip }, async () => {
  const here = inNetwork('example traceroute 127.0.0.1; example traceroute ::1')
  const { code, stdout, stderr } = await run('unshare', here.args, { env: here.env })
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /^1 127\.0\.0\.1 [0-9.]+ ms there\n1 ::1 [0-9.]+ ms there\n$/)
  const nobody = inNetwork(
    'ip link add d type dummy && ip addr add 10.9.0.1/24 dev d && ip link set d up || exit 9\nexample traceroute -m 2 -W 0.1 10.9.0.2',
  )
  const silent = await run('unshare', nobody.args, { env: nobody.env })
  if (silent.code !== 9) assert.match(silent.stdout, /^1 (\*|this machine|10\.9\.0\.1)/)
})

test('vsock-echo answers within this machine', { skip: await withoutVsockLoopback() }, async (t) => {
  const server = startExample(t, 'vsock-echo', '4294967295')
  const [, port] = await server.waitForOutput(/^listening on port (\d+)$/m)
  const { code, stdout, stderr } = await run(process.execPath, [program('vsock-echo'), '1', String(port), 'hello'])
  assert.equal(code, 0, stderr)
  assert.equal(stdout, 'hello\n')
  server.process.kill('SIGINT')
  assert.equal((await server.ended).code, 0)
})

test('vsock-echo listens until Ctrl-C', { skip: withoutSocket(AF_VSOCK, SOCK_STREAM) }, async (t) => {
  const server = startExample(t, 'vsock-echo', '4294967295')
  await server.waitForOutput(/^listening on port \d+$/m)
  server.process.kill('SIGINT')
  assert.equal((await server.ended).code, 0)
  assert.equal((await run(process.execPath, [program('vsock-echo')])).code, 2)
})

async function withoutVsockLoopback(): Promise<string | false> {
  const reason = withoutSocket(AF_VSOCK, SOCK_STREAM)
  if (reason) return reason
  const server = await vsock.listen()
  try {
    await using _ = await vsock.connect({ cid: VMADDR_CID_LOCAL, port: server.getsockname().port }, { timeout: 500 })
    return false
  } catch (error) {
    return `vsock has no loopback transport here: ${(error as Error).message}`
  } finally {
    await server.close()
  }
}

test('can-dump shows frames, or says that there is no CAN', { skip }, async (t) => {
  const noCan = withoutSocket(AF_CAN, SOCK_RAW, CAN_RAW)
  if (noCan) {
    const { code, stderr } = await run(process.execPath, [program('can-dump'), 'lo'])
    assert.equal(code, 1)
    assert.match(stderr, /EAFNOSUPPORT: AF_CAN, SOCK_RAW, CAN_RAW/)
    return
  }
  const { args, env } = inNetwork(
    'ip link add vcan0 type vcan || exit 9; ip link set vcan0 up; exec "$NODE" "$EXAMPLES/can-dump.js" -c 1 vcan0',
  )
  const dump = start(t, 'unshare', args, { env })
  await Promise.race([dump.waitForOutput(/^listening on vcan0$/m), dump.ended])
  if (dump.process.exitCode === 9) return t.skip('this kernel has no vcan')
  const sock = await can.Socket.create({ netns: `/proc/${dump.process.pid}/ns/net` })
  const frame = Buffer.from('23010000020000004142000000000000', 'hex')
  await sock.sendto(frame, AddrInfo.can({ ifindex: 2 }))
  await sock.close()
  assert.match((await dump.ended).stdout, /^123 \[2\] 41 42$/m)
})
