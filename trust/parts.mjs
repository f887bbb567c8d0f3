// The parts of trust/run.mjs, in the order in which they run.
import { coverage } from './coverage/part.mjs'
import { faults } from './faults/part.mjs'
import { fuzzApi } from './fuzz-api/part.mjs'
import { fuzzNative } from './fuzz-native/part.mjs'
import { load } from './load/part.mjs'
import { memory } from './memory/part.mjs'
import { races } from './races/part.mjs'
import { sanitizers } from './sanitizers/part.mjs'
import { soak } from './soak/part.mjs'
import { threads } from './threads/part.mjs'
import { trace } from './trace/part.mjs'

/** @type {readonly import('./lib/record.mjs').Part[]} */
export const PARTS = [faults, trace, sanitizers, threads, memory, fuzzNative, fuzzApi, races, load, soak, coverage]
