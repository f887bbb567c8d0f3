import { setTimeout as pause } from 'node:timers/promises'
import { stream, TimeoutError } from 'berkeley'
import { type Address, addressText, parseAddress } from '../address.js'
import type { Command, Context } from '../arguments.js'
import { Pinger } from '../icmp.js'
import { connectTo } from '../open.js'
import { CONNECTION, type Settings, settingsOf } from '../settings.js'
import { STATUS, UsageError } from '../usage.js'

const COUNT = 4
const INTERVAL_MS = 1000
const WAIT_MS = 2000

/** Something that answers, or does not. */
interface Target {
  /** What is asked, in words. */
  readonly text: string
  /** Waits for an answer; resolves to more about it. */
  ask(seq: number): Promise<{ text: string; fields: object }>
  close(): Promise<void>
}

/** Measures how long it takes to be answered. */
export const pingCommand: Command = {
  name: 'ping',
  summary: 'measure how long a connection takes, or an ICMP echo',
  usage: 'ADDRESS|HOST',
  least: 1,
  most: 1,
  options: {
    count: { type: 'string', short: 'c', value: 'COUNT', help: `how often; ${COUNT} by default` },
    interval: { type: 'string', short: 'i', value: 'SECONDS', help: 'from one to the next; 1 by default' },
    wait: { type: 'string', short: 'W', value: 'SECONDS', help: 'for an answer; 2 by default' },
    ipv4: { type: 'boolean', short: '4', help: 'ICMP over IPv4' },
    ipv6: { type: 'boolean', short: '6', help: 'ICMP over IPv6' },
    ...Object.fromEntries(Object.entries(CONNECTION).filter(([name]) => name !== 'timeout')),
  },
  notes: [
    'An address is connected to and closed again; over TLS the handshake counts. A host, or icmp:HOST, is sent ICMP echo requests, for which net.ipv4.ping_group_range has to have the group of the user.',
    'Its status is 0 when there was an answer, 1 when there was none.',
  ],
  async run(context) {
    const { given } = context
    const times = {
      count: given.count('count') ?? COUNT,
      interval: given.milliseconds('interval') ?? INTERVAL_MS,
      wait: given.milliseconds('wait') ?? WAIT_MS,
    }
    const target = await targetOf(given.positionals[0] ?? '', times.wait, context)
    try {
      return await ping(target, times, context)
    } finally {
      await target.close()
    }
  },
}

async function targetOf(argument: string, wait: number, { given, signal }: Context): Promise<Target> {
  const version = given.flag('ipv4') ? 4 : given.flag('ipv6') ? 6 : undefined
  if (given.flag('ipv4') && given.flag('ipv6')) throw new UsageError('--ipv4 and --ipv6 exclude each other')
  const isHost = !argument.includes(':') || /^[0-9a-f:.%]*::?[0-9a-z:.%]*$/i.test(argument)
  const address: Address = isHost ? { kind: 'icmp', name: argument } : parseAddress(argument)
  if (address.kind === 'icmp') return echoes(address.name, version, wait, signal)
  if (version !== undefined)
    throw new UsageError('--ipv4 and --ipv6 are for ICMP: an address says it by tcp4: or tcp6:')
  if (['udp', 'unixgram', 'stdio', 'fd', 'systemd'].includes(address.kind))
    throw new UsageError(`${addressText(address)} cannot be pinged: there is no connection to wait for`)
  return connections(address, { ...settingsOf(given), timeout: wait }, signal)
}

async function echoes(host: string, version: 4 | 6 | undefined, wait: number, signal: AbortSignal): Promise<Target> {
  const pinger = await Pinger.create(host, version)
  return {
    text: `${host} (${pinger.to.addr}): ICMP echo`,
    async ask(seq) {
      const { hops } = await pinger.ask(seq, wait, signal)
      return { text: `ttl=${hops}`, fields: { ttl: hops } }
    },
    close: () => pinger.close(),
  }
}

function connections(address: Address, settings: Settings, signal: AbortSignal): Target {
  return {
    text: `${addressText(address)}: connections`,
    async ask() {
      const peer = await connectTo(address, settings, signal)
      try {
        const isTls = address.kind === 'tls' && peer.stream instanceof stream.inet.Socket
        if (isTls) await (peer.stream as stream.inet.Socket).handshake({ timeout: settings.timeout, signal })
        return { text: '', fields: {} }
      } finally {
        await peer.close()
      }
    },
    close: async () => undefined,
  }
}

async function ping(
  target: Target,
  { count, interval }: { count: number; interval: number },
  { report, signal }: Context,
): Promise<number> {
  const times: number[] = []
  let sent = 0
  if (!report.isJson) process.stdout.write(`PING ${target.text}\n`)
  while (sent < count && !signal.aborted) {
    if (sent > 0) await pause(interval, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    const time = await one(target, sent + 1, { report, signal })
    if (time === null) break
    sent++
    if (time !== undefined) times.push(time)
  }
  summary(sent, times, report)
  return times.length > 0 ? STATUS.ok : STATUS.failed
}

/** One question: its time in milliseconds, undefined without an answer, null when it was interrupted. */
async function one(
  target: Target,
  seq: number,
  { report, signal }: Pick<Context, 'report' | 'signal'>,
): Promise<number | undefined | null> {
  const begin = performance.now()
  try {
    const { text, fields } = await target.ask(seq)
    const time = performance.now() - begin
    report.result(`seq=${seq} ${report.paint('green', `time=${time.toFixed(3)} ms`)} ${text}`.trimEnd(), {
      seq,
      time,
      ...fields,
    })
    return time
  } catch (error) {
    if (signal.aborted) return null
    const { message, code } = error as Error & { code?: string }
    const text = error instanceof TimeoutError ? 'no answer' : message
    report.result(`seq=${seq} ${report.paint('red', text)}`, { seq, error: text, code })
    return undefined
  }
}

function summary(sent: number, times: readonly number[], report: Context['report']): void {
  const loss = sent === 0 ? 0 : Math.round((100 * (sent - times.length)) / sent)
  const figures =
    times.length === 0
      ? undefined
      : {
          min: Math.min(...times),
          avg: times.reduce((sum, time) => sum + time, 0) / times.length,
          max: Math.max(...times),
        }
  const counts = `${sent} sent, ${times.length} answered, ${loss}% lost`
  const text = figures
    ? `${counts}, min/avg/max ${Object.values(figures)
        .map((time) => time.toFixed(3))
        .join('/')} ms`
    : counts
  report.result(text, { summary: { sent, answered: times.length, loss, ...figures } })
}
