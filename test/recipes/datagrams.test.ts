import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leavesNoFd, within } from '../util/index.js'
import { cannotRun, Place } from './programs.js'

leavesNoFd()

/** Asks each address, and prints the sender and the text of the answer. */
const ASK = `
import socket, sys
for host in sys.argv[1:]:
    sock = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.settimeout(5)
    sock.sendto(b'?', (host, 5300))
    text, sender = sock.recvfrom(1000)
    print(sender[0], text.decode(), sep=', ')
`

test('udp-destination: each answer comes from the address that was asked, of both families, and broadcasts are answered', {
  skip: cannotRun('python3', 'sysctl'),
}, async (t) => {
  const setup =
    'sysctl -qw net.ipv6.conf.default.accept_dad=0\n' +
    'ip link add dev0 type veth peer name dev1; ip addr add 10.9.0.1/24 brd + dev dev0; ip link set dev0 up; ip link set dev1 up\n' +
    'ip -6 addr add 2001:db8::1/64 dev dev0 nodad'
  const place = await Place.of(t, 'udp-destination.md', setup)
  const server = place.program('answer.ts')
  await server.waitForOutput(/listening on/)
  const answers = await place.python(ASK, '127.0.0.1', '127.1.2.3', '10.9.0.1', '::1', '2001:db8::1', '127.255.255.255')
  assert.deepEqual(answers.trim().split('\n'), [
    '127.0.0.1, asked at 127.0.0.1 by lo',
    '127.1.2.3, asked at 127.1.2.3 by lo',
    '10.9.0.1, asked at 10.9.0.1 by dev0',
    '::1, asked at ::1 by lo',
    '2001:db8::1, asked at 2001:db8::1 by dev0',
    '127.0.0.1, asked at 127.255.255.255 by lo',
  ])
  // A group answers from an address of the interface.
  const group = await place.python(ASK, 'ff02::1%dev0')
  assert.match(group, /^fe80::[0-9a-f:]+(%dev0)?, asked at ff02::1 by dev[01]\n$/)
  assert.equal(server.stderr, '')
})

test('multicast: the program joins on each interface, hears itself, and Python on each of them', {
  skip: cannotRun('python3'),
}, async (t) => {
  // Two interfaces, whose other ends are on the same host.
  const setup = [0, 1]
    .map(
      (i) =>
        `ip link add dev${i} type veth peer name far${i}; ip addr add 10.9.${i}.1/24 dev dev${i}; ip link set dev${i} up; ip link set far${i} up`,
    )
    .join('\n')
  const place = await Place.of(t, 'multicast.md', setup)
  const child = place.program('everywhere.ts')
  for (const name of ['dev0', 'dev1']) await child.waitForOutput(new RegExp(`joined on ${name}`))
  // Its own datagrams come back.
  await child.waitForOutput(/10\.9\.1\.1: hello by dev1/)
  const speaker = `
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for source in ('10.9.0.1', '10.9.1.1'):
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
    sock.sendto(b'from Python by ' + source.encode(), ('239.1.2.3', 5007))
`
  await place.python(speaker)
  for (const source of ['10.9.0.1', '10.9.1.1'])
    await child.waitForOutput(new RegExp(`${source}: from Python by ${source}`))
  assert.equal(child.stderr, '')
})

/** A server that answers each datagram with itself, by batches of its own. */
const SERVER = `
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
sock.bind(('127.0.0.1', 5301))
print('ready', flush=True)
while True:
    data, sender = sock.recvfrom(65536)
    sock.sendto(data, sender)
`

/**
 * Forty clients that send up to 10,000 datagrams a second in all, with no more under way than the kernel has room for however busy the machine
 * is; each counts its answers, and that they are its own.
 */
const CLIENTS = `
import select, socket, sys, time
count, rate, window, seconds = 40, 10000, int(sys.argv[2]), float(sys.argv[1])
socks = []
for i in range(count):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.connect(('127.0.0.1', 5300))
    sock.setblocking(False)
    socks.append(sock)
sent, got, foreign = 0, [0] * count, 0
def receive(wait):
    global foreign
    ready, _, _ = select.select(socks, [], [], wait)
    for sock in ready:
        i = socks.index(sock)
        try:
            while True:
                if int(sock.recv(2000).split(b' ')[0]) == i: got[i] += 1
                else: foreign += 1
        except BlockingIOError: pass
    return ready
start = time.monotonic()
while (passed := time.monotonic() - start) < seconds:
    while sent < passed * rate and sent - sum(got) < window:
        socks[sent % count].send(b'%d %d ' % (sent % count, sent) + b'x' * 200)
        sent += 1
    receive(0.001)
while sum(got) < sent and receive(1): pass
print(sent, sum(got), min(got), foreign)
`

test('udp-proxy: forty clients get the answers to 10,000 datagrams a second, and a server that comes back is found', {
  skip: cannotRun('python3'),
}, async (t) => {
  const place = await Place.of(t, 'udp-proxy.md')
  const proxy = place.program('udp-proxy.ts')
  const server = place.start('python3', ['-c', SERVER])
  await Promise.all([server.waitForOutput(/ready/), place.bound('u', 5300)])
  const load = async (seconds: number): Promise<number[]> =>
    (await place.python(CLIENTS, String(seconds), '256')).trim().split(' ').map(Number)
  const [sent = 0, got, least = 0, foreign] = await load(1.5)
  assert.deepEqual([got, foreign], [sent, 0])
  assert.ok(sent >= 400 && least >= Math.floor(sent / 40), `${sent} sent, ${least} by the least`)
  await server.stop()
  const [, none] = await load(0.2)
  assert.equal(none, 0)
  await place.start('python3', ['-c', SERVER]).waitForOutput(/ready/)
  const [again = 0, answered = 0] = await load(0.5)
  assert.ok(answered > again / 2, `${answered} of ${again} when the server is back`)
  assert.equal(proxy.stderr, '')
})

test('udp-segments: two hundred datagrams go by one call, and come by fewer calls than datagrams', {
  skip: cannotRun(),
}, async (t) => {
  const place = await Place.of(t, 'udp-segments.md')
  const { code, stdout, stderr } = await within(place.program('blast.ts').ended, 'the program')
  assert.equal(code, 0, stderr)
  const [, datagrams, calls] = /^([0-9]+) datagrams by ([0-9]+) calls\n$/.exec(stdout) ?? []
  assert.equal(datagrams, '200')
  assert.ok(Number(calls) < 50, stdout)
})
