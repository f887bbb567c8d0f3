import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from 'berkeley'
import { type Child, leavesNoFd, PATIENCE_MS, run } from '../util/index.js'
import { portOf, program, startExample } from './programs.js'

leavesNoFd()

/** More than enough: the kernel would have to choose the same one of three this often. */
const TRIES = 300

async function workersOf(parent: Child): Promise<number[]> {
  const [, list = ''] = await parent.waitForOutput(/workers ([0-9, ]+)\n/)
  return list.split(', ').map(Number)
}

/** The worker that serves a new connection. */
async function ask(port: number): Promise<number> {
  await using client = await connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS })
  client.deadlines(PATIENCE_MS, PATIENCE_MS)
  await client.send('who?')
  return Number(/^process ([0-9]+): who\?$/.exec(`${await client.recv()}`)?.[1])
}

/** The processes that answered, until so many different ones have. */
async function hear(port: number, wanted: number): Promise<Set<number>> {
  const heard = new Set<number>()
  for (let i = 0; i < TRIES && heard.size < wanted; i++) heard.add(await ask(port))
  return heard
}

test('prefork spreads connections over its workers, and SIGTERM ends and reaps all of them', async (t) => {
  const parent = startExample(t, 'prefork', '0', '3')
  const port = await portOf(parent)
  const workers = await workersOf(parent)
  assert.equal(new Set(workers).size, 3)

  const heard = await hear(port, 3)
  assert.deepEqual([...heard].sort(), [...workers].sort())

  parent.process.kill('SIGTERM')
  const { code, stderr } = await parent.ended
  assert.deepEqual([code, stderr], [0, ''])
  for (const pid of workers) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('prefork reports a worker that dies and continues, and ends with status 1 without any', async (t) => {
  const parent = startExample(t, 'prefork', '0', '2')
  const port = await portOf(parent)
  const [first = 0, second = 0] = await workersOf(parent)
  process.kill(first, 'SIGKILL')
  await parent.waitForOutput(new RegExp(`^worker ${first} ended by itself \\(SIGKILL\\)$`, 'm'))
  for (let i = 0; i < 10; i++) assert.equal(await ask(port), second)
  process.kill(second, 'SIGKILL')
  const { code, stderr } = await parent.ended
  assert.equal(code, 1)
  assert.match(stderr, /no worker is left/)
})

test('the workers of prefork do not outlive a parent that was killed', async (t) => {
  const parent = startExample(t, 'prefork', '0', '2')
  await workersOf(parent)
  parent.process.kill('SIGKILL')
  const { signal } = await parent.ended // the workers have the same output: it settles when they are gone too
  assert.equal(signal, 'SIGKILL')
})

test('prefork ends by Ctrl-C, which reaches every process', async (t) => {
  const parent = startExample(t, 'prefork', '0', '2')
  await portOf(parent)
  for (const pid of await workersOf(parent)) process.kill(pid, 'SIGINT')
  parent.process.kill('SIGINT')
  const { code, stderr } = await parent.ended
  assert.deepEqual([code, stderr], [0, ''])
})

test('prefork ends with status 1 and an error for a wrong number of workers or a port in use', async (t) => {
  const none = await run(process.execPath, [program('prefork'), '0', 'many'])
  assert.equal(none.code, 1)
  assert.match(none.stderr, /workers must be a number from 1, not many/)
  const other = startExample(t, 'hand-over', '0')
  const taken = await run(process.execPath, [program('prefork'), `${await portOf(other)}`])
  assert.equal(taken.code, 1)
  assert.match(taken.stderr, /SystemError: bind EADDRINUSE/)
})
