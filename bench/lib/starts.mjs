// Measures what it costs a program to load the library, and what that leaves behind.
import { measureAlone } from './alone.mjs'

/** Milliseconds that the start of a runtime may take. */
const TAKES_MS = 5000

/** @param {any} raw @returns {import('./rounds.mjs').Sample} */
const sampleOf = ({ value }) => ({ cost: Number(value.toPrecision(5)) })

/** The case says what a program is to tell. @type {(what: (setting: import('./scenario.mjs').Case) => string) => NonNullable<import('./scenario.mjs').Scenario['measure']>} */
export const measureStarts = (what) => (scenario, setting, bench) =>
  measureAlone(scenario, setting, bench, { args: [what(setting)], takes: TAKES_MS, sampleOf })
