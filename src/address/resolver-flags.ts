import { EAI_BADFLAGS } from '../constants/exported.generated.js'
import { nameOf, supportedBits } from '../constants/lookup.js'
import { resolverError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/**
 * Checks the flags of a lookup. One that this platform lacks has a number for the sake of its name: to the C library the number may mean
 * something else, or nothing.
 * @throws `EAI_BADFLAGS`.
 */
export function resolverFlags(family: 'AI_' | 'NI_', syscall: string, ...values: unknown[]): number {
  const flags = validate.flags('flags', values)
  const unknown = flags & ~supportedBits(family)
  if (unknown === 0) return flags
  const detail = `this platform has no flag ${nameOf(family, unknown & -unknown)}`
  throw resolverError(EAI_BADFLAGS, syscall, { detail })
}
