import { AddrInfo } from '../address.js'
import type { Dial } from '../dialer.js'
import type { WaitOptions } from '../socket.js'
import * as validate from '../validate.js'

/** Where a unix socket lives. A first NUL makes the name abstract. */
export interface UnixAddress {
  /** Path or abstract name, as text or bytes. */
  path?: string | Uint8Array
  /** The same as `path`. */
  pathname?: string | Uint8Array
}

/** Where to connect to, and who may end the attempt. */
export interface UnixClientOptions extends UnixAddress, WaitOptions {}

/** The address that options name, for sockets of that type. */
export function addressOf(options: UnixAddress, socktype: number): AddrInfo {
  validate.object('options', options)
  const path = options.path ?? options.pathname
  if (path === undefined)
    throw validate.invalidType('options.path', 'of type string or an instance of Uint8Array', path)
  return AddrInfo.unix(path, { socktype })
}

/** How clients of that type find their server. */
export const dialUnix = (socktype: number): Dial<UnixClientOptions> => ({
  check: (options) => addressOf(options, socktype),
  lookup: lookupUnixFor(socktype),
})

/** The address of a path or abstract name, as a list of one: so that both families are used alike. */
export const lookupUnixFor =
  (socktype: number) =>
  async (options: UnixAddress): Promise<AddrInfo[]> => [addressOf(options, socktype)]
