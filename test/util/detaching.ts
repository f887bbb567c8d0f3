import { MessageChannel } from 'node:worker_threads'

const transferred = (view: Uint8Array): ArrayBuffer[] => [view.buffer as ArrayBuffer]

/** Every way in which a program can take memory away from others that have a part of it. Each may fail. */
export const detachments: [way: string, detach: (view: Uint8Array) => Promise<unknown>][] = [
  ['structuredClone()', async (view) => structuredClone(view, { transfer: transferred(view) })],
  [
    'postMessage()',
    async (view) => {
      const { port1 } = new MessageChannel()
      try {
        port1.postMessage(view, transferred(view))
      } finally {
        port1.close()
      }
    },
  ],
  [
    'transfer()',
    async (view) => {
      const transfer = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'transfer')?.value
      return transfer?.call(view.buffer)
    },
  ],
  [
    'a byte stream',
    async (view) => {
      const stream = new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(view) })
      return stream.getReader().read()
    },
  ],
  [
    'a reader that brings its memory',
    async (view) => {
      const stream = new ReadableStream({
        type: 'bytes',
        start: (controller) => controller.enqueue(new Uint8Array(1)),
      })
      return stream.getReader({ mode: 'byob' }).read(view)
    },
  ],
]
