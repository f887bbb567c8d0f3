import { readFileSync } from 'node:fs'
import type { Socket as LowSocket } from 'berkeley/llsocket'
import type { Given, Options } from './arguments.js'
import { nearest } from './nearest.js'
import { UsageError } from './usage.js'

/** Socket options that `--set` takes: methods of sockets that need one number or boolean, or a name. */
export const SETTABLE = [
  ...['broadcast', 'bindtodevice', 'busypoll', 'dontroute', 'keepalive', 'mark', 'oobinline', 'priority', 'rcvbuf'],
  ...['rcvlowat', 'reuseaddr', 'reuseport', 'sndbuf', 'tos', 'ttl', 'mcastloop', 'mcastttl', 'freebind', 'transparent'],
  ...['tcpcongestion', 'tcpcork', 'tcpdeferaccept', 'tcpfastopen', 'tcpkeepalive', 'tcpkeepcnt', 'tcpkeepintvl'],
  ...['tcpmaxseg', 'tcpnodelay', 'tcpnotsentlowat', 'tcpquickack', 'tcpsyncnt', 'tcpusertimeout', 'v6only'],
] as const

/** A socket option to be set. */
type Setting = readonly [name: string, value: string | number | boolean]

/** What the addresses of a command have in common. */
export interface Settings {
  /** Milliseconds for connecting, handshake included; 0 for no limit. */
  readonly timeout: number
  /** Sets the options that were asked for. */
  readonly prepare: (sock: object) => void
  /** What was said about TLS. */
  readonly tls: {
    readonly cert?: Buffer
    readonly key?: Buffer
    readonly ca?: Buffer
    readonly servername?: string
    readonly rejectUnauthorized?: boolean
    readonly ALPNProtocols?: string[]
  }
}

/** Options of all commands that connect or listen. */
export const CONNECTION: Options = {
  set: {
    type: 'string',
    value: 'OPTION=VALUE',
    multiple: true,
    help: 'set a socket option, before it binds or connects: --set rcvbuf=65536',
  },
  timeout: {
    type: 'string',
    short: 't',
    value: 'SECONDS',
    help: 'for connecting, the TLS handshake included; 10 by default, 0 for no limit',
  },
  cert: { type: 'string', value: 'FILE', help: 'certificate chain for TLS (PEM)' },
  key: { type: 'string', value: 'FILE', help: 'its private key (PEM)' },
  ca: { type: 'string', value: 'FILE', help: 'certificates to trust in place of those of Node (PEM)' },
  servername: { type: 'string', value: 'NAME', help: 'name to ask the server for, and to find in its certificate' },
  alpn: { type: 'string', value: 'PROTOCOL', multiple: true, help: 'protocol to offer or to accept' },
  insecure: { type: 'boolean', help: 'accept any certificate' },
}

const TIMEOUT_MS = 10_000

/** Reads them. */
export function settingsOf(given: Given): Settings {
  const settings = given.list('set').map(settingOf)
  return {
    timeout: given.milliseconds('timeout') ?? TIMEOUT_MS,
    prepare: (sock) => {
      for (const [name, value] of settings) setOption(sock, name, value)
    },
    tls: tlsOf(given),
  }
}

function settingOf(text: string): Setting {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  if (name === '') throw new UsageError(`--set takes OPTION=VALUE, and not "${text}"`)
  if (!(SETTABLE as readonly string[]).includes(name)) {
    const meant = nearest(name, SETTABLE)
    throw new UsageError(
      `--set knows no option "${name}"${meant ? `; did you mean ${meant}?` : ': docs/tool.md lists them'}`,
    )
  }
  if (value === 'true' || value === 'false') return [name, value === 'true']
  return [name, /^-?[0-9]+$/.test(value) ? Number(value) : value]
}

function setOption(sock: object, name: string, value: Setting[1]): void {
  const method = (sock as Record<string, unknown>)[name]
  if (typeof method !== 'function') throw new UsageError(`--set ${name}: a socket of this kind has no such option`)
  try {
    method.call(sock as LowSocket, value)
  } catch (error) {
    // A wrong value is a wrong argument; what the kernel refuses is a failure.
    if (error instanceof TypeError || error instanceof RangeError)
      throw new UsageError(`--set ${name}: ${error.message}`)
    throw error
  }
}

function tlsOf(given: Given): Settings['tls'] {
  const alpn = given.list('alpn')
  return Object.fromEntries(
    Object.entries({
      cert: file(given, 'cert'),
      key: file(given, 'key'),
      ca: file(given, 'ca'),
      servername: given.text('servername'),
      rejectUnauthorized: given.flag('insecure') ? false : undefined,
      ALPNProtocols: alpn.length > 0 ? alpn : undefined,
    }).filter(([, value]) => value !== undefined),
  )
}

function file(given: Given, name: string): Buffer | undefined {
  const path = given.text(name)
  return path === undefined ? undefined : readFileSync(path)
}
