import { isFdName } from '../inherited/names.js'
import { RIGHTS_MAX } from '../message/cmsghdr.js'
import { protocolError } from './line.js'

// What is said, a line each. The former process begins:
//
//   {"handover":1,"sockets":[{"name":"web","unlink":false}, …]}   with the descriptors
//                                                 ready           the successor is about to accept
//   done                                                          the former process stops to accept
//
// or instead of "done", at any time:
//
//   withdrawn                                                     it goes on to accept itself
//
// A line that breaks before "ready" has changed nothing. If it breaks between "ready" and "done", the former process has ended.

/** The successor has everything, and is about to accept. */
export const READY = 'ready'
/** The former process accepts no more. */
export const DONE = 'done'
/** The former process goes on as before. */
export const WITHDRAWN = 'withdrawn'

/** What is said of each socket. */
export interface OfferedSocket {
  /** What it was called. */
  readonly name: string
  /** Whether closing it is to remove its file. */
  readonly unlink: boolean
}

const VERSION = 1

/** Writes the first line. */
export function offerLine(sockets: readonly OfferedSocket[]): string {
  return JSON.stringify({ handover: VERSION, sockets })
}

/**
 * Reads the first line.
 * @throws EPROTO for anything else.
 */
export function offeredIn(line: string): OfferedSocket[] {
  const sockets = Object(parsed(line)).sockets as unknown
  if (!Array.isArray(sockets) || sockets.length > RIGHTS_MAX) throw protocolError('an offer without a list of sockets')
  return sockets.map((socket: unknown) => {
    const { name, unlink } = Object(socket) as Record<string, unknown>
    if (typeof name !== 'string' || !isFdName(name) || typeof unlink !== 'boolean')
      throw protocolError('a socket without a name')
    return { name, unlink }
  })
}

function parsed(line: string): unknown {
  let offer: unknown
  try {
    offer = JSON.parse(line)
  } catch (error) {
    throw protocolError(`not an offer: ${(error as Error).message}`)
  }
  const { handover } = Object(offer) as Record<string, unknown>
  if (handover !== VERSION) throw protocolError(`an offer of version ${JSON.stringify(handover)}, and not ${VERSION}`)
  return offer
}
