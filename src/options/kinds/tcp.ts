import type { AddrInfo } from '../../address/addrinfo.js'
import { interfaceIndex } from '../../address/interface-index.js'
import { native, registers } from '../../native/sockets.js'
import { numbersOf } from '../../support/codec.js'
import { record } from '../../support/record.js'
import * as validate from '../../support/validate.js'
import { peerAddress } from './address.js'
import { fetch, type Kind, kindOf, type OptionPlace, readOnly, store, writeOnly } from './kind.js'
import type { TcpInfo } from './tcp-info.js'

/** Statistics of a connection. Each field is documented with its unit. See tcp(7). */
export const tcpInfo: Kind<TcpInfo> = {
  name: 'TcpInfo',
  get(place) {
    fetch(place, 'tcp_info')
    const info: Partial<TcpInfo> = {}
    for (const [index, name] of native.tcpInfoFields.entries()) {
      const value = registers[index] ?? Number.NaN
      if (!Number.isNaN(value)) info[name as keyof TcpInfo] = value
    }
    return info as TcpInfo
  },
  set: readOnly,
}

/** The peers that a signature of TCP segments applies to, besides the address. */
export interface Md5Scope {
  /** The number of leading bits of the address that are compared; all of them when absent. */
  prefixlen?: number
  /** Interface that the peer is reached by, a name or an index; any when absent. */
  ifname?: string | number
}

/** TCP_MD5SIG_MAXKEYLEN */
const KEY_MAX = 80
/** `TCP_MD5SIG_FLAG_*` */
const FLAG_PREFIX = 1
const FLAG_IFINDEX = 2

function signature(place: OptionPlace, addr: unknown, key: unknown, scope: Md5Scope): void {
  const ai = peerAddress(place, 'addr', addr)
  const secret = validate.bytes('key', key)
  if (secret.length > KEY_MAX) throw validate.outOfRange('key', `of ${KEY_MAX} bytes at most`, secret.length)
  const { prefixlen, ifname } = scope
  const prefix = validate.integer('scope.prefixlen', prefixlen ?? 0, 0, 128)
  const index = interfaceIndex('scope.ifname', ifname ?? 0)
  registers[0] = (prefixlen === undefined ? 0 : FLAG_PREFIX) | (ifname === undefined ? 0 : FLAG_IFINDEX)
  registers[1] = prefix
  registers[2] = index
  store(place, 'md5sig', ai.sockaddr, secret)
}

/** A peer and the key of its MD5 signatures; an empty key removes it. */
export const md5sig: Kind<never, [addr: string | AddrInfo, key: string | Uint8Array]> = {
  name: 'addr, key',
  get: writeOnly,
  set(place, addr, key) {
    signature(place, addr, key, record<Md5Scope>({}))
  },
}

/** Same as {@link md5sig}, for a network or for one interface. */
export const md5sigOfScope: Kind<never, [addr: string | AddrInfo, key: string | Uint8Array, scope: Md5Scope]> = {
  name: 'addr, key, { prefixlen?, ifname? }',
  get: writeOnly,
  set(place, addr, key, scope) {
    signature(place, addr, key, validate.options('scope', scope, ['prefixlen', 'ifname']))
  },
}

/** The options that were negotiated when a connection that is under repair began. */
export interface RepairOptions {
  /** Largest segment that the peer takes, bytes. */
  mss?: number
  /** Window scales, as shifts: of the peer's window and of ours. */
  wscale?: [snd: number, rcv: number]
  /** Whether selective acknowledgements were negotiated. */
  sack?: boolean
  /** Whether timestamps were negotiated. */
  timestamps?: boolean
}

/** `TCPOPT_*`: numbers of TCP options on the wire. */
const MSS = 2
const WINDOW_SCALE = 3
const SACK_PERMITTED = 4
const TIMESTAMPS = 8
const NONE = 0

/** Up to four of `struct tcp_repair_opt`. */
export const repairOptions: Kind<never, [options: RepairOptions]> = {
  name: '{ mss?, wscale?, sack?, timestamps? }',
  get: writeOnly,
  set(place, options) {
    const pairs = repairPairs(options)
    registers.set(pairs.flat())
    store(place, 'repair_options')
  },
}

function repairPairs(options: RepairOptions): [code: number, value: number][] {
  const given = validate.options('options', options, ['mss', 'wscale', 'sack', 'timestamps']) as RepairOptions
  const { mss, wscale, sack = false, timestamps = false } = given
  return [
    mss === undefined ? [NONE, 0] : [MSS, validate.integer('options.mss', mss, 0, 0xffff)],
    wscale === undefined ? [NONE, 0] : [WINDOW_SCALE, windowScales(wscale)],
    [validate.boolean('options.sack', sack) ? SACK_PERMITTED : NONE, 0],
    [validate.boolean('options.timestamps', timestamps) ? TIMESTAMPS : NONE, 0],
  ]
}

function windowScales(wscale: unknown): number {
  if (!Array.isArray(wscale)) throw validate.invalidType('options.wscale', 'an array of two numbers', wscale)
  const snd = validate.integer('options.wscale[0]', wscale[0], 0, 14)
  return validate.integer('options.wscale[1]', wscale[1], 0, 14) * 0x10000 + snd
}

/** The windows of a connection under repair, as sequence numbers and bytes. */
export interface RepairWindow {
  /** Sequence number of the segment that updated the send window last. */
  snd_wl1: number
  /** Send window, bytes. */
  snd_wnd: number
  /** Largest window that the peer ever offered, bytes. */
  max_window: number
  /** Receive window, bytes. */
  rcv_wnd: number
  /** Sequence number that the receive window was announced at. */
  rcv_wup: number
}

/** `struct tcp_repair_window`. */
export const repairWindow: Kind<RepairWindow> = kindOf('{ snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup }', {
  layout: 'repair_window',
  read() {
    const [snd_wl1 = 0, snd_wnd = 0, max_window = 0, rcv_wnd = 0, rcv_wup = 0] = registers
    return { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup }
  },
  write(value: RepairWindow) {
    registers.set(numbersOf(value, ['snd_wl1', 'snd_wnd', 'max_window', 'rcv_wnd', 'rcv_wup']))
  },
})
