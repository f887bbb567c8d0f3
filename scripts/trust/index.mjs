// The parts of scripts/trust.mjs, in the order in which they run.
import { coverage } from './coverage.mjs'
import { faults } from './faults.mjs'
import { fuzzApi } from './fuzz-api.mjs'
import { fuzzNative } from './fuzz-native.mjs'
import { load } from './load.mjs'
import { memory } from './memory.mjs'
import { races } from './races.mjs'
import { sanitizers } from './sanitizers.mjs'
import { soak } from './soak.mjs'
import { threads } from './threads.mjs'
import { trace } from './trace.mjs'

/** @type {readonly import('../lib/trust.mjs').Part[]} */
export const PARTS = [faults, trace, sanitizers, threads, memory, fuzzNative, fuzzApi, races, load, soak, coverage]
