// What the parts of trust/run.mjs are made of.
import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { inRoot, readJson } from '../../scripts/lib/project.mjs'

/**
 * How much is wanted of a part. `seconds` bounds what could go on for ever; what has an end runs to it.
 * @typedef {{ long: boolean, seconds: number }} Effort
 */

/**
 * Something that was counted or measured, with its unit in the words or the value.
 * @typedef {[what: string, value: string | number]} Figure
 */

/**
 * One piece of machinery. `run` throws a Failure for every defect that it finds.
 * @typedef {object} Part
 * @property {string} name as on the command line
 * @property {string} title what it does, in a few words
 * @property {{ short: number, long: number }} seconds the time boxes of both forms
 * @property {(effort: Effort) => Promise<Figure[]>} run
 */

/** @typedef {{ name: string, title: string, form: 'long' | 'short', took: number, figures: Figure[] }} Outcome */

/** What the last run of each part found, here. */
export const LAST = inRoot('build', 'trust.json')

/** What was published, as docs/reliability.md shows it. */
export const FIGURES = inRoot('trust', 'results.json')

/** @typedef {{ date: string, node: string, openssl: string, kernel: string, parts: Outcome[] }} Record */

export const versions = () => ({
  node: process.version,
  openssl: process.versions.openssl ?? 'none',
  kernel: release(),
})

/** @param {string} path of LAST or FIGURES @returns {Record | undefined} */
export const recordIn = (path) => (existsSync(path) ? readJson(path) : undefined)

/** Digits in groups, for people. @param {string | number} value */
export const shown = (value) => (typeof value === 'number' ? value.toLocaleString('en') : value)
