// What a program pays that loads the package and makes no socket.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd, runScript } from '../util/index.js'

leavesNoFd()

const counting = `
  import { readdirSync } from 'node:fs'
  import { readdir } from 'node:fs/promises'
  const counts = () => ({
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    resources: process.getActiveResourcesInfo(),
    listeners: process.eventNames().length,
  })`

describe('the package that is loaded and not used', () => {
  for (const entry of ['berkeley', 'berkeley/llsocket'])
    test(`${entry} adds no descriptor, no thread, nothing that keeps the event loop, and no listener of the process (H161)`, async () => {
      const { stdout, stderr, code } = await runScript(`${counting}
        // The loader of ES modules reads files, for which Node starts its pool of threads.
        await readdir('/')
        await new Promise((resolve) => setImmediate(resolve))
        const before = counts()
        await import('${entry}')
        await new Promise((resolve) => setImmediate(resolve))
        console.log(JSON.stringify([before, counts()]))`)
      assert.equal(code, 0, stderr)
      const [before, after] = JSON.parse(stdout)
      assert.deepEqual(after, before)
    })

  test('loads no module of Node that takes long, as long as nothing of it is used', async () => {
    const { stdout, stderr } = await runScript(`
      const before = new Set(process.moduleLoadList)
      await import('berkeley')
      const slow = /NativeModule (crypto|tls|http|http2|dgram|child_process)$/
      console.log(process.moduleLoadList.filter((name) => !before.has(name) && slow.test(name)).join())`)
    assert.equal(stdout.trim(), '', stderr)
  })
})
