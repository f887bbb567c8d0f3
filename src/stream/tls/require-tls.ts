import * as validate from '../../support/validate.js'
import type { TlsConfig } from '../../tls/config.js'
import { type Context, contextOf } from '../../tls/context.js'
import type { TlsOptions } from '../../tls/options.js'
import type { StreamServer } from '../server.js'

/** Options that have to have a `tlscfg`. */
export type Encrypting<Options> = Options & {
  /** Keys, and whom to trust. */
  tlscfg: TlsConfig | Context
}

/** Has a server that is about to be adopted encrypt its connections; nothing is adopted when the configuration is no good. */
export async function adoptEncrypting<S>(
  tlscfg: TlsConfig | Context | undefined,
  adopt: () => Promise<unknown>,
): Promise<S> {
  const context = contextOf(validate.object('tlscfg', tlscfg) as TlsConfig | Context, true)
  const server = (await adopt()) as S & StreamServer
  server.secure(context)
  return server
}

/** A copy of the options; refuses those without a `tlscfg`. What is read again could be nothing by then, and nothing encrypted. */
export function requireConfig<Options extends TlsOptions>(options: Options): Options {
  const copy = { ...(validate.object('options', options) as Options) }
  copy.tlscfg ??= options.tlscfg
  validate.object('options.tlscfg', copy.tlscfg)
  return copy
}
