import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { connect, type stream } from 'berkeley'
import { type Child, closing, eventually, leavesNoFd, PATIENCE_MS, start, tempFolder } from '../util/index.js'
import { portOf, program } from './programs.js'

leavesNoFd()

const CLIENTS = 4
const ANSWERS_OF_EACH = 100

/** A server that replaces itself: it and its successors are a process group, which is gone after the test. */
function startFamily(t: TestContext, ...nodeOptions: string[]): Child {
  t.after(() => {
    try {
      process.kill(-(family.process.pid as number), 'SIGKILL')
    } catch {
      // All have ended by themselves.
    }
  })
  const family = start(t, process.execPath, [...nodeOptions, program('hand-over'), '0'], { detached: true })
  return family
}

/** The process that took over last, when it is a new one. */
async function newest(family: Child, known: readonly number[]): Promise<number> {
  const others = known.length > 0 ? `(?!(?:${known.join('|')})\n)` : ''
  const [, pid] = await family.waitForOutput(new RegExp(`^listening on .*, process ${others}([0-9]+)\n`, 'm'))
  return Number(pid)
}

/** Asks over a connection, and returns the number of the process that answered. */
async function ask(client: stream.inet.Socket): Promise<number> {
  client.deadlines(PATIENCE_MS, PATIENCE_MS)
  await client.send('who?')
  let answer = ''
  while (!answer.endsWith('who?')) {
    const data = await client.recv()
    if (data === null) throw new Error(`the connection ended after '${answer}'`)
    answer += data
  }
  return Number(/^process ([0-9]+): /.exec(answer)?.[1])
}

/** Clients that connect, ask and close, again and again, until they are told to stop. */
class Crowd {
  readonly answers = new Map<number, number>()
  readonly failures: string[] = []
  #over = false
  readonly #clients: Promise<void>[]

  constructor(port: number) {
    this.#clients = Array.from({ length: CLIENTS }, () => this.#go(port))
  }

  async #go(port: number): Promise<void> {
    while (!this.#over)
      try {
        await using client = await connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS })
        const pid = await ask(client)
        this.answers.set(pid, (this.answers.get(pid) ?? 0) + 1)
      } catch (error) {
        this.failures.push((error as Error).message)
      }
  }

  /** Waits until that process has answered often enough, or something went wrong. */
  hears(pid: number): Promise<void> {
    const isThrough = (): boolean => (this.answers.get(pid) ?? 0) >= ANSWERS_OF_EACH || this.failures.length > 0
    return eventually(isThrough, `${ANSWERS_OF_EACH} answers of process ${pid}`)
  }

  async close(): Promise<void> {
    this.#over = true
    await Promise.all(this.#clients)
  }
}

test('hand-over refuses no client over four generations and answers each one (H82)', async (t) => {
  const family = startFamily(t)
  const port = await portOf(family)
  const generations = [await newest(family, [])]
  const patient = closing(t, await connect({ host: '127.0.0.1', port }))
  assert.equal(await ask(patient), generations[0])

  const crowd = closing(t, new Crowd(port))
  await crowd.hears(generations[0] as number)
  for (let i = 0; i < 3; i++) {
    const former = generations[i] as number
    process.kill(former, 'SIGHUP')
    const successor = await newest(family, generations)
    await family.waitForOutput(new RegExp(`^process ${former} accepts no more\n`, 'm'))
    generations.push(successor)
    await crowd.hears(successor)
  }
  await crowd.close()
  assert.deepEqual(crowd.failures, [])
  assert.deepEqual([...crowd.answers.keys()], generations)

  // A connection belongs to the process that accepted it, to its end; and then that process ends.
  assert.equal(await ask(patient), generations[0])
  assert.equal(family.process.exitCode, null)
  await patient.close()
  await eventually(() => family.process.exitCode !== null, 'the end of the first process')
  assert.equal(family.process.exitCode, 0)

  process.kill(generations.at(-1) as number, 'SIGTERM')
  const { stderr } = await family.ended // settles when every process of the family has closed its output
  assert.equal(stderr, '')
})

test('hand-over changes nothing when the successor fails (H82)', async (t) => {
  const preload = join(tempFolder(t), 'preload.mjs')
  writeFileSync(preload, '')
  const family = startFamily(t, '--import', pathToFileURL(preload).href)
  const port = await portOf(family)
  const first = await newest(family, [])

  writeFileSync(preload, 'process.exit(1)')
  process.kill(first, 'SIGHUP')
  await family.waitForOutput(/^no successor: /m)
  const client = closing(t, await connect({ host: '127.0.0.1', port }))
  assert.equal(await ask(client), first)
  await client.close()

  writeFileSync(preload, '')
  process.kill(first, 'SIGHUP')
  const second = await newest(family, [first])
  await family.waitForOutput(new RegExp(`^process ${first} accepts no more\n`, 'm'))
  const next = closing(t, await connect({ host: '127.0.0.1', port }))
  assert.equal(await ask(next), second)
  await next.close()
  process.kill(second, 'SIGTERM')
  await family.ended
})
