// Work with the addons under a sanitizer, for parts of trust/run.mjs: any report of any process is a failure.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSanitized } from '../../scripts/build-native.mjs'
import { inRoot } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'
import { addonsIn, compileSanitized, reportsIn, sanitized } from '../../scripts/lib/sanitizers.mjs'
import { runSuite } from './suite.mjs'

/** @typedef {import('../../scripts/lib/sanitizers.mjs').Sanitizer} Sanitizer */
/** @typedef {import('./record.mjs').Figure} Figure */

/** How much of the reports is shown, in characters. */
const SHOWN = 20_000

/**
 * Makes every fault of trust/sanitizers/faulty.c, in a Node as the suite uses it.
 * @param {Sanitizer} sanitizer
 * @param {string} folder
 * @param {readonly string[]} faults
 */
function checkItself(sanitizer, folder, faults) {
  const addon = join(folder, 'faulty.node')
  compileSanitized(sanitizer, inRoot('trust', 'sanitizers', 'faulty.c'), addon)
  const code = `process.dlopen({ exports: {} }, ${JSON.stringify(addon)})`
  for (const fault of ['none', ...faults]) {
    const reports = join(folder, fault)
    mkdirSync(reports)
    const env = { ...sanitized(sanitizer, { log_path: join(reports, 'report') }), BERKELEY_FAULT: fault }
    const { status, stderr } = spawnSync(process.execPath, ['-e', code], { env, encoding: 'utf8', timeout: 30_000 })
    const count = reportsIn(reports).length
    if ((fault === 'none') !== (count === 0) || (fault === 'none') !== (status === 0))
      throw new Failure(`${sanitizer.name}: the fault ${fault} gave ${count} reports, exit status ${status}\n${stderr}`)
  }
}

/**
 * Checks that the sanitizer reports what it has to, and then wants no report of what is done.
 * @param {Sanitizer} sanitizer
 * @param {readonly string[]} faults that it has to find
 * @param {(env: NodeJS.ProcessEnv) => Promise<Figure[]>} act in an environment for Node with the addons under the sanitizer
 * @returns {Promise<Figure[]>}
 */
export async function sanitizedRun(sanitizer, faults, act) {
  const folder = mkdtempSync(join(tmpdir(), `bk-${sanitizer.name}-`))
  try {
    checkItself(sanitizer, folder, faults)
    const reports = join(folder, 'reports')
    mkdirSync(reports)
    const env = sanitized(sanitizer, { log_path: join(reports, 'report') })
    const figures = await unlessReported(() => act({ ...env, ...addonsIn(buildSanitized(sanitizer)) }), reports)
    return [['deliberate faults, all reported', faults.length], ...figures, ['reports', 0]]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * A report says more than what failed by it.
 * @param {() => Promise<Figure[]>} act
 * @param {string} reports
 */
async function unlessReported(act, reports) {
  /** @param {unknown} [failure] */
  const check = (failure) => {
    const found = reportsIn(reports)
    if (found.length > 0) throw new Failure(`${found.length} reports:\n${found.join('\n').slice(0, SHOWN)}`)
    if (failure) throw failure
  }
  const figures = await act().catch(check)
  check()
  return figures ?? []
}

/**
 * Parts of the suite, as figures.
 * @param {readonly string[]} parts all for none
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Figure[]>}
 */
export async function suiteFigures(parts, env) {
  const { pass, skipped } = await runSuite(parts, { env })
  return [
    ['tests', pass],
    ['tests skipped', skipped],
  ]
}
