// The obligations of the poller once more, where a thread waits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EpollPoller } from '#internal/engine/epoll.js'
import { leavesNoFd, runScript } from '../../util/index.js'
import { receivesAhead, reportsRest } from './epoll-suite.js'
import { keepsObligations } from './poller-suite.js'

// For the programs below.
process.env['BERKELEY_POLLER'] = 'thread'

leavesNoFd()

const poller = new EpollPoller(true, 250)

keepsObligations('thread', poller, 'epoll_ctl')
receivesAhead('thread', poller)
reportsRest('thread', poller)

test('the thread of a worker ends with it (H156)', async () => {
  const { stdout, stderr } = await runScript(`
    import { readdirSync } from 'node:fs'
    import { Worker } from 'node:worker_threads'
    import { stream } from 'berkeley'
    const [a, b] = await stream.unix.pair()
    setTimeout(() => a.write('x'), 1)
    await b.recv()
    const run = () => new Promise((resolve) => {
      new Worker(\`
        import('berkeley').then(async ({ stream }) => {
          const [a, b] = await stream.unix.pair()
          setTimeout(() => a.write('x'), 1)
          await b.recv()
        })\`, { eval: true }).on('exit', resolve)
    })
    const threads = () => readdirSync('/proc/self/task').length
    await run()
    const before = threads()
    for (let i = 0; i < 5; i++) await run()
    console.log(threads() - before)`)
  assert.deepEqual([stdout, stderr], ['0\n', ''])
})
