import * as validate from '../support/validate.js'
import { AddrInfo } from './addrinfo.js'

/** The options that name a unix address: `path`, or `pathname` as an alias of it. A first NUL makes the name abstract. */
export type UnixAddress =
  | {
      /** Path or abstract name, as text or bytes. */
      path: string | Uint8Array
      /** Cannot be combined with the other. */
      pathname?: undefined
    }
  | {
      /** Alias of `path`. */
      pathname: string | Uint8Array
      /** Cannot be combined with the other. */
      path?: undefined
    }

/** The names of the properties of {@link UnixAddress}. */
export const UNIX_ADDRESS = ['path', 'pathname']

/**
 * The address that options name, for one type of socket. An empty path is refused: it is the unnamed address.
 * @param options - what `validate.options` has returned, which may have further properties.
 */
export function namedAddress(options: UnixAddress, socktype: number): AddrInfo {
  const ai = addressOf(options, socktype)
  if (ai.path === '') throw validate.invalidValue('options.path', 'must not be empty', options.path ?? options.pathname)
  return ai
}

/** As {@link namedAddress}, but an empty path is the unnamed address. */
export function addressOf(options: UnixAddress, socktype: number): AddrInfo {
  const { path, pathname } = options
  if (path !== undefined && pathname !== undefined)
    throw validate.invalidValue('options', 'must have a path or a pathname, not both', options)
  const name = path ?? pathname
  if (name === undefined)
    throw validate.invalidType('options.path', 'of type string or an instance of Uint8Array', name)
  return AddrInfo.unix(name, { socktype })
}

/** Makes the lookup for one type of socket: it resolves to a list of one address, so that unix and inet sockets are used alike. */
export const lookupUnixFor =
  (socktype: number) =>
  async (options: UnixAddress): Promise<AddrInfo[]> => [addressOf(unixAddress(options), socktype)]

/** Checks options that name a unix address, and nothing else. */
export function unixAddress(options: UnixAddress): UnixAddress {
  return validate.options('options', options, UNIX_ADDRESS) as UnixAddress
}
