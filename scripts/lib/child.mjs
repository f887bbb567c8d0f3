// Programs that run beside each other, with what they said.
import { spawn } from 'node:child_process'
import { ROOT } from './project.mjs'
import { Failure } from './run.mjs'

/** @typedef {{ status: number | null, signal: NodeJS.Signals | null, output: string }} Ending */

/** What a program that fails says last is what counts. */
const OUTPUT_MAX = 64 * 1024

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, signal?: AbortSignal, seconds?: number }} [options] `seconds` it may take at most
 * @returns {Promise<Ending>}
 */
export function ended(command, args, { env = process.env, signal, seconds } = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
    ...(seconds && { timeout: seconds * 1000 }),
  })
  let output = ''
  const listen = (/** @type {Buffer} */ data) => {
    output = (output + data.toString('latin1')).slice(-OUTPUT_MAX)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      if (error.name !== 'AbortError') reject(new Failure(`cannot run ${command}: ${error.message}`))
    })
    child.on('close', (status, by) => resolve({ status, signal: by, output }))
  })
}

/**
 * Runs a program that has to succeed.
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 */
export async function runs(title, command, args) {
  const { status, signal, output } = await ended(command, args)
  if (status !== 0) throw new Failure(`${output}\n${title} failed (${signal ?? `exit status ${status}`})`)
}

/**
 * Does jobs side by side, so many at a time. The first that throws keeps the others from beginning, and tells those that
 * are under way by the signal.
 * @template T
 * @param {readonly T[]} jobs
 * @param {number} width
 * @param {(job: T, signal: AbortSignal) => Promise<void>} run
 */
export async function sideBySide(jobs, width, run) {
  const waiting = [...jobs]
  const stop = new AbortController()
  const worker = async () => {
    for (let job = waiting.shift(); job !== undefined && !stop.signal.aborted; job = waiting.shift())
      await run(job, stop.signal).catch((error) => {
        stop.abort()
        throw error
      })
  }
  const outcomes = await Promise.allSettled(Array.from({ length: width }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
