import { type Address, addressText, parseAddress } from '../address.js'
import type { Command, Context } from '../arguments.js'
import { converse } from '../conversation.js'
import { bindDatagram, type Door, listenAt } from '../open.js'
import type { Peer } from '../peer.js'
import { serveAll } from '../serve-all.js'
import { CONNECTION, type Settings, settingsOf } from '../settings.js'
import { Traffic } from '../traffic.js'
import { STATUS, UsageError } from '../usage.js'
import { CONVERSATION, conversationOptions } from './conversation-options.js'

/** Listens, and connects the standard streams with the client that connects, or sends everything back. */
export const listenCommand: Command = {
  name: 'listen',
  summary: 'listen at an address: connect the first client with the standard streams, or echo all of them',
  usage: 'ADDRESS',
  least: 1,
  most: 1,
  options: {
    keep: {
      type: 'boolean',
      short: 'k',
      help: 'when a client has ended, take the next one; what comes goes to standard output',
    },
    echo: { type: 'boolean', short: 'e', help: 'send back what comes, to all clients at once' },
    max: { type: 'string', short: 'm', value: 'COUNT', help: 'end after so many clients, with --keep and --echo' },
    ...CONVERSATION,
    ...CONNECTION,
  },
  notes: [
    'A datagram socket takes the sender of the first datagram for its client; with --echo it answers all.',
    'Port 0 is a free one. Where it listens is said on standard error.',
  ],
  async run(context) {
    const { given } = context
    const address = parseAddress(given.positionals[0] ?? '')
    const settings = settingsOf(given)
    if (given.flag('keep') && given.flag('echo')) throw new UsageError('--keep and --echo exclude each other')
    if (given.count('max') !== undefined && !given.flag('keep') && !given.flag('echo'))
      throw new UsageError('--max is for --keep and --echo')
    if (given.flag('echo') && (address.kind === 'udp' || address.kind === 'unixgram'))
      return echoDatagrams(address, settings, context)
    return withDoor(address, settings, context)
  },
}

async function withDoor(address: Address, settings: Settings, context: Context): Promise<number> {
  const { given, report, signal } = context
  const door = await listenAt(address, settings)
  const traffic = new Traffic()
  report.notice('listening', `listening at ${door.text}`, { address: door.text })
  try {
    if (given.flag('echo')) await serveAll(door, (peer) => echo(peer, traffic, signal), context, traffic)
    else await one(door, context, traffic)
    return STATUS.ok
  } finally {
    await door.close()
    traffic.summary(report, signal.aborted || given.flag('keep') || given.flag('echo'))
  }
}

/** One client after the other. The input is for the first: with `--keep` it could not be said which client it is for. */
async function one(door: Door, { given, report, signal }: Context, traffic: Traffic): Promise<void> {
  const keeps = given.flag('keep')
  const most = keeps ? (given.count('max') ?? Number.POSITIVE_INFINITY) : 1
  const options = conversationOptions(given)
  while (traffic.connections < most && !(keeps && signal.aborted)) {
    const peer = await door.accept(signal).catch(endedBy(signal, keeps))
    if (peer === undefined) return
    traffic.connections++
    report.detail('accepted', `accepted ${peer.text}`, { peer: peer.text })
    // Other clients are not to wait in the backlog.
    if (!keeps) await door.close()
    const talk = converse(peer, keeps ? { ...options, hasInput: false } : options, traffic, signal)
    await (keeps ? talk.catch((error: unknown) => whenNotAborted(signal, () => report.failure(error))) : talk)
  }
}

/** With `--keep` an interruption is how it ends. */
function endedBy(signal: AbortSignal, keeps: boolean): (error: unknown) => undefined {
  return (error) => {
    if (!keeps || !signal.aborted) throw error
  }
}

function whenNotAborted(signal: AbortSignal, act: () => void): void {
  if (!signal.aborted) act()
}

async function echo(peer: Peer, traffic: Traffic, signal: AbortSignal): Promise<void> {
  for (;;) {
    const data = await peer.receive(signal)
    if (data === null) return
    traffic.received += data.length
    await peer.send(data, signal)
    traffic.sent += data.length
  }
}

/** Answers every datagram; to a sender without a name there is no way. */
async function echoDatagrams(
  address: Parameters<typeof bindDatagram>[0],
  settings: Settings,
  { given, report, signal }: Context,
): Promise<number> {
  const sock = await bindDatagram(address, settings)
  const traffic = new Traffic()
  const { port } = sock.getsockname()
  const text = 'port' in address ? addressText({ ...address, port: port as number }) : addressText(address)
  report.notice('listening', `listening at ${text}`, { address: text })
  const most = given.count('max') ?? Number.POSITIVE_INFINITY
  try {
    while (traffic.connections < most) {
      const [data, from] = await sock.recvfrom({ signal })
      traffic.connections++
      traffic.received += data.length
      report.detail('received', `${data.length} bytes from ${from ?? 'an unnamed sender'}`, { bytes: data.length })
      if (from === null) continue
      await sock.sendto(data, from, { signal })
      traffic.sent += data.length
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await sock.close()
    traffic.summary(report, true)
  }
  return STATUS.ok
}
