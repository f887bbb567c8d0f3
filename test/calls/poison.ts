import { join, sep } from 'node:path'
import { root } from '../util/index.js'

/** The package's own code in a stack: compiled, or mapped back to the source. */
const OWN = [join(root, 'dist') + sep, join(root, 'src') + sep]

/** The line of a stack below the getter. */
const READER = 2

/**
 * Puts getters on Object.prototype while `act` runs, and returns which of them code of the package has met. Others may meet them too: Node
 * reads options of its own.
 */
export async function watchingReads(keys: readonly string[], act: () => Promise<unknown>): Promise<string[]> {
  const reads: string[] = []
  const isForeign = new Set(Object.getOwnPropertyNames(Object.prototype))
  const mine = keys.filter((key) => !isForeign.has(key))
  for (const key of mine) Object.defineProperty(Object.prototype, key, watcher(key, reads))
  try {
    await act()
  } finally {
    for (const key of mine) Reflect.deleteProperty(Object.prototype, key)
  }
  return reads
}

/** The setter is for ordinary objects of others, whose assignments would fail. */
function watcher(key: string, reads: string[]): PropertyDescriptor & ThisType<object> {
  return {
    configurable: true,
    get() {
      const reader = new Error('read').stack?.split('\n')[READER] ?? ''
      if (OWN.some((folder) => reader.includes(folder))) reads.push(`${key} ${reader.trim()}`)
      return undefined
    },
    set(value: unknown) {
      const descriptor = { value, writable: true, enumerable: true, configurable: true }
      Object.defineProperty(this, key, Object.assign(Object.create(null), descriptor))
    },
  }
}
