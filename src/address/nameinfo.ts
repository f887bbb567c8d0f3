import { AF_INET, AF_INET6, NI_NUMERICHOST, NI_NUMERICSERV } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { type NamePair, native } from '../native/sockets.js'
import { check, resolverError } from '../support/errors.js'
import { COOP_BUDGET } from '../support/fairness.js'
import { setImmediate } from '../support/globals.js'
import type { AddrInfo, NameInfo } from './addrinfo.js'

/** How many lookups were answered without a wait: see {@link COOP_BUDGET}. */
let budgetUsed = 0

const NUMERIC = NI_NUMERICHOST | NI_NUMERICSERV

/** Whether no resolver is needed: numbers are asked for, or the names of a unix address, which is its own. */
function isImmediate({ family }: AddrInfo, flags: number): boolean {
  return (flags & NUMERIC) === NUMERIC || (family !== AF_INET && family !== AF_INET6)
}

/**
 * Looks up the names of an address on a thread of libuv's pool, in the lane for slow work; or at once, if no resolver is needed. Rejects
 * with the errors that {@link AddrInfo.nameinfo} throws.
 */
export async function reverse(ai: AddrInfo, flags: number): Promise<NameInfo> {
  if (!isImmediate(ai, flags)) return ask(ai, flags)
  if (++budgetUsed % COOP_BUDGET === 0) await new Promise((turn) => setImmediate(turn))
  return ai.nameinfo(flags)
}

function ask(ai: AddrInfo, flags: number): Promise<NameInfo> {
  return new Promise((done, fail) => {
    const answered = (answer: NamePair | number): void => {
      if (typeof answer === 'number') fail(resolverError(answer, 'getnameinfo', ai.context()))
      else done({ host: answer[0], serv: answer[1] })
    }
    const started = native.getnameinfoAsync(answered, ai.sockaddr, flags)
    // An address that is too short for its family: the C library answers that without a lookup.
    if (started === -sys.EINVAL) done(ai.nameinfo(flags))
    else check(started, 'getnameinfo', ai.context())
  })
}
