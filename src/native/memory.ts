import { markAsUntransferable } from 'node:worker_threads'

/** The sizes of memory that asm.js takes as its heap: the powers of two between these, and multiples of the larger one. */
const HEAP_LEAST = 1 << 12
const HEAP_MOST = 1 << 24

/** Takes care that memory cannot be detached. */
type Protection = (memory: ArrayBuffer) => void

/** Node's own way. From Node 24 on it holds against everything, before that only against what is given to `postMessage()` to transfer. */
const mark: Protection = (memory) => markAsUntransferable(memory)

// The grammar of asm.js is a small subset of that of the language.
// biome-ignore-start lint: see above
/** A module of asm.js. V8 never detaches memory that one was linked with, because its code goes by the address. The code is never called. */
function asmModule(stdlib: { Uint8Array: Uint8ArrayConstructor }, _foreign: unknown, heap: ArrayBuffer) {
  'use asm'
  var bytes = new stdlib.Uint8Array(heap)
  function at(i: number) {
    i = i | 0
    return (bytes[i >> 0] as number) | 0
  }
  return { at: at }
}
// biome-ignore-end lint: see above

/** What a minifier leaves of the module is not in the grammar any more, about which V8 would write a warning to the terminal. */
const IN_GRAMMAR = /\{\s+['"]use asm['"];?\n[\s\S]*return \{ at: at \};?\n\}$/

const link: Protection = (memory) => {
  asmModule({ Uint8Array }, undefined, memory)
}

/** Whether memory stays after an attempt to detach it. */
function holds(protect: Protection): boolean {
  const probe: ArrayBuffer & { transfer?(): unknown } = new ArrayBuffer(HEAP_LEAST)
  try {
    protect(probe)
    if (probe.transfer) probe.transfer()
    else structuredClone(probe, { transfer: [probe] })
  } catch {
    // It was refused; or this runtime has no such protection.
  }
  return probe.byteLength > 0
}

/** What protects memory here. Nothing does on a runtime that does not compile asm.js: with `--jitless`, or of another engine. */
function findProtection(): Protection | undefined {
  // Without transfer() the attempt would not tell what a mark is worth: on Node 20 a byte stream detaches marked memory.
  if ('transfer' in ArrayBuffer.prototype && holds(mark)) return mark
  return IN_GRAMMAR.test(String(asmModule)) && holds(link) ? link : undefined
}

const protection = findProtection()

/** Whether memory can be protected here. Where it cannot be, messages must have no memory in common. */
export const canProtect = protection !== undefined

/** Takes care that nothing can detach memory of 4096 bytes, a larger power of two up to 16 MiB, or a multiple of that. */
export function protect(memory: ArrayBuffer): ArrayBuffer {
  protection?.(memory)
  return memory
}

/**
 * Makes memory that messages of different receivers have in common: zeroed, and at least of that size. A receiver can reach all of it by
 * `data.buffer`, and one that transferred it to a thread or a stream would take away what the others hold: so nothing can detach it. It
 * takes no new properties, because a `byteLength` of its own would be believed.
 */
export function allocateShared(bytes: number): ArrayBuffer {
  const isSmall = bytes <= HEAP_MOST
  const power = 2 ** Math.ceil(Math.log2(Math.max(bytes, HEAP_LEAST)))
  const memory = new ArrayBuffer(isSmall ? power : Math.ceil(bytes / HEAP_MOST) * HEAP_MOST)
  return Object.preventExtensions(protect(memory))
}
