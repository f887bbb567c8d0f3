import type { TlsConfig } from '../tls/config.js'
import type { Context } from '../tls/context.js'
import type { TlsOptions } from '../tlscfg.js'
import * as validate from '../validate.js'

/** Options that have to have a `tlscfg`. */
export type Encrypting<Options> = Options & {
  /** Keys, and whom to trust. */
  tlscfg: TlsConfig | Context
}

/** Refuses options without a `tlscfg`. */
export function requireConfig<Options extends TlsOptions>(options: Options): Options {
  const { tlscfg } = validate.object('options', options) as TlsOptions
  validate.object('options.tlscfg', tlscfg)
  return options
}
