import { native } from '../native/sockets.js'
import { clearInterval, setInterval } from '../support/globals.js'

/** How often idle sessions are looked for, in milliseconds. One that was not used in between gives back the 33 KB of its buffers. */
const IDLE_MS = 1000

/** An object with buffers that it needs only while it is in use. */
export interface Trimmable {
  /** Frees the buffers; returns false if it was used since the last call, and keeps them then. */
  trim(): boolean
}

/** The objects that have buffers to free. Weak references: they must not keep a lost session alive. */
const tracked = new Set<WeakRef<Trimmable>>()
let timer: NodeJS.Timeout | undefined

/** Tracks an object that has come into use, until it has been trimmed. */
export function trackIdle(object: Trimmable): void {
  tracked.add(new WeakRef(object))
  // Outside of the asynchronous context that uses TLS first, whose store it would keep as long as there is traffic.
  if (timer === undefined)
    native.callOutside(() => {
      timer = setInterval(trimIdle, IDLE_MS).unref()
    })
}

function trimIdle(): void {
  for (const reference of tracked) if (reference.deref()?.trim() ?? true) tracked.delete(reference)
  if (tracked.size > 0) return
  clearInterval(timer)
  timer = undefined
}
