// Keeps libuv's pool busy with what the addons do there, in the main thread and in workers that are ended in the midst of it:
//   node build/trust/threads/work.js SECONDS SEED
// Prints what was done as JSON. It is there for the thread sanitizer, and judges little by itself.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { stream } from 'berkeley'
import { resolve } from '#internal/address/resolver.js'
import { freshSeed, randomFrom } from '../../test/util/random.js'

const FILE_BYTES = 4 << 20
const WORKERS = 2

interface Plan {
  readonly until: number
  readonly seed: number
  readonly path: string
}

type Random = (below: number) => number

/** What a call that is given up early may say. */
const given = (error: { code?: string }): void =>
  assert.ok(['ECANCELED', 'EPIPE', 'ECONNRESET', 'EAI_CANCELED'].includes(error.code ?? ''), String(error))

/** A name: an address would be answered on this thread. */
async function lookups(random: Random): Promise<number> {
  const count = 1 + random(6)
  await Promise.all(Array.from({ length: count }, () => resolve({ host: 'localhost', port: random(65_536) })))
  return count
}

/** A file that is on its way when the socket is closed, now and then with a close that lingers. */
async function transfer(random: Random, path: string): Promise<void> {
  const server = await stream.inet.Server.create({ host: '127.0.0.1', port: 0 })
  server.listen()
  const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port as number })
  const peer = await server.accept()
  const file = openSync(path, 'r')
  try {
    if (random(3) === 0) client.linger(1)
    const sending = client.sendfile(file, FILE_BYTES).catch(given)
    const reading = peer.recv(FILE_BYTES).catch(given)
    if (random(2)) await pause(random(5))
    const closed = client.close()
    await reading
    await Promise.all([peer.close(), sending, closed, server.close()])
  } finally {
    closeSync(file)
  }
}

async function work({ until, seed, path }: Plan): Promise<{ lookups: number; transfers: number }> {
  const random = randomFrom(seed)
  const done = { lookups: 0, transfers: 0 }
  while (Date.now() < until) {
    const [looked] = await Promise.all([lookups(random), transfer(random, path)])
    done.lookups += looked
    done.transfers++
  }
  return done
}

/** One worker after the other, each of them ended at some point of its work. */
async function workers({ until, seed, path }: Plan): Promise<number> {
  const random = randomFrom(seed)
  for (let count = 0; ; count++) {
    if (Date.now() >= until) return count
    const plan: Plan = { until: until + 60_000, seed: random(2 ** 31), path }
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: plan })
    await Promise.race([pause(50 + random(400)), new Promise((_, reject) => worker.once('error', reject))])
    await worker.terminate()
  }
}

async function main(): Promise<void> {
  const [seconds, seed] = [Number(process.argv[2]), Number(process.argv[3] ?? freshSeed())]
  const folder = mkdtempSync(join(tmpdir(), 'bk-threads-'))
  try {
    const path = join(folder, 'file')
    writeFileSync(path, Buffer.alloc(FILE_BYTES))
    const plan = { until: Date.now() + seconds * 1000, seed, path }
    const ended = Array.from({ length: WORKERS }, (_, index) => workers({ ...plan, seed: seed + 1 + index }))
    const [done, ...counts] = await Promise.all([work(plan), ...ended])
    console.log(JSON.stringify({ ...done, workers: counts.reduce((sum, count) => sum + count, 0) }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (isMainThread) await main()
else await work(workerData as Plan)
