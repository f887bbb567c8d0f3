/** An idle session gives back the 33 KB of its buffers after so long. */
const IDLE_MS = 1000

/** What has something to give back while nobody uses it. */
export interface Relaxing {
  /** Gives it back; false while it is in use. */
  relax(): boolean
}

/** Those with something to give back. Weak: to be idle is no reason to live. */
const active = new Set<WeakRef<Relaxing>>()
let caretaker: NodeJS.Timeout | undefined

/** Looks after one that is in use from now on, until it has relaxed. */
export function lookAfter(one: Relaxing): void {
  active.add(new WeakRef(one))
  caretaker ??= setInterval(relaxIdle, IDLE_MS).unref()
}

function relaxIdle(): void {
  for (const reference of active) if (reference.deref()?.relax() ?? true) active.delete(reference)
  if (active.size > 0) return
  clearInterval(caretaker)
  caretaker = undefined
}
