import { relay } from 'berkeley'
import { type Address, addressText, parseAddress } from '../address.js'
import type { Command } from '../arguments.js'
import { connectTo, listenAt } from '../open.js'
import type { Peer } from '../peer.js'
import { serveAll } from '../serve-all.js'
import { CONNECTION, type Settings, settingsOf } from '../settings.js'
import { Traffic } from '../traffic.js'
import { STATUS, UsageError } from '../usage.js'

/** Accepts at one address, and connects each client with another one. */
export const relayCommand: Command = {
  name: 'relay',
  summary: 'accept at one address, and connect each client with another one',
  usage: 'LISTEN CONNECT',
  least: 2,
  most: 2,
  options: {
    max: { type: 'string', short: 'm', value: 'COUNT', help: 'end after so many clients' },
    quiet: { type: 'boolean', short: 'q', help: 'say nothing but errors' },
    verbose: { type: 'boolean', short: 'v', help: 'say what happens' },
    ...CONNECTION,
  },
  notes: [
    'The end of either side is passed on to the other, and each direction goes on by itself. Streams (tcp, tls, unix, fd, systemd) go with each other in any way; seqpackets go with seqpackets, because a stream has no boundaries.',
  ],
  async run(context) {
    const { given, report, signal } = context
    const [from, to] = given.positionals.map(parseAddress)
    if (from === undefined || to === undefined) throw new UsageError('relay takes two addresses')
    for (const address of [from, to])
      if (['udp', 'unixgram', 'stdio', 'icmp'].includes(address.kind))
        throw new UsageError(`relay is for connections, and ${addressText(address)} has none`)
    if (
      (from.kind === 'seqpacket') !== (to.kind === 'seqpacket') &&
      to.kind !== 'fd' &&
      from.kind !== 'fd' &&
      from.kind !== 'systemd'
    )
      throw new UsageError('seqpackets can only be relayed to seqpackets')
    const settings = settingsOf(given)
    const door = await listenAt(from, settings)
    const traffic = new Traffic()
    report.notice('listening', `relaying ${door.text} to ${addressText(to)}`, {
      address: door.text,
      to: addressText(to),
    })
    try {
      await serveAll(
        door,
        async (client) => both(client, await targetFor(client, to, settings, signal), traffic, signal),
        context,
        traffic,
      )
      return STATUS.ok
    } finally {
      await door.close()
      traffic.summary(report, true)
    }
  },
}

/** A client that cannot be served is reset: an orderly end would look like an empty answer. */
async function targetFor(client: Peer, to: Address, settings: Settings, signal: AbortSignal): Promise<Peer> {
  try {
    return await connectTo(to, settings, signal)
  } catch (error) {
    client.stream?.linger(0)
    throw error
  }
}

/** Relays between two peers until both have ended, and closes the second. */
async function both(client: Peer, target: Peer, traffic: Traffic, signal: AbortSignal): Promise<void> {
  if (client.stream && target.stream) return streams(client.stream, target.stream, traffic, signal)
  try {
    if (client.stream || target.stream) throw new UsageError('seqpackets can only be relayed to seqpackets')
    await Promise.all([
      pump(client, target, signal, (count) => {
        traffic.received += count
      }),
      pump(target, client, signal, (count) => {
        traffic.sent += count
      }),
    ])
  } finally {
    await target.close()
  }
}

async function streams(
  client: NonNullable<Peer['stream']>,
  target: NonNullable<Peer['stream']>,
  traffic: Traffic,
  signal: AbortSignal,
): Promise<void> {
  const count = ({ forth, back }: { forth: number; back: number }): void => {
    traffic.received += forth
    traffic.sent += back
  }
  try {
    count(await relay(client, target, { signal }))
  } catch (error) {
    const { relayed } = error as { relayed?: { forth: number; back: number } }
    if (relayed) count(relayed)
    throw error
  }
}

async function pump(from: Peer, to: Peer, signal: AbortSignal, count: (bytes: number) => void): Promise<void> {
  for (;;) {
    const data = await from.receive(signal)
    if (data === null) break
    await to.send(data, signal)
    count(data.length)
  }
  await to.end()
}
