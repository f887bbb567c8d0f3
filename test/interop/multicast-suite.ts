// Run by multicast.test.ts, in a network namespace of its own. There is a second one, joined to it by a pair of virtual
// interfaces, for the programs at the other end: what is sent really leaves by one interface and arrives by another.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AddrInfo, dgram, MsgHdr } from 'berkeley'
import * as llsocket from 'berkeley/llsocket'
import { Child, run, start } from '../util/index.js'
import { bounded, ending, pythonArguments, type Test } from './common.js'

const PORT = 5300
const NEAR = 'near0'
const FAR = 'far0'

/** The other network: it exists as long as this process, which waits for the end of its input. */
let neighbour: Child

/** For a command in the other network. */
const inNeighbour = (...command: string[]): string[] => ['-t', `${neighbour.process.pid}`, '-n', ...command]

async function sh(script: string, enter: (...command: string[]) => string[] = (...command) => command): Promise<void> {
  const [command = '', ...args] = enter('sh', '-e', '-c', script)
  const { code, stderr } = await run(command, args)
  assert.equal(code, 0, stderr)
}

/** Two addresses of either family for each side, so that there is more than one source. */
const addresses = (device: string, first: number): string => `
  ip link set lo up
  ip addr add 10.77.0.${first}/24 dev ${device}
  ip addr add 10.77.0.${first + 1}/24 dev ${device}
  ip -6 addr add fd00:77::${first}/64 dev ${device} nodad
  ip -6 addr add fd00:77::${first + 1}/64 dev ${device} nodad
  ip link set ${device} up
  ip route add 224.0.0.0/4 dev ${device}
`

before(async () => {
  neighbour = new Child('unshare', ['--net', 'sh', '-c', 'echo there; exec cat'], {})
  await neighbour.waitForOutput(/there/)
  await sh(`ip link add ${NEAR} type veth peer name ${FAR} netns ${neighbour.process.pid}`)
  await sh(addresses(NEAR, 1))
  await sh(addresses(FAR, 3), (...command) => ['nsenter', ...inNeighbour(...command)])
})

after(() => neighbour.stop())

interface Net {
  name: string
  group: string
  wildcard: string
  ours: readonly [string, string]
  theirs: readonly [string, string]
  address(host: string, port?: number): AddrInfo
  /** How socat sends to the group from an address of its, and how it receives from the group. */
  sender(from: string): string
  receiver: string
}

const IPv4: Net = {
  name: 'IPv4',
  group: '239.255.77.7',
  wildcard: '0.0.0.0',
  ours: ['10.77.0.1', '10.77.0.2'],
  theirs: ['10.77.0.3', '10.77.0.4'],
  address: AddrInfo.inet,
  sender: (from) => `UDP4-SENDTO:239.255.77.7:${PORT},bind=${from}`,
  receiver: `UDP4-RECV:${PORT},ip-add-membership=239.255.77.7:${FAR}`,
}

const IPv6: Net = {
  name: 'IPv6',
  group: 'ff15::77:7',
  wildcard: '::',
  ours: ['fd00:77::1', 'fd00:77::2'],
  theirs: ['fd00:77::3', 'fd00:77::4'],
  address: AddrInfo.inet6,
  sender: (from) => `UDP6-SENDTO:[ff15::77:7]:${PORT},bind=[${from}]`,
  receiver: `UDP6-RECV:${PORT},ipv6-join-group=[ff15::77:7]:${FAR}`,
}

/** Functions for Python that make a socket a member of a group, in any family. See ip(7), RFC 3678. */
const MEMBERSHIP = `
def level(text): return socket.IPPROTO_IPV6 if ':' in text else socket.IPPROTO_IP
def family(text): return socket.AF_INET6 if ':' in text else socket.AF_INET
def storage(text):
  start = struct.pack('=HHI' if ':' in text else '=HH', family(text), *([0, 0] if ':' in text else [0]))
  return (start + socket.inet_pton(family(text), text)).ljust(128, b'\\0')
def join(s, group, *source):
  value = struct.pack('=I4x', socket.if_nametoindex('${FAR}')) + b''.join(storage(text) for text in (group, *source))
  s.setsockopt(level(group), 46 if source else 42, value) # MCAST_JOIN_SOURCE_GROUP, MCAST_JOIN_GROUP
`

const pythonThere = (t: Test, code: string): Child =>
  start(t, 'nsenter', inNeighbour('python3', ...pythonArguments(MEMBERSHIP + code)))

const socatThere = (t: Test, ...args: string[]): Child => start(t, 'nsenter', inNeighbour('socat', ...args))

