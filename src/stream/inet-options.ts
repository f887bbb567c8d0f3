import { INET_ADDRESS } from '../address/inet.js'
import { SOCK_STREAM } from '../constants/exported.generated.js'
import { tlsClientOptions, tlsOptions } from '../tls/options.js'

/** The names of the options of a TCP client. */
export const CLIENT_OPTIONS = [...INET_ADDRESS, 'tcpnodelay', 'prepare', 'signal', ...tlsClientOptions(SOCK_STREAM)]

/** The names of the options of a TCP server. */
export const SERVER_OPTIONS = [
  ...INET_ADDRESS,
  'v6only',
  'reuseaddr',
  'reuseport',
  'tcpnodelay',
  'prepare',
  ...tlsOptions(SOCK_STREAM),
]
