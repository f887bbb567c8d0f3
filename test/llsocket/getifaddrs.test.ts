import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { device } from 'berkeley/llsocket'
import { interfaceIndex } from '#internal/address/interface-index.js'
import { available, leavesNoFd, root, run, script } from '../util/index.js'

leavesNoFd()

interface Link {
  ifindex: number
  ifname: string
  mtu: number
  flags: string[]
  link_type: string
  address?: string
  addr_info: { family: string; local: string; prefixlen: number; broadcast?: string; address?: string; scope: string }[]
}

/** A prefix length as the address that netmask is. */
function mask4(prefix: number): string {
  return [0, 8, 16, 24].map((at) => (0xff00 >> Math.min(Math.max(prefix - at, 0), 8)) & 0xff).join('.')
}

const privileged = process.getuid?.() === 0 ? available('unshare') || available('ip') : 'needs root'

describe('getifaddrs()', () => {
  it('getifaddrs() lists the loopback interface', () => {
    const { lo } = device.getifaddrs()
    assert.ok(lo)
    assert.equal(lo.index, interfaceIndex('x', 'lo'))
    assert.ok(lo.flags.includes('up') && lo.flags.includes('loopback'))
    assert.deepEqual(lo.inet[0], { address: '127.0.0.1', netmask: '255.0.0.0' })
    assert.equal(lo.ether, undefined)
  })

  it('getifaddrs() agrees with os.networkInterfaces()', () => {
    const mine = device.getifaddrs()
    for (const [name, addresses] of Object.entries(networkInterfaces()))
      for (const { family, address, netmask } of addresses ?? []) {
        const list = family === 'IPv4' ? mine[name]?.inet : mine[name]?.inet6
        const found = list?.find((entry) => entry.address === address)
        assert.equal(found?.netmask, netmask, `${name} ${address}`)
      }
  })

  it('getifaddrs() agrees with ip(8)', { skip: available('ip') }, async () => {
    const { stdout } = await run('ip', ['-json', 'addr'])
    const links = JSON.parse(stdout) as Link[]
    const mine = device.getifaddrs()
    assert.deepEqual(Object.keys(mine).sort(), links.map((link) => link.ifname).sort())
    for (const link of links) {
      const own = mine[link.ifname]
      assert.ok(own)
      assert.deepEqual([own.index, own.mtu], [link.ifindex, link.mtu])
      for (const flag of ['UP', 'LOOPBACK', 'BROADCAST', 'MULTICAST', 'NOARP', 'POINTOPOINT'])
        assert.equal(own.flags.includes(flag.toLowerCase()), link.flags.includes(flag), `${link.ifname} ${flag}`)
      if (link.link_type === 'ether') assert.equal(own.ether, link.address)
      const inet = link.addr_info.filter(({ family }) => family === 'inet')
      assert.deepEqual(
        own.inet.map(({ address, netmask, broadcast }) => [address, netmask, broadcast]),
        inet.map(({ local, prefixlen, broadcast }) => [local, mask4(prefixlen), broadcast]),
      )
      const inet6 = link.addr_info.filter(({ family }) => family === 'inet6')
      assert.deepEqual(own.inet6.map(({ address }) => address).sort(), inet6.map(({ local }) => local).sort())
      for (const { address, scopeid } of own.inet6)
        assert.equal(scopeid, address.startsWith('fe80:') ? link.ifindex : undefined)
    }
  })

  it('getifaddrs() handles odd interface names, labels and point-to-point links', {
    skip: privileged,
  }, async (t) => {
    const show = "import { device } from 'berkeley/llsocket'; console.log(JSON.stringify(device.getifaddrs()))"
    const shell = `
      ip link set lo up &&
      ip link add __proto__ type bridge && ip link set __proto__ up &&
      ip addr add 192.0.2.1/24 brd + dev __proto__ label __proto__:a &&
      ip link add constructor type bridge && ip link set constructor up mtu 1234 &&
      ip addr add 192.0.2.9 peer 192.0.2.10 dev constructor && exec "$@"`
    const { stdout, stderr, code } = await run(
      'unshare',
      ['-n', 'sh', '-c', shell, 'sh', process.execPath, ...script(show)],
      { cwd: root },
    )
    if (code !== 0 && /Operation not (permitted|supported)|Unknown device type/.test(stderr))
      return t.skip(`no bridges here: ${stderr.trim()}`)
    assert.equal(code, 0, stderr)
    const found = new Map(Object.entries(JSON.parse(stdout) as ReturnType<typeof device.getifaddrs>))
    assert.deepEqual([...found.keys()].sort(), ['__proto__', 'constructor', 'lo'])
    assert.equal(found.get('constructor')?.mtu, 1234)
    assert.deepEqual(found.get('__proto__')?.inet, [
      { address: '192.0.2.1', netmask: '255.255.255.0', broadcast: '192.0.2.255' },
    ])
  })
})