for (const net of [IPv4, IPv6])
  describe(net.name, () => {
    const { group, wildcard, ours, theirs } = net
    const there = net.address(group, PORT)

    /** A socket of ours that may become a member. */
    async function receiver(t: Test): Promise<dgram.inet.Socket> {
      const sock = bounded(t, await dgram.inet.Socket.create({ host: wildcard, port: PORT }))
      await sock.bind()
      sock.multicastall(false)
      return sock
    }

    /** A socket of ours that sends to the group from one of our addresses. */
    async function sender(t: Test, host: string): Promise<dgram.inet.Socket> {
      const sock = bounded(t, await dgram.inet.Socket.create({ host, port: 0 }))
      await sock.bind()
      assert.equal(sock.mcastif(NEAR), NEAR)
      return sock
    }

    async function socatSends(t: Test, from: string, text: string): Promise<void> {
      const child = socatThere(t, '-u', '-', net.sender(from))
      child.write(text)
      child.endInput()
      const { code, stderr } = await ending(child)
      assert.equal(code, 0, stderr)
    }

    test('socat sends to a group that we joined', async (t) => {
      const sock = await receiver(t)
      sock.pktinfo(true)
      sock.mcastjoin(group, NEAR)
      await socatSends(t, theirs[0], 'to the group')
      const msg = new MsgHdr()
      msg.addn(100)
      await sock.recvmsg(msg)
      assert.equal(String(msg.concat()), 'to the group')
      assert.equal(msg.name()?.addr, theirs[0])
      const info = msg.control().value('pktinfo') ?? msg.control().value('pktinfo6')
      assert.deepEqual([info?.ifindex, info?.addr?.addr], [llsocket.device.getifaddrs()[NEAR]?.index, group])
    })

    test('we send to a group that socat joined', async (t) => {
      const child = socatThere(t, '-u', '-d', '-d', '-d', net.receiver, '-')
      await child.waitForOutput(/starting data transfer/)
      await (await sender(t, ours[1])).sendto('from us to the group', there)
      await child.waitForOutput(/from us to the group/)
    })

    test('one source of two: we hear only the one that we joined', async (t) => {
      const sock = await receiver(t)
      sock.mcastjoinsrc(group, theirs[1], NEAR)
      await socatSends(t, theirs[0], 'stranger')
      await socatSends(t, theirs[1], 'friend')
      const [data, from] = await sock.recvfrom()
      assert.deepEqual([String(data), from.addr], ['friend', theirs[1]])
    })

    test('one source is blocked: we hear the other one', async (t) => {
      const sock = await receiver(t)
      sock.mcastjoin(group, NEAR)
      sock.mcastblocksrc(group, theirs[0], NEAR)
      await socatSends(t, theirs[0], 'blocked')
      await socatSends(t, theirs[1], 'heard')
      const [data, from] = await sock.recvfrom()
      assert.deepEqual([String(data), from.addr], ['heard', theirs[1]])
    })

    for (const [what, source] of [
      ['any source', ''],
      ['one source, which is one of our two addresses', ours[1]],
    ] as const)
      test(`Python is a member for ${what}`, async (t) => {
        const child = pythonThere(
          t,
          `
s = socket.socket(family('${group}'), socket.SOCK_DGRAM)
s.bind(('${wildcard}', ${PORT}))
join(s, '${group}'${source && `, '${source}'`})
say('joined')
data, addr = s.recvfrom(100)
say('first', data, addr[0])
`,
        )
        await child.waitForOutput(/joined/)
        for (const host of ours) await (await sender(t, host)).sendto(`by ${host}`, there)
        const heard = source || ours[0]
        await child.waitForOutput(new RegExp(`first b'by ${heard}' ${heard}`))
      })

    test('Python sends with a hop limit, which we read, and answer', async (t) => {
      const sock = await receiver(t)
      sock.recvttl(true)
      sock.mcastjoin(group, NEAR)
      const child = pythonThere(
        t,
        `
s = socket.socket(family('${group}'), socket.SOCK_DGRAM)
s.setsockopt(level('${group}'), ${net === IPv4 ? 'socket.IP_MULTICAST_TTL' : 'socket.IPV6_MULTICAST_HOPS'}, 7)
s.bind(('${theirs[0]}', 0))
s.sendto(b'seven hops', ('${group}', ${PORT}))
data, addr = s.recvfrom(100)
say('heard', data)
`,
      )
      const msg = new MsgHdr()
      msg.addn(100)
      await sock.recvmsg(msg)
      assert.equal(msg.control().value(net === IPv4 ? 'ttl' : 'hoplimit'), 7)
      await sock.sendto('answer', msg.name() as AddrInfo)
      await child.waitForOutput(/heard b'answer'/)
    })
  })

describe('IPv4', () => {
  test('socat is a member for one source, which is one of our two addresses', async (t) => {
    const [stranger, friend] = IPv4.ours
    // By number, because few versions of socat know it by name: IP_ADD_SOURCE_MEMBERSHIP, group, interface, source.
    const value = [IPv4.group, IPv4.theirs[0], friend].flatMap((text) => text.split('.').map(Number))
    const option = `setsockopt-listen=0:39:x${Buffer.from(value).toString('hex')}`
    const child = socatThere(t, '-u', '-d', '-d', '-d', `UDP4-RECV:${PORT},${option}`, '-')
    await child.waitForOutput(/starting data transfer/)
    for (const host of [stranger, friend]) {
      const sock = bounded(t, await dgram.inet.Socket.create({ host, port: 0 }))
      await sock.bind()
      sock.mcastif(NEAR)
      await sock.sendto(`by ${host}\n`, AddrInfo.inet(IPv4.group, PORT))
    }
    await child.waitForOutput(new RegExp(`by ${friend}\n`))
    assert.equal(child.stdout, `by ${friend}\n`)
  })
})
