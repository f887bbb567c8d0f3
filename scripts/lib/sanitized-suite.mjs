// The suite with the addons under a sanitizer, for parts of scripts/trust.mjs: any report of any process is a failure.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSanitized } from '../build-native.mjs'
import { inRoot } from './project.mjs'
import { Failure } from './run.mjs'
import { addonsIn, compileSanitized, reportsIn, sanitized } from './sanitizers.mjs'
import { runSuite } from './suite.mjs'

/** @typedef {import('./sanitizers.mjs').Sanitizer} Sanitizer */

/** How much of the reports is shown, in characters. */
const SHOWN = 20_000

/**
 * Makes every fault of test/trust/sanitizers/faulty.c, in a Node as the suite uses it.
 * @param {Sanitizer} sanitizer
 * @param {string} folder
 * @param {readonly string[]} faults
 */
function checkItself(sanitizer, folder, faults) {
  const addon = join(folder, 'faulty.node')
  compileSanitized(sanitizer, inRoot('test', 'trust', 'sanitizers', 'faulty.c'), addon)
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
 * @param {Sanitizer} sanitizer
 * @param {object} plan
 * @param {readonly string[]} plan.parts of the suite; all for none
 * @param {readonly string[]} plan.faults that it has to find
 * @param {number} [plan.rounds] how often
 * @returns {Promise<import('./trust.mjs').Figure[]>}
 */
export async function sanitizedSuite(sanitizer, { parts, faults, rounds = 1 }) {
  const folder = mkdtempSync(join(tmpdir(), `bk-${sanitizer.name}-`))
  try {
    checkItself(sanitizer, folder, faults)
    const reports = join(folder, 'reports')
    mkdirSync(reports)
    const env = {
      ...sanitized(sanitizer, { log_path: join(reports, 'report') }),
      ...addonsIn(buildSanitized(sanitizer)),
    }
    let tests = 0
    let skipped = 0
    for (let round = 0; round < rounds; round++) {
      const { failure, ...summary } = await outcome(parts, env)
      const found = reportsIn(reports)
      if (found.length > 0) throw new Failure(`${found.length} reports:\n${found.join('\n').slice(0, SHOWN)}`)
      if (failure) throw failure
      tests += summary.pass
      skipped += summary.skipped
    }
    return [
      ['faults made on purpose, and reported', faults.length],
      ['tests', tests],
      ['tests skipped', skipped],
      ['reports', 0],
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A report says more than the test that failed by it. @param {readonly string[]} parts @param {NodeJS.ProcessEnv} env */
async function outcome(parts, env) {
  try {
    return { ...(await runSuite(parts, { env })), failure: undefined }
  } catch (failure) {
    return { pass: 0, skipped: 0, failure }
  }
}
