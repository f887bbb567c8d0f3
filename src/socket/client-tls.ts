import type { SocketKind } from '../descriptor/kind.js'
import * as validate from '../support/validate.js'
import { contextIn, type TlsClientOptions } from '../tls/options.js'
import { checkHost, TlsSession } from '../tls/session.js'

/**
 * Checks the TLS options of a client, and returns what makes the session of each connection; nothing in the clear.
 * @param host - the host that the certificate has to be for, unless `servername` says otherwise.
 */
export function clientTls(options: TlsClientOptions, host?: string): ((kind: SocketKind) => TlsSession) | undefined {
  const context = contextIn(options, false)
  const { servername, session } = options
  if (context === undefined) {
    refuseWithoutTls(options)
    return undefined
  }
  const peer = { host, servername, session }
  checkHost(context, peer)
  return ({ shortReadDrains }) => new TlsSession(context, { host, servername, session, shortReadDrains })
}

/** Options of TLS would be ignored without `tlscfg`. */
function refuseWithoutTls({ servername, session }: TlsClientOptions): void {
  if (servername !== undefined || session !== undefined)
    throw validate.invalidValue('options', 'has a "servername" or a "session" without a "tlscfg"', { servername })
}
