// The parts of scripts/trust.mjs, in the order in which they run.
import { coverage } from './coverage.mjs'
import { load } from './load.mjs'
import { races } from './races.mjs'
import { soak } from './soak.mjs'

/** @type {readonly import('../lib/trust.mjs').Part[]} */
export const PARTS = [races, load, soak, coverage]
import { faults } from './faults.mjs'

/** @type {readonly import('../lib/trust.mjs').Part[]} */
export const PARTS = [faults]
