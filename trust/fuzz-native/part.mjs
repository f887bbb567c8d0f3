// Fuzzes the functions of native/ with libFuzzer, under the sanitizers.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'
import { ended, sideBySide } from '../lib/child.mjs'
import { buildTargets, inBuild, keptCorpus, programOf, TARGETS, WIDTH } from './build.mjs'

/** @typedef {import('./build.mjs').Target} Target */

/** No input takes a hundredth of that on a quiet machine; a target that has not ended so long after its time hangs. */
const INPUT_SECONDS = 60
const SLACK_SECONDS = 240

/** Bytes of an input that a message shows: the file stays in any case. */
const SHOWN_MAX = 6000
const SAID_LINES = 40

/** Where a report begins: what comes before is how libFuzzer got on, and what comes after is a map of bytes. */
const REPORT = /ERROR: |runtime error: |^BROKEN: /

/** @param {string} said */
function reported(said) {
  const lines = said.trim().split('\n')
  const begin = lines.findIndex((line) => REPORT.test(line))
  return begin < 0 ? lines.slice(-SAID_LINES) : lines.slice(begin, begin + SAID_LINES)
}

/** The inputs that a run begins with and adds to. @param {Target} target */
export const grownCorpus = ({ name }) => inBuild('corpus', name)

/** @param {Target} target */
function freshCorpus(target) {
  const folder = grownCorpus(target)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(keptCorpus(target), folder, { recursive: true })
  return folder
}

/** What libFuzzer has left of the input that did it. @param {Target} target */
const artifacts = ({ name }) => {
  const folder = inBuild('found', name)
  return existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []
}

/** @param {Target} target @param {import('../lib/child.mjs').Ending} ending @param {number} seed */
function failure(target, { how, output }, seed) {
  const [found] = artifacts(target)
  const lines = [
    ...reported(output),
    '',
    `fuzz target ${target.name}: ${how ?? 'it left an input behind'}, seed ${seed}`,
  ]
  if (found !== undefined) {
    const input = readFileSync(found).toString('base64')
    const program = relative(ROOT, programOf('fuzzer', target))
    if (input.length <= SHOWN_MAX) lines.push(`the input in base64: ${input}`)
    lines.push(`run it: ${program} ${relative(ROOT, found)}`)
  }
  return new Failure(lines.join('\n'))
}

/** @param {Target} target @param {number} seconds @param {number} seed */
const libFuzzerArguments = (target, seconds, seed) => [
  `-max_total_time=${seconds}`,
  `-seed=${seed}`,
  `-timeout=${INPUT_SECONDS}`,
  `-artifact_prefix=${inBuild('found', target.name)}/`,
  ...['-rss_limit_mb=3072', '-max_len=4096', '-print_final_stats=1', '-verbosity=1'],
  // OpenSSL keeps what it fetched once: looking for leaks after each input takes longer than the inputs. At the end it is done.
  ...(target.tls ? ['-detect_leaks=0'] : []),
  freshCorpus(target),
]

/**
 * @param {Target} target @param {number} seconds @param {number} seed @param {AbortSignal} signal
 * @returns {Promise<number>} how many inputs were run
 */
async function fuzz(target, seconds, seed, signal) {
  rmSync(inBuild('found', target.name), { recursive: true, force: true })
  mkdirSync(inBuild('found', target.name), { recursive: true })
  const ending = await ended(programOf('fuzzer', target), libFuzzerArguments(target, seconds, seed), {
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1', UBSAN_OPTIONS: 'print_stacktrace=1' },
    seconds: seconds + SLACK_SECONDS,
    signal,
  })
  if (signal.aborted) return 0
  const { how, output } = ending
  const executed = /stat::number_of_executed_units: (\d+)/.exec(output)?.[1]
  if (how !== undefined || executed === undefined || artifacts(target).length > 0) throw failure(target, ending, seed)
  return Number(executed)
}

/** @type {import('../lib/record.mjs').Part['run']} */
async function run({ seconds }) {
  await buildTargets('fuzzer')
  const share = Math.max(1, Math.floor((seconds * WIDTH) / TARGETS.length))
  const seed = Number(process.env['BERKELEY_SEED'] ?? 1 + Math.floor(Math.random() * 0x7ffffffe))
  /** @type {import('../lib/record.mjs').Figure[]} */
  const figures = []
  await sideBySide(TARGETS, WIDTH, async (target, signal) => {
    figures.push([`inputs to ${target.name}`, await fuzz(target, share, seed, signal)])
  })
  const total = figures.reduce((sum, [, count]) => sum + Number(count), 0)
  return [['inputs in all', total], ...figures.sort()]
}

/** @type {import('../lib/record.mjs').Part} */
export const fuzzNative = {
  name: 'fuzz-native',
  title: 'the native functions, fuzzed by libFuzzer under AddressSanitizer and UBSan',
  seconds: { short: 30, long: 1800 },
  run,
}
