import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Pool } from '../../examples/dhcp-server/pool.js'
import { available, type Child, leavesNoFd, run, start } from '../util/index.js'
import { foreignEnvironment, program, withoutNamespaces } from './programs.js'

leavesNoFd()

/**
 * Two networks: the server has an end of each, and the other ends are in namespaces of their own, where the clients
 * live. The folder for the names of namespaces is visible to no other process. All of it is gone with the last process in
 * it.
 */
const SETUP = `
  mount -t tmpfs tmpfs /run
  mkdir -p /run/netns
  for i in 1 2; do
    ip netns add client$i
    ip link add server$i type veth peer name eth0 netns client$i
    ip addr add 10.77.$i.1/29 dev server$i
    ip link set server$i up
    ip -n client$i link set eth0 up
  done
  exec "$@"
`

/**
 * A client that shares no code with the server. Each argument is a request: type, hardware address, and what else it
 * holds; it prints the answer to it, or null where none came. As every client, it asks again when no answer comes.
 */
const CLIENT = `
import json, socket, struct, subprocess, sys, time

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0\\0')
sock.bind(('0.0.0.0', 68))
xid = 0x10000000

def packet(step):
    options = b'\\x35\\x01' + bytes([step['type']])
    for code, address in step.get('options', {}).items():
        options += bytes([int(code), 4]) + socket.inet_aton(address)
    head = struct.pack('!BBBBIHH', 1, 1, 6, 0, xid, 7, 0x8000) + socket.inet_aton(step.get('ciaddr', '0.0.0.0'))
    hardware = bytes.fromhex(step['mac']).ljust(16, b'\\0')
    return head + bytes(12) + hardware + bytes(192) + bytes.fromhex('63825363') + options + b'\\xff'

def read(data, sender):
    assert data[0] == 2 and len(data) >= 300 and data[236:240] == bytes.fromhex('63825363')
    options, at = {}, 240
    while data[at] != 255:
        options[data[at]] = list(data[at + 2:at + 2 + data[at + 1]])
        at += 2 + data[at + 1]
    return {'from': sender[0], 'port': sender[1], 'mac': data[28:34].hex(),
            'yiaddr': socket.inet_ntoa(data[16:20]), 'options': options}

def answer(seconds):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            data, sender = sock.recvfrom(2000)
        except socket.timeout:
            return None
        if data[4:8] == struct.pack('!I', xid):
            return read(data, sender)

def ask(step):
    for attempt in range(1 if 'wait' in step else 4):
        sock.sendto(packet(step), (step.get('to', '255.255.255.255'), 67))
        found = answer(step.get('wait', 2))
        if found:
            return found

for step in json.loads(sys.argv[1]):
    xid += 1
    if 'address' in step:
        subprocess.run(['ip', 'addr', 'add', step['address'], 'dev', 'eth0'], check=True)
        continue
    if 'junk' in step:
        sock.sendto(bytes.fromhex(step['junk']), ('255.255.255.255', 67))
        continue
    print(json.dumps(ask(step)))
`

const [DISCOVER, OFFER, REQUEST, ACK, NAK, RELEASE] = [1, 2, 3, 5, 6, 7]
const [WANTED, SERVER] = [50, 54]
/** Long enough to see that no answer comes. */
const SILENCE_S = 0.3

interface Answer {
  readonly from: string
  readonly port: number
  readonly mac: string
  readonly yiaddr: string
  readonly options: Readonly<Record<number, number[]>>
}

async function startServer(t: TestContext, ...args: string[]): Promise<Child> {
  const command = [process.execPath, program('dhcp-server'), ...args]
  const server = start(t, 'unshare', ['--net', '--mount', 'sh', '-e', '-c', SETUP, 'sh', ...command])
  await server.waitForOutput(/^listening on 0\.0\.0\.0:67$/m)
  return server
}

