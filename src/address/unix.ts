import * as validate from '../support/validate.js'
import { AddrInfo } from './addrinfo.js'

/** Where a unix socket lives. A first NUL makes the name abstract. */
export type UnixAddress =
  | {
      /** Path or abstract name, as text or bytes. */
      path: string | Uint8Array
      /** Not both. */
      pathname?: undefined
    }
  | {
      /** The same as `path`. */
      pathname: string | Uint8Array
      /** Not both. */
      path?: undefined
    }

/** The properties of {@link UnixAddress}. */
export const UNIX_ADDRESS = ['path', 'pathname']

/** The address that options name, for sockets of that type. An empty path, which names nothing, is refused. */
export function namedAddress(options: UnixAddress, socktype: number): AddrInfo {
  const ai = addressOf(options, socktype)
  if (ai.path === '') throw validate.invalidValue('options.path', 'must not be empty', options.path ?? options.pathname)
  return ai
}

/** The address that options name, for sockets of that type. */
export function addressOf(options: UnixAddress, socktype: number): AddrInfo {
  validate.object('options', options)
  const { path, pathname } = options
  if (path !== undefined && pathname !== undefined)
    throw validate.invalidValue('options', 'must have a path or a pathname, not both', options)
  const name = path ?? pathname
  if (name === undefined)
    throw validate.invalidType('options.path', 'of type string or an instance of Uint8Array', name)
  return AddrInfo.unix(name, { socktype })
}

/** The address of a path or abstract name, as a list of one: so that both families are used alike. */
export const lookupUnixFor =
  (socktype: number) =>
  async (options: UnixAddress): Promise<AddrInfo[]> => [addressOf(options, socktype)]
