/** Which errors a caller may see: each says by a code what is wrong. */
import { IncompleteReadError, proxyProtocol, SystemError, tls } from 'berkeley'
import { HOSTILE } from './hostile.js'

/** What arguments may be refused with. */
const REFUSALS = new Set(['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE', 'ERR_INVALID_STATE'])

/**
 * The language says this of the caller's own proxy, whichever code asks it: it has no private members, even where it stands for ours; and of
 * what was to be iterated. */
const OF_THE_CALLER =
  /proxy that has been revoked|prototype\.values on a detached ArrayBuffer|^this is not a typed array\.$|^Class constructor|from an object whose class did not declare it$|^Receiver must be /

/** Codes of Node's, from its own streams, files and web streams. */
const OF_NODE = /^(ERR_(STREAM|SOCKET)_[A-Z_]+|ERR_INVALID_(HANDLE_TYPE|THIS|STATE|URL)|E[A-Z]+)$/

function shown(error: unknown): string {
  if (!(error instanceof Error)) return `no Error was thrown, but ${typeof error} ${String(error)}`
  return `${error.name} ${String((error as { code?: unknown }).code)}: ${error.message}\n${error.stack ?? ''}`
}

function isAllowed(error: Error & { code?: unknown }): boolean {
  const { code } = error
  if (typeof code !== 'string') return OF_THE_CALLER.test(error.message)
  // Hooks and callbacks of ours threw it.
  if (code.startsWith('HOSTILE')) return true
  // TypeScript refuses what is wrong before the addon sees it.
  if (/^native argument/.test(error.message)) return false
  if (error instanceof SystemError) return /^(E[A-Z0-9]*[A-Z]|E2BIG|EL[23][A-Z]+|EAI_[A-Z]+)$/.test(code)
  if (error instanceof tls.TlsError || error instanceof proxyProtocol.ProxyProtocolError) return true
  if (error instanceof IncompleteReadError) return true
  if (error.name === 'AbortError') return code === 'ABORT_ERR'
  if (error instanceof TypeError || error instanceof RangeError) return REFUSALS.has(code) || OF_NODE.test(code)
  return OF_NODE.test(code)
}

/** Why an error should not be seen; undefined for one that may be seen. */
export function complaint(error: unknown): string | undefined {
  if (error === HOSTILE || (error instanceof Error && isAllowed(error))) return undefined
  return shown(error)
}
