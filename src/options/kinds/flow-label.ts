import type { AddrInfo } from '../../address/addrinfo.js'
import { IPV6_FL_F_CREATE, IPV6_FL_S_ANY, IPV6_FL_S_EXCL } from '../../constants/exported.generated.js'
import { registers } from '../../native/sockets.js'
import * as validate from '../../support/validate.js'
import { placedAddress } from './address.js'
import { type Kind, type OptionPlace, store, writeOnly } from './kind.js'

/** What to do with a lease: `IPV6_FL_A_*`. */
const GET = 0
const PUT = 1
const RENEW = 2

const LABEL_MAX = 0xfffff
const UINT16_MAX = 0xffff

/** How a flow label is leased. */
export interface FlowLabelOptions {
  /** Which other sockets may use the label: `IPV6_FL_S_*`; by default this socket alone (`IPV6_FL_S_EXCL`). */
  share?: number | undefined
  /** `IPV6_FL_F_*`, OR-ed; `IPV6_FL_F_CREATE` by default. */
  flags?: number | undefined
  /** Seconds that the lease lasts without being used; the kernel's choice by default. */
  expires?: number | undefined
  /** Seconds that the label is kept from others after the lease; the kernel's choice by default. */
  linger?: number | undefined
}

const KNOWN = ['share', 'flags', 'expires', 'linger']

interface Lease extends Required<{ [K in keyof FlowLabelOptions]: number }> {
  readonly action: number
  readonly label: number
}

function send(place: OptionPlace, lease: Lease, sockaddr?: Buffer): void {
  registers[0] = lease.label
  registers[1] = lease.action
  registers[2] = lease.share
  registers[3] = lease.flags
  registers[4] = lease.expires
  registers[5] = lease.linger
  store(place, 'flow_label', sockaddr)
}

/** The kernel chooses a label for 0, and could not say which. */
function labelArgument(label: number): number {
  return validate.integer('label', label, 1, LABEL_MAX)
}

/** A lease for an address. */
export const flowLabelGet: Kind<never, [addr: string | AddrInfo, label: number, options?: FlowLabelOptions]> = {
  name: 'addr, label, options?',
  get: writeOnly,
  set(place, addr, label, options = {}) {
    const [, { sockaddr }] = placedAddress(place, 'addr', addr)
    const number = labelArgument(label)
    const given = validate.options('options', options, KNOWN) as FlowLabelOptions
    const lease = {
      action: GET,
      label: number,
      share: validate.integer('options.share', given.share ?? IPV6_FL_S_EXCL, 0, IPV6_FL_S_ANY),
      flags: validate.integer('options.flags', given.flags ?? IPV6_FL_F_CREATE, 0, UINT16_MAX),
      expires: validate.integer('options.expires', given.expires ?? 0, 0, UINT16_MAX),
      linger: validate.integer('options.linger', given.linger ?? 0, 0, UINT16_MAX),
    }
    send(place, lease, sockaddr)
  },
}

/** The end of a lease. */
export const flowLabelPut: Kind<never, [label: number]> = {
  name: 'flow label',
  get: writeOnly,
  set(place, label) {
    send(place, { action: PUT, label: labelArgument(label), share: 0, flags: 0, expires: 0, linger: 0 })
  },
}

/** A longer lease. */
export const flowLabelRenew: Kind<never, [label: number, expires: number, linger?: number]> = {
  name: 'label, expires, linger?',
  get: writeOnly,
  set(place, label, expires, linger = 0) {
    const lease = {
      action: RENEW,
      label: labelArgument(label),
      share: 0,
      flags: 0,
      expires: validate.integer('expires', expires, 0, UINT16_MAX),
      linger: validate.integer('linger', linger, 0, UINT16_MAX),
    }
    send(place, lease)
  },
}
