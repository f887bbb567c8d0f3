// Step 5: multicast. A member of a group receives what is sent to it; one with a source filter only from the sources that it asked
// for.
//
// That something does not arrive cannot be seen by waiting. So a marker goes straight to the member after it: what has
// not come when the marker comes does not come.
import { AddrInfo, dgram } from 'berkeley'
import { device, type Socket as LowSocket, SOCK_DGRAM, socket } from 'berkeley/llsocket'
import type { Screen } from './screen.js'
import { same } from './verify.js'

const PATIENCE_MS = 5000
const PROBE_S = 0.25
const MARKER = 'marker'

/** Where a group can be received, and from which sources. */
interface Place {
  readonly address: (host: string, port?: number) => AddrInfo
  readonly group: string
  readonly device: string
  /** The wildcard address. */
  readonly any: string
  /** Addresses of this machine, each of which will send. */
  readonly sources: readonly [string, ...string[]]
  /** An address of documentation (RFC 5737, RFC 3849): no host sends from there. */
  readonly stranger: string
}

export const IPV4: Place = {
  address: AddrInfo.inet,
  group: '239.255.42.99',
  device: 'lo',
  any: '0.0.0.0',
  sources: ['127.0.0.1', '127.0.0.2'],
  stranger: '192.0.2.1',
}

/** Groups of this scope stay within the machine, whatever the interface (RFC 4291). */
const GROUP6 = 'ff01::42:99'

/** Whether a member on that interface hears a group of IPv6: not without a route, nor behind some packet filters. */
function isHeard6(name: string, source: string): boolean {
  const bound = (): LowSocket => {
    const sock = socket.create(AddrInfo.inet6(source, 0, { socktype: SOCK_DGRAM }))
    sock.bind()
    return sock
  }
  try {
    using member = socket.create(AddrInfo.inet6('::', 0, { socktype: SOCK_DGRAM }))
    using sender = bound()
    member.bind()
    member.mcastjoin(GROUP6, name)
    member.rcvtimeo(PROBE_S)
    sender.mcastif(name)
    sender.sendto(MARKER, AddrInfo.inet6(GROUP6, member.getsockname().port))
    return Buffer.isBuffer(member.recv())
  } catch {
    return false
  }
}

/** The loopback device of Linux has no multicast over IPv6; an interface that has it brings back what it sends. */
function placeOfIpv6(): Place | undefined {
  for (const [name, { flags, inet6 }] of Object.entries(device.getifaddrs())) {
    if (!flags.includes('multicast') || flags.includes('loopback')) continue
    const source = inet6.find(({ address, scopeid }) => scopeid === undefined && isHeard6(name, address))?.address
    if (source !== undefined)
      return {
        address: AddrInfo.inet6,
        group: GROUP6,
        device: name,
        any: '::',
        sources: [source],
        stranger: '2001:db8::1',
      }
  }
  return undefined
}

async function bound(host: string): Promise<dgram.inet.Socket> {
  const sock = await dgram.inet.Socket.create({ host, port: 0 })
  await sock.bind()
  sock.deadlines(PATIENCE_MS, PATIENCE_MS)
  return sock
}

/** A socket that may be a member of the group, and those that send to it. */
export class Audience {
  readonly #place: Place
  readonly member: dgram.inet.Socket
  readonly #senders: readonly dgram.inet.Socket[]

  private constructor(place: Place, member: dgram.inet.Socket, senders: readonly dgram.inet.Socket[]) {
    this.#place = place
    this.member = member
    this.#senders = senders
  }

  static async create(place: Place): Promise<Audience> {
    const member = await bound(place.any)
    // Otherwise Linux lets it hear the groups that anybody else on this machine has joined.
    member.multicastall(false)
    const senders = await Promise.all(place.sources.map(bound))
    for (const sender of senders) sender.mcastif(place.device)
    return new Audience(place, member, senders)
  }

  /** Each sender sends its address to the group, and the member receives from those that are named, and from no other. */
  async hears(...expected: readonly string[]): Promise<string> {
    const { address, group, sources } = this.#place
    const { port } = this.member.getsockname()
    for (const sender of this.#senders) await sender.sendto(sender.getsockname().addr, address(group, port))
    const heard: string[] = []
    while (heard.length < expected.length) heard.push(await this.#hear())
    for (const sender of this.#senders) await sender.sendto(MARKER, address(sources[0], port))
    for (const _ of this.#senders)
      for (let text = await this.#hear(); text !== MARKER; text = await this.#hear()) heard.push(text)
    same(`the senders to ${group} that were heard`, heard.sort(), [...expected].sort())
    return heard.length === 0 ? 'nobody' : heard.join(', ')
  }

  async #hear(): Promise<string> {
    const [data, sender] = await this.member.recvfrom()
    const text = data.toString()
    if (text !== MARKER) same('the sender of a datagram', text, sender.addr)
    return text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.member, ...this.#senders].map((sock) => sock.close()))
  }
}

/** Shows what the member asked for, and what it received. */
async function listen(name: string, place: Place, screen: Screen): Promise<void> {
  const { group, device, sources, stranger } = place
  await using audience = await Audience.create(place)
  const { member } = audience
  const rows = [['nothing', await audience.hears()]]
  member.mcastjoin(group, device)
  rows.push(['every source', await audience.hears(...sources)])
  member.mcastleave(group, device)
  for (const source of [...sources, stranger]) {
    member.mcastjoinsrc(group, source, device)
    rows.push([source, await audience.hears(...sources.filter((each) => each === source))])
    member.mcastleavesrc(group, source, device)
  }
  screen.line(`${group} on ${device}`, name)
  screen.table([{ title: 'joined for' }, { title: 'heard' }], rows)
}

export const title = 'Multicast: groups, and members who choose their sources'

export async function run(screen: Screen): Promise<string> {
  await listen('IPv4', IPV4, screen)
  const families = ['IPv4']
  const ipv6 = placeOfIpv6()
  if (ipv6) {
    await listen('IPv6', ipv6, screen)
    families.push('IPv6')
  } else screen.line('no interface here brings back what it sends to a group', 'IPv6')
  return `${families.join(', ')}: heard whom the member asked for, and nobody else`
}
