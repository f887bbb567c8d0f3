import { AddrInfo } from '../../address.js'
import { SOCK_STREAM } from '../../constants.js'
import * as validate from '../../validate.js'

/** Where a unix socket lives. A first NUL makes the name abstract. */
export interface UnixAddress {
  /** Path or abstract name, as text or bytes. */
  path?: string | Uint8Array
  /** The same as `path`. */
  pathname?: string | Uint8Array
}

/** The address that options name. */
export function addressOf(options: UnixAddress): AddrInfo {
  validate.object('options', options)
  const path = options.path ?? options.pathname
  if (path === undefined)
    throw validate.invalidType('options.path', 'of type string or an instance of Uint8Array', path)
  return AddrInfo.unix(path, { socktype: SOCK_STREAM })
}
