// Runs parts of the test suite for a part of trust/run.mjs: quietly, and with what the runner counted.
import { relative } from 'node:path'
import { filesBelow, inRoot } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'
import { ended } from './child.mjs'

/** @typedef {{ tests: number, pass: number, skipped: number }} Summary */

/** What is shown of the output of a run that failed, in characters. */
const SHOWN = 20_000

/** @param {string} output @param {string} what */
const counted = (output, what) => Number(new RegExp(`^\\S+ ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)

/** The end of the output, from the list of what failed on where there is one. @param {string} output */
function failures(output) {
  const list = output.lastIndexOf('failing tests:')
  return list < 0 ? output.slice(-SHOWN) : output.slice(list, list + SHOWN)
}

/** A part of a name that no test has is a mistake: the test was renamed. @param {readonly string[]} parts */
function assertNamed(parts) {
  const names = filesBelow(inRoot('test'), /\.test\.ts$/).map((path) => relative(inRoot(), path))
  const stale = parts.filter((part) => !names.some((name) => name.includes(part)))
  if (stale.length > 0) throw new Failure(`no test file has a name with ${stale.join(', ')}`)
}

/**
 * The tests with one of the parts in their file names, or all for none; each of them has a time limit of its own. Throws when
 * one fails, or when none was run.
 * @param {readonly string[]} parts
 * @param {{ env?: NodeJS.ProcessEnv, under?: readonly string[] }} [options] `under`: a command that runs the one after it
 * @returns {Promise<Summary>}
 */
export async function runSuite(parts, { env = process.env, under = [] } = {}) {
  assertNamed(parts)
  const [command = '', ...args] = [...under, process.execPath, inRoot('scripts', 'test.mjs'), ...parts]
  const { how, output } = await ended(command, args, { env })
  if (how !== undefined) throw new Failure(`the tests failed (${how}):\n${failures(output)}`)
  const [tests, pass, skipped] = ['tests', 'pass', 'skipped'].map((what) => counted(output, what))
  if (!tests || !pass) throw new Failure(`no test was run:\n${output.slice(-SHOWN)}`)
  return { tests, pass, skipped: skipped ?? 0 }
}
