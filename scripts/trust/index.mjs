// The parts of scripts/trust.mjs, in the order in which they run.
import { coverage } from './coverage.mjs'
import { faults } from './faults.mjs'
import { fuzzApi } from './fuzz-api.mjs'
import { load } from './load.mjs'
import { races } from './races.mjs'
import { soak } from './soak.mjs'

/** @type {readonly import('../lib/trust.mjs').Part[]} */
export const PARTS = [faults, fuzzApi, races, load, soak, coverage]
import { fuzzNative } from './fuzz-native.mjs'
import { memory } from './memory.mjs'

/** @type {readonly import('../lib/trust.mjs').Part[]} */
export const PARTS = [fuzzNative, memory]
import { sanitizers } from './sanitizers.mjs'
import { threads } from './threads.mjs'
import { trace } from './trace.mjs'

/** @type {readonly import('../lib/trust.mjs').Part[]} */
export const PARTS = [trace, sanitizers, threads]
