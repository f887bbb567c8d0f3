import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withoutGathering } from '../util/batches.js'
import { run, script } from '../util/index.js'

/** What a program prints that waits for a message, under a value of a variable. */
async function waitUnder(variable: string, value: string | undefined): Promise<string> {
  const program = `
    import { stream } from 'berkeley'
    const [a, b] = await stream.unix.pair()
    b.send('at once')
    console.log(String(await a.recv()))
    try {
      const waiting = a.recv()
      b.send('later')
      console.log(String(await waiting))
    } catch (error) {
      console.log(error.code, error.message)
    }
    await Promise.all([a.close(), b.close()])`
  const { BERKELEY_POLLER: _, BERKELEY_SHORT_BATCH: __, ...others } = process.env
  const env = value === undefined ? others : { ...others, [variable]: value }
  const { stdout, stderr, code } = await run(process.execPath, script(program), { env })
  assert.deepEqual([stderr, code], ['', 0])
  return stdout
}

describe('BERKELEY_POLLER chooses how sockets wait', () => {
  for (const value of [undefined, '', 'epoll'])
    test(`${value === undefined ? 'nothing' : JSON.stringify(value)} is fine`, async () => {
      assert.equal(await waitUnder('BERKELEY_POLLER', value), 'at once\nlater\n')
    })

  for (const value of ['EPOLL', 'kqueue', 'toString', '__proto__', ' epoll'])
    test(`${JSON.stringify(value)} is refused by the first call that waits, which says what there is`, async () => {
      const message = `\\$BERKELEY_POLLER must be one of epoll\\b.*, and is ${JSON.stringify(value)}`
      assert.match(await waitUnder('BERKELEY_POLLER', value), new RegExp(`^at once\nERR_BERKELEY_POLLER ${message}\n$`))
    })
})

describe('BERKELEY_SHORT_BATCH says when calls wait for the end of a batch', { skip: withoutGathering }, () => {
  for (const value of ['', '0', '250', '1000000'])
    test(`${JSON.stringify(value)} is fine`, async () => {
      assert.equal(await waitUnder('BERKELEY_SHORT_BATCH', value), 'at once\nlater\n')
    })

  for (const value of ['-1', '1000001', '0.5', '1e3', 'off'])
    test(`${JSON.stringify(value)} is refused by the first call that waits`, async () => {
      const message = `\\$BERKELEY_SHORT_BATCH must be microseconds, 1000000 at most, and is ${JSON.stringify(value)}`
      assert.match(
        await waitUnder('BERKELEY_SHORT_BATCH', value),
        new RegExp(`^at once\nERR_BERKELEY_SHORT_BATCH ${message}\n$`),
      )
    })
})
