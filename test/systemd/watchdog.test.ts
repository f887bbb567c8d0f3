// Signs of life for the service manager: sd_watchdog_enabled(3).
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { systemd } from 'berkeley'
import { abstractName, leavesNoFd, runScript, script, start, within } from '../util/index.js'
import { Manager, withEnvironment } from './common.js'

leavesNoFd()

type Options = Parameters<typeof systemd.watchdog>[0]

const TIMEOUT_MS = 100

/** The watchdog of a service whose manager expects a sign of life within 100 ms. */
async function watched(t: TestContext, options?: Options) {
  const manager = await Manager.create(t)
  const variables = { WATCHDOG_USEC: `${TIMEOUT_MS * 1000}`, WATCHDOG_PID: `${process.pid}` }
  const previous = process.env['NOTIFY_SOCKET']
  process.env['NOTIFY_SOCKET'] = manager.address
  t.after(() => {
    if (previous === undefined) delete process.env['NOTIFY_SOCKET']
    else process.env['NOTIFY_SOCKET'] = previous
  })
  const dog = await withEnvironment(variables, () => systemd.watchdog(options))
  t.after(() => dog?.stop())
  return { manager, dog }
}

test('watchdog() sends a sign of life at once, and then twice in the time that the manager allows', async (t) => {
  const begin = performance.now()
  const { manager, dog } = await watched(t)
  assert.deepEqual([dog?.timeout, dog?.interval, dog?.isRunning], [TIMEOUT_MS, TIMEOUT_MS / 2, true])
  assert.deepEqual(await manager.texts(4), Array(4).fill('WATCHDOG=1\n'))
  const took = performance.now() - begin
  assert.ok(took >= (3 * TIMEOUT_MS) / 2 - 5, `three pauses took ${took} ms`)
})

test('watchdog() is undefined when it is not asked for, or of another process', async () => {
  for (const variables of [
    { WATCHDOG_USEC: undefined, WATCHDOG_PID: undefined },
    { WATCHDOG_USEC: '' },
    { WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' },
  ])
    assert.equal(await withEnvironment(variables, () => systemd.watchdog()), undefined)
})

test('watchdog() refuses variables that are no numbers, and wrong options', async () => {
  for (const WATCHDOG_USEC of ['0', '-1', '1s', ' 1', '18446744073709551615'])
    await withEnvironment({ WATCHDOG_USEC }, () =>
      assert.throws(() => systemd.watchdog(), { code: 'EINVAL', message: /\$WATCHDOG_USEC must be a whole number/ }),
    )
  await withEnvironment({ WATCHDOG_USEC: '1000000', WATCHDOG_PID: 'me' }, () =>
    assert.throws(() => systemd.watchdog(), { code: 'EINVAL', message: /\$WATCHDOG_PID must be a whole number/ }),
  )
  assert.throws(() => systemd.watchdog({ interval: 5 } as Options), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => systemd.watchdog({ check: true } as unknown as Options), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => systemd.watchdog({ signal: {} } as Options), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('a watchdog of weeks does not send all the time', async (t) => {
  const manager = await Manager.create(t)
  const variables = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: '9007199254740991', WATCHDOG_PID: undefined }
  const dog = await withEnvironment(variables, () => systemd.watchdog())
  assert.equal(dog?.interval, 0x7fffffff)
  dog?.stop()
  assert.deepEqual(await manager.texts(1), ['WATCHDOG=1\n'])
})

test('stop(), disposal and the signal end the signs of life', async (t) => {
  const stop = new AbortController()
  const { dog } = await watched(t, { signal: stop.signal })
  stop.abort()
  assert.equal(dog?.isRunning, false)
  const second = (await watched(t)).dog
  second?.stop()
  second?.stop()
  assert.equal(second?.isRunning, false)
  const third = (await watched(t)).dog
  third?.[Symbol.dispose]()
  assert.equal(third?.isRunning, false)
  const fourth = (await watched(t, { signal: AbortSignal.abort() })).dog
  assert.equal(fourth?.isRunning, false)
})

test('a check that is not true leaves the sign of life out (H145)', async (t) => {
  let answers: (boolean | Promise<boolean>)[] = [false, Promise.resolve(false), Promise.resolve(true), true]
  const asked: unknown[] = []
  const { manager, dog } = await watched(t, {
    check: () => {
      const answer = answers.shift() ?? false
      asked.push(answer)
      return answer
    },
  })
  assert.deepEqual(await manager.texts(2), ['WATCHDOG=1\n', 'WATCHDOG=1\n'])
  assert.ok(asked.length >= 4)
  dog?.stop()
  answers = []
})

test('what a check throws, and a manager that is gone, go to onError or become a warning', async (t) => {
  const errors: unknown[] = []
  const failure = new Error('the database is gone')
  let told: () => void = () => {}
  const twice = new Promise<void>((resolve) => {
    told = resolve
  })
  const { dog } = await watched(t, {
    check: () => Promise.reject(failure),
    onError: (error) => {
      errors.push(error)
      if (errors.length === 2) told()
    },
  })
  await within(twice, 'the second failure')
  dog?.stop()
  assert.deepEqual(errors, [failure, failure])

  const { stderr, code } = await runScript(`
    import { systemd } from 'berkeley'
    Object.assign(process.env, { WATCHDOG_USEC: '1000000', NOTIFY_SOCKET: '@berkeley-nobody-${process.pid}' })
    const dog = systemd.watchdog()
    const alive = setInterval(() => {}, 1000)
    await new Promise((warned) => process.once('warning', warned))
    clearInterval(alive)
  `)
  assert.equal(code, 0)
  assert.match(
    stderr,
    /BERKELEY_WATCHDOG.*the service manager could not be notified: SystemError: sendmsg ECONNREFUSED/,
  )
})

test('a watchdog does not keep the process alive', async (t) => {
  const manager = await Manager.create(t, abstractName())
  const env = { ...process.env, NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: '60000000' }
  const code = "import { systemd } from 'berkeley'; if (!systemd.watchdog()?.isRunning) process.exit(2)"
  const child = start(t, process.execPath, script(code), { env })
  assert.deepEqual(await manager.texts(1), ['WATCHDOG=1\n'])
  assert.equal((await child.ended).code, 0)
})
