import { type AddrInfo, addressArgument, type NameInfo } from '../address/addrinfo.js'
import { reverse } from '../address/nameinfo.js'
import { budget } from '../engine/deadline.js'
import { ignoreAbort, isAborted, listenForAbort, reasonOf } from '../support/abort-signal.js'
import { abortError, timeoutError } from '../support/errors.js'
import { clearTimeout, setTimeout } from '../support/globals.js'
import * as validate from '../support/validate.js'
import type { WaitOptions } from './settings.js'

/** Options of {@link getnameinfo}. */
export interface NameInfoOptions extends WaitOptions {
  /** Milliseconds that the lookup may take, 0 for no limit, which is the default. */
  timeout?: number | undefined
}

/**
 * Looks up the host and service names of an address. Unlike {@link AddrInfo.nameinfo} it does not stop the thread while the resolver asks
 * a name server. Names are what the owner of the address says: they prove nothing.
 * @param ai - the address.
 * @param flags - `NI_*` flags, OR-ed: `NI_NAMEREQD` for a name or an error, `NI_DGRAM` for the names of UDP services.
 * @param options - `signal` and `timeout` end the wait; the resolver goes on until it has an answer, which is discarded, and keeps the
 *   process alive that long.
 * @returns `host` and `serv`, each as a name or in numbers.
 * @throws SystemError with an `EAI_*` code and syscall `getnameinfo`, TimeoutError, AbortError.
 * @see {@link https://man7.org/linux/man-pages/man3/getnameinfo.3.html getnameinfo(3)}
 */
export async function getnameinfo(ai: AddrInfo, flags = 0, options: NameInfoOptions = {}): Promise<NameInfo> {
  const address = addressArgument('ai', ai)
  const bits = validate.integer('flags', flags)
  const given = validate.options('options', options, ['signal', 'timeout']) as NameInfoOptions
  const milliseconds = budget('options.timeout', given.timeout ?? 0)
  const signal = given.signal === undefined ? undefined : validate.abortSignal('options.signal', given.signal)
  if (isAborted(signal)) throw abortError(reasonOf(signal), address.context())
  return unlessEnded(address, reverse(address, bits), milliseconds, signal)
}

/** Waits for the names no longer than the caller would. */
function unlessEnded(
  ai: AddrInfo,
  names: Promise<NameInfo>,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<NameInfo> {
  return new Promise((resolve, reject) => {
    const isOver = (): void => {
      clearTimeout(timer)
      if (signal) ignoreAbort(signal, onAbort)
    }
    const end = (error: Error): void => {
      isOver()
      reject(error)
    }
    const onAbort = (): void => end(abortError(signal && reasonOf(signal), ai.context()))
    const onTimer = (): void => end(timeoutError('getnameinfo', ai.context()))
    const timer = milliseconds === 0 ? undefined : setTimeout(onTimer, Math.ceil(milliseconds))
    if (signal) listenForAbort(signal, onAbort)
    names.finally(isOver).then(resolve, reject)
  })
}
