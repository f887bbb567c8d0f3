import { namedAddress, UNIX_ADDRESS, type UnixAddress } from '../address/unix.js'
import * as validate from '../support/validate.js'
import { type TlsClientOptions, tlsClientOptions } from '../tls/options.js'
import type { Dial } from './dialer.js'
import type { PrepareOptions } from './prepare.js'
import type { WaitOptions } from './settings.js'

/** Where to connect to, and who may end the attempt. */
export type UnixClientOptions = UnixAddress & PrepareOptions & WaitOptions & TlsClientOptions

/** How clients of that type find their server. */
export const dialUnix = (socktype: number): Dial<UnixClientOptions> => ({
  checked(options) {
    const known = [...UNIX_ADDRESS, 'prepare', 'signal', ...tlsClientOptions(socktype)]
    const given = validate.options('options', options, known) as UnixClientOptions
    namedAddress(given, socktype)
    return given
  },
  lookup: async (options) => [namedAddress(options, socktype)],
})
