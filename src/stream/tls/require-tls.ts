import * as validate from '../../support/validate.js'
import type { TlsConfig } from '../../tls/config.js'
import { type Context, contextOf } from '../../tls/context.js'
import type { TlsOptions } from '../../tls/options.js'
import type { StreamServer } from '../server.js'

/** Options that have to have a `tlscfg`. */
export type Encrypting<Options> = Options & {
  /** Keys, and what to trust. */
  tlscfg: TlsConfig | Context
}

/** Adopts a server that encrypts its connections; nothing is adopted when the configuration cannot be used. */
export async function wrapEncrypting<S extends StreamServer>(
  tlscfg: TlsConfig | Context | undefined,
  wrap: () => Promise<S>,
): Promise<S> {
  const context = contextOf(validate.object('tlscfg', tlscfg) as TlsConfig | Context, true)
  const server = await wrap()
  server.secure(context)
  return server
}

/**
 * Returns a copy of the options, and refuses those without a `tlscfg`. Read again they might have none, and nothing would be encrypted.
 * @param known - the names of all options.
 */
export function requireConfig<Options extends TlsOptions>(options: Options, known: readonly string[]): Options {
  const copy = validate.options('options', options, known) as Options
  validate.object('options.tlscfg', copy.tlscfg)
  return copy
}
