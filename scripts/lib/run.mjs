// Running other programs: quietly while they succeed, with all that they said when they fail.
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './project.mjs'

/** A failure that the user can do something about: its message is printed without a stack. */
export class Failure extends Error {}

/**
 * Finds a program on PATH, or tells that an explicit path can be executed.
 * @param {string} name
 * @returns {string | undefined}
 */
export function which(name) {
  const candidates = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '')
        .split(delimiter)
        .filter(Boolean)
        .map((dir) => join(dir, name))
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * One step of a build: a line that says what is being done, then silence, unless the command fails.
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 */
export function step(title, command, args, options = {}) {
  process.stderr.write(`${title} ...\n`)
  quietly(title, command, args, options)
}

/**
 * Runs a command and gives what it printed; throws a Failure that holds its output if it fails.
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {string}
 */
export function quietly(title, command, args, options = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  })
  if (error) throw new Failure(`${title}: cannot run ${command}: ${error.message}`)
  if (status === 0) return stdout
  throw new Failure(`${stdout}${stderr}\n${title} failed (${signal ?? `exit status ${status}`})`)
}

/**
 * Runs a command that owns the terminal, passes the usual signals on, and gives its exit status.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
export function inForeground(command, args, env = process.env) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit' })
  const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
  process.on('SIGINT', pass).on('SIGTERM', pass)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      process.off('SIGINT', pass).off('SIGTERM', pass)
      if (signal) process.stderr.write(`${command} was ended by ${signal}\n`)
      resolve(code ?? 1)
    })
  })
}

/**
 * Runs the main function of a script and turns what it throws into a message and an exit status.
 * @param {() => number | void | Promise<number | void>} main
 */
export async function script(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

/**
 * Is this module the program that was started, and not one that another imports?
 * @param {string} url its import.meta.url
 */
export const isProgram = (url) =>
  process.argv[1] !== undefined && url === pathToFileURL(realpathSync(process.argv[1])).href
