// What a session reports beside the data: lines of the key log, and sessions that can be resumed. The user's functions are called in a
// microtask, after the call that received the notification: they may well close the socket.

import { queueMicrotask } from '../support/globals.js'

/** Passes lines of the key log to the user, one by one. */
export function notifyKeylog(keylog: ((line: Buffer) => void) | undefined, lines: Buffer | undefined): void {
  const split = lines?.toString('latin1').split(/(?<=\n)/) ?? []
  queueMicrotask(() => {
    for (const line of split) callKeylog(keylog, line)
  })
}

/** An error of the user's function becomes a process warning: a log that fails is no reason to end the connection. */
function callKeylog(keylog: ((line: Buffer) => void) | undefined, line: string): void {
  try {
    keylog?.(Buffer.from(line))
  } catch (error) {
    process.emitWarning(`tlscfg.keylog: ${(error as Error)?.message ?? error}`)
  }
}

/** Passes a resumable session to the user, as a copy. */
export function notifySession(onsession: ((session: Buffer) => void) | undefined, session: Buffer | undefined): void {
  if (session && onsession) queueMicrotask(() => onsession(Buffer.from(session)))
}
