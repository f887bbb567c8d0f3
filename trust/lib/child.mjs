// Programs that run beside each other, with what they said.
import { spawn } from 'node:child_process'
import { ROOT } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'

/**
 * @typedef {object} Ending
 * @property {string | undefined} how it failed, in words, if it did
 * @property {string} stdout the last of it
 * @property {string} stderr likewise
 * @property {string} output both, as they came
 */

/** How long what a process has started may outlive it, in milliseconds. */
const GRACE_MS = 2000

/** What a program that fails says last is what counts, in characters. */
const SAID_MAX = 1 << 20

/** @param {number} pid whether any process of its group is there */
function groupLives(pid) {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

/** @param {number} pid */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of them have ended by themselves.
  }
}

/** Calls what ends a group when this process has to end. @param {() => void} stop */
function whileWeLive(stop) {
  process.on('exit', stop).on('SIGINT', stop).on('SIGTERM', stop)
  return () => process.off('exit', stop).off('SIGINT', stop).off('SIGTERM', stop)
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<[number | null, NodeJS.Signals | null]>} */
const closed = (child) =>
  new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Failure(`cannot run ${child.spawnfile}: ${error.message}`)))
    child.on('close', (...how) => resolve(how))
  })

/**
 * Runs a program to its end, in a process group of its own: whatever it starts ends with it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.cwd]
 * @param {AbortSignal} [options.signal] ends it
 * @param {number} [options.seconds] it may take at most
 * @param {boolean} [options.aloud] shows what it says on standard error as it comes
 * @returns {Promise<Ending>}
 */
export async function ended(command, args, { env = process.env, cwd = ROOT, signal, seconds, aloud = false } = {}) {
  const said = { stdout: '', stderr: '', output: '' }
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const name of /** @type {const} */ (['stdout', 'stderr']))
    child[name].setEncoding('utf8').on('data', (text) => {
      for (const place of [name, /** @type {const} */ ('output')]) said[place] = (said[place] + text).slice(-SAID_MAX)
      if (aloud && name === 'stderr') process.stderr.write(text)
    })
  const { pid } = child
  const stop = () => pid !== undefined && killGroup(pid)
  let late = false
  const expire = () => {
    late = true
    stop()
  }
  const timer = seconds && setTimeout(expire, seconds * 1000)
  const forget = whileWeLive(stop)
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    const [status, by] = await closed(child)
    const left = pid !== undefined && (await staysAlive(pid))
    const how = late ? `did not end within ${seconds} s` : howOf(status, by, left)
    return { how, ...said }
  } finally {
    stop()
    clearTimeout(timer)
    forget()
    signal?.removeEventListener('abort', stop)
  }
}

/**
 * Whether a group is still there a moment after its first process. The thread by which LeakSanitizer looks at a large heap is a process of
 * its own, and outlives what it has looked at by a little.
 * @param {number} pid
 */
async function staysAlive(pid) {
  const until = performance.now() + GRACE_MS
  while (groupLives(pid) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
  return groupLives(pid)
}

/** @param {number | null} status @param {NodeJS.Signals | null} signal @param {boolean} left */
function howOf(status, signal, left) {
  if (signal) return `was ended by ${signal}`
  if (status) return `exit status ${status}`
  return left ? 'left processes behind' : undefined
}

/**
 * Runs a program that has to succeed.
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 */
export async function runs(title, command, args, options) {
  const { how, output } = await ended(command, args, options)
  if (how !== undefined) throw new Failure(`${output}\n${title} failed (${how})`)
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
