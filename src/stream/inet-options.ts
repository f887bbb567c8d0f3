import { INET_ADDRESS } from '../address/inet.js'
import { SOCK_STREAM } from '../constants/exported.generated.js'
import { PREPARE_OPTIONS } from '../socket/create.js'
import { tlsOptions } from '../tls/options.js'

export { CLIENT_OPTIONS } from '../socket/inet.js'

/** The names of the options of a TCP server. */
export const SERVER_OPTIONS = [
  ...INET_ADDRESS,
  'v6only',
  'reuseaddr',
  'reuseport',
  'tcpnodelay',
  'protocol',
  ...PREPARE_OPTIONS,
  ...tlsOptions(SOCK_STREAM),
]