/** What the server says to a client in that namespace. */
async function converse(server: Child, network: number, steps: readonly object[]): Promise<(Answer | null)[]> {
  const namespace = `/proc/${server.process.pid}/root/run/netns/client${network}`
  const command = ['python3', '-c', CLIENT, JSON.stringify(steps)]
  const { code, stdout, stderr } = await run('nsenter', [`--net=${namespace}`, ...command], {
    env: foreignEnvironment(),
  })
  assert.equal(code, 0, stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const fromServer = (network: number, mac: string, yiaddr: string) => ({
  from: `10.77.${network}.1`,
  port: 67,
  mac,
  yiaddr,
})

/** All that the server tells a client on that network. */
const granted = (network: number, mac: string, yiaddr: string, type: number) => ({
  ...fromServer(network, mac, yiaddr),
  options: {
    1: [255, 255, 255, 248],
    3: [10, 77, network, 1],
    51: [0, 0, 2, 88],
    53: [type],
    54: [10, 77, network, 1],
  },
})

const refused = (network: number, mac: string) => ({
  ...fromServer(network, mac, '0.0.0.0'),
  options: { 53: [NAK], 54: [10, 77, network, 1] },
})

const MAC = '020000000001'
const OTHER = '020000000002'
const skip = withoutNamespaces() || available('nsenter') || available('python3')

test('dhcp-server gives each network its own addresses by the interface of the request', {
  skip,
}, async (t) => {
  const server = await startServer(t, '--lease', '600', 'server1', 'server2')
  const discover = { type: DISCOVER, mac: MAC }
  const both = await Promise.all([1, 2].map((network) => converse(server, network, [discover])))
  assert.deepEqual(both, [[granted(1, MAC, '10.77.1.2', OFFER!)], [granted(2, MAC, '10.77.2.2', OFFER!)]])

  const [ack, offer, own, again, taken, elsewhere] = await converse(server, 1, [
    { type: REQUEST, mac: MAC, options: { [WANTED!]: '10.77.1.2', [SERVER!]: '10.77.1.1' } },
    { type: DISCOVER, mac: OTHER, options: { [WANTED!]: '10.77.1.2' } },
    { type: DISCOVER, mac: OTHER, options: { [WANTED!]: '10.77.1.5' } },
    discover,
    { type: REQUEST, mac: OTHER, options: { [WANTED!]: '10.77.1.2', [SERVER!]: '10.77.1.1' } },
    { type: REQUEST, mac: OTHER, options: { [WANTED!]: '10.77.2.3' } },
  ])
  assert.deepEqual(ack, granted(1, MAC, '10.77.1.2', ACK!))
  assert.deepEqual(offer, granted(1, OTHER, '10.77.1.3', OFFER!), 'another client, another address')
  assert.deepEqual(own, offer, 'what was offered once is kept')
  assert.deepEqual(again, granted(1, MAC, '10.77.1.2', OFFER!), 'a leased address is not offered again')
  assert.deepEqual(taken, refused(1, OTHER))
  assert.deepEqual(elsewhere, refused(1, OTHER))

  // A client with an address is answered there, and not by a broadcast.
  const [renewed] = await converse(server, 1, [
    { address: '10.77.1.2/29' },
    { type: REQUEST, mac: MAC, ciaddr: '10.77.1.2', to: '10.77.1.1' },
  ])
  assert.deepEqual(renewed, granted(1, MAC, '10.77.1.2', ACK!))

  server.process.kill('SIGTERM')
  const { code, stderr } = await server.ended
  assert.deepEqual([code, stderr], [0, ''])
})

test('dhcp-server reuses released addresses, may run out of them, and ignores what is not a request', {
  skip,
}, async (t) => {
  const server = await startServer(t, '--lease', '600', 'server1')
  const macs = [3, 4, 5, 6, 7].map((n) => `02000000000${n}`)
  const offers = await converse(
    server,
    1,
    macs.map((mac) => ({ type: DISCOVER, mac })),
  )
  assert.deepEqual(
    offers.map((answer) => answer?.yiaddr),
    ['10.77.1.2', '10.77.1.3', '10.77.1.4', '10.77.1.5', '10.77.1.6'],
  )
  const whole = Buffer.alloc(300)
  whole.set([1, 1, 6])
  whole.writeUInt32BE(0x63825363, 236)
  const cut = Buffer.from(whole)
  cut.set([53, 200], 298)
  const [full, unknown, , free] = await converse(server, 1, [
    { junk: '00' },
    { junk: whole.toString('hex') },
    { junk: cut.toString('hex') },
    { junk: 'ff'.repeat(1000) },
    { type: DISCOVER, mac: OTHER, wait: SILENCE_S },
    { type: REQUEST, mac: OTHER, options: { [WANTED!]: '10.77.1.4' }, wait: SILENCE_S },
    { type: RELEASE, mac: macs[2], ciaddr: '10.77.1.4', wait: SILENCE_S },
    { type: DISCOVER, mac: OTHER },
  ])
  assert.equal(full, null)
  assert.equal(unknown, null)
  assert.deepEqual(free, granted(1, OTHER, '10.77.1.4', OFFER!))
  // The other interface is not served.
  const [unserved] = await converse(server, 2, [{ type: DISCOVER, mac: MAC, wait: SILENCE_S }])
  assert.equal(unserved, null)
})

test('the pool of dhcp-server lets leases expire, serves a large network, and leaves declined addresses alone', () => {
  const pool = new Pool(0x0a000001, 0xff000000)
  assert.equal(pool.offer('aa', 0x0affff00), 0x0a000002, 'not so far out')
  assert.equal(pool.offer('bb', 0x0a000009), 0x0a000009)
  pool.lease(0x0a000002, 'aa', 600)
  assert.equal(pool.offer('cc', 0x0a000002), 0x0a000003)
  pool.lease(0x0a000002, 'aa', 0)
  assert.equal(pool.offer('aa', 0), 0x0a000002, 'who had it last may have it again')
  pool.lease(0x0a000002, 'aa', 0)
  assert.equal(pool.offer('dd', 0), 0x0a000002, 'and so may everybody else')
  assert.equal(pool.isOf(0x0a000002, 'aa'), false)
  pool.decline(0x0a000002, 'aa')
  assert.equal(pool.isOf(0x0a000002, 'dd'), true, 'it is not for others to decline')
  pool.decline(0x0a000002, 'dd')
  assert.equal(pool.offer('dd', 0x0a000002), 0x0a000004)
  const tiny = new Pool(0xc0000201, 0xffffffff)
  assert.equal(tiny.offer('aa', 0), undefined)
})

test('dhcp-server ends with status 1 and an error when the interface or its address is missing', async () => {
  const usage = await run(process.execPath, [program('dhcp-server')])
  assert.equal(usage.code, 1)
  assert.match(usage.stderr, /usage: dhcp-server /)
  const none = await run(process.execPath, [program('dhcp-server'), 'constructor'])
  assert.equal(none.code, 1)
  assert.match(none.stderr, /constructor has no IPv4 address/)
})
