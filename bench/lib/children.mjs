// The two processes of a measurement. Every server ends when its standard input does, so none outlives the harness,
// however that ends; the load generator ends by itself.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Failure } from '../../scripts/lib/run.mjs'
import { pinned } from './cores.mjs'

/** @typedef {import('./scenario.mjs').Program} Program */
/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {{ pid: number, address: string, stop: () => Promise<void> }} Server the address is a port or a path */

/** How long a child may take longer than it should: a server until it listens, and to end. */
const PATIENCE_MS = 20_000

/**
 * @param {Program} program
 * @param {readonly string[]} args
 * @param {number | undefined} cpu
 */
function start({ command, args: first }, args, cpu) {
  const child = spawn(...pinned(cpu, command, [...first, ...args]), { stdio: ['pipe', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.err += text
  })
  // Closing the input of a process that has just ended is no failure of anything.
  child.stdin.on('error', () => undefined)
  return { child, said }
}

/**
 * Ends a child, and waits until it is gone.
 * @param {ChildProcess} child
 */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.stdin?.end()
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await gone
  clearTimeout(timer)
}

/**
 * The first line of what a child prints.
 * @param {ChildProcess} child
 * @param {{ out: string, err: string }} said
 * @param {string} what
 * @param {number} milliseconds
 * @returns {Promise<string>}
 */
function firstLine(child, said, what, milliseconds) {
  return new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ why) => reject(new Failure(`${what} ${why}\n${said.err}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail('said nothing in time')
    }, milliseconds)
    const look = () => {
      const line = /^.*\n/.exec(said.out)?.[0]
      if (line === undefined) return
      clearTimeout(timer)
      resolve(line)
    }
    child.stdout?.on('data', look)
    child.on('error', (error) => {
      clearTimeout(timer)
      fail(`cannot be run: ${error.message}`)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      fail(`ended before it had anything to say (${signal ?? `exit status ${code}`})`)
    })
  })
}

/**
 * Starts a server, and waits until it listens.
 * @param {string} name
 * @param {Program} program
 * @param {readonly string[]} args
 * @param {number | undefined} cpu
 * @returns {Promise<Server>}
 */
export async function startServer(name, program, args, cpu) {
  const { child, said } = start(program, args, cpu)
  const line = await firstLine(child, said, name, PATIENCE_MS)
  const stop = () => end(child)
  try {
    const { port, path } = JSON.parse(line)
    return { pid: /** @type {number} */ (child.pid), address: String(port ?? path), stop }
  } catch {
    await stop()
    throw new Failure(`${name} has announced no address, but ${line}`)
  }
}

/**
 * Runs the load generator.
 * @param {string} name the server that it is for
 * @param {{ program: Program, args: readonly string[], takes: number }} load and the milliseconds that it should take
 * @param {number | undefined} cpu
 * @returns {Promise<any>} what it has measured
 */
export async function runLoad(name, { program, args, takes }, cpu) {
  const { child, said } = start(program, args, cpu)
  child.stdin.end()
  const closed = once(child, 'close')
  const line = await firstLine(child, said, `the load on ${name}`, takes + PATIENCE_MS)
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const [code, signal] = await closed
  clearTimeout(timer)
  if (code !== 0) throw new Failure(`the load on ${name} failed (${signal ?? `exit status ${code}`})\n${said.err}`)
  return JSON.parse(line)
}
