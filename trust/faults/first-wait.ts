/** A worker that waits twice. Posts what the first wait threw, if it did; the second has to succeed. */
import { parentPort } from 'node:worker_threads'
import { stream } from 'berkeley'
import { within } from '../../test/util/index.js'

async function conversation(): Promise<void> {
  const [from, to] = await stream.unix.pair()
  try {
    const waiting = to.recv()
    waiting.catch(() => {})
    await from.send('hello')
    if ((await within(waiting, 'a wait', 3000))?.toString() !== 'hello') throw new Error('something else arrived')
  } finally {
    await from.close()
    await to.close()
  }
}

let told: unknown
try {
  await conversation()
} catch (error) {
  const { code, syscall, message } = error as NodeJS.ErrnoException
  told = { code, syscall, message }
}
await conversation()
parentPort?.postMessage(told)
