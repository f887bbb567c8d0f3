import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { rw } from './option.js'

const can = level('SOL_CAN_RAW')

/** Options of raw CAN sockets, in the order of their constants. See the kernel's Documentation/networking/can.rst. */
export const canOptions = {
  /** The classes of errors that are received as frames: `CAN_ERR_*`, OR-ed; none by default. */
  canerrfilter: rw(can('CAN_RAW_ERR_FILTER'), kind.u32),
  /** Whether frames of CAN FD can be sent and are received. */
  canfdframes: rw(can('CAN_RAW_FD_FRAMES'), kind.bool),
  /** The identifiers that are received: those that equal `id` in the bits of `mask`, of one of the filters; all by default, with no filter none. */
  canfilter: rw(can('CAN_RAW_FILTER'), kind.canFilters),
  /** Whether a frame has to match every filter, and not only one. */
  canjoinfilters: rw(can('CAN_RAW_JOIN_FILTERS'), kind.bool),
  /** Whether other sockets of this host receive what this one sends; true by default. */
  canloopback: rw(can('CAN_RAW_LOOPBACK'), kind.bool),
  /** Whether this socket receives what it sends. */
  canrecvownmsgs: rw(can('CAN_RAW_RECV_OWN_MSGS'), kind.bool),
  /** Whether frames of CAN XL can be sent and are received. */
  canxlframes: rw(can('CAN_RAW_XL_FRAMES'), kind.bool),
}
