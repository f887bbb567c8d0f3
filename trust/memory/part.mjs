// Replays the inputs of the fuzz targets under valgrind, which finds uninitialised reads and leaks. The sanitizers do not detect the
// former, and do not see into OpenSSL.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, which } from '../../scripts/lib/run.mjs'
import { buildTargets, inBuild, keptCorpus, programOf, TARGETS, WIDTH } from '../fuzz-native/build.mjs'
import { ended, sideBySide } from '../lib/child.mjs'

/** @typedef {import('../fuzz-native/build.mjs').Target} Target */
/** @typedef {{ target: Target, files: readonly string[] }} Portion */

const VALGRIND = [
  ...['--quiet', '--error-exitcode=99', '--leak-check=full', '--track-origins=yes', '--num-callers=30'],
  ...['--show-leak-kinds=definite', '--errors-for-leak-kinds=definite'],
]

/** Inputs of one process, where the end is a matter of time. */
const PORTION = 100
/** Of a report: what follows repeats it. */
const SAID_LINES = 60
/** A portion that takes so long hangs. */
const PORTION_SECONDS = 1800

/** @param {string} folder */
const filesOf = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])

/** @param {Target} target @param {string} folder @returns {Portion[]} */
function portions(target, folder) {
  const files = filesOf(folder)
  const count = Math.ceil(files.length / PORTION)
  return Array.from({ length: count }, (_, i) => ({ target, files: files.slice(i * PORTION, (i + 1) * PORTION) }))
}

/**
 * What valgrind said, from the name of the input on at which it began to speak; or all, where it ran no input.
 * @param {string} output @param {string} program @param {string} why
 */
function failure(output, program, why) {
  const lines = output.trimEnd().split('\n')
  const at = Math.max(0, lines.findIndex((line) => line.startsWith('==')) - 1)
  const input = lines[at]?.startsWith('/') ? lines[at] : 'INPUT ...'
  const command = ['valgrind', ...VALGRIND, program, input].join(' ')
  return new Failure(`${lines.slice(at, at + SAID_LINES).join('\n')}\n\n${why}; run it: ${command}`)
}

/** @param {Portion} portion @param {AbortSignal} signal */
async function replay({ target, files }, signal) {
  const program = programOf('replay', target)
  const command = [...VALGRIND, program, ...files]
  const { how, output } = await ended('valgrind', command, { seconds: PORTION_SECONDS, signal })
  if (signal.aborted) return
  if (how !== undefined) throw failure(output, program, `${target.name} failed (${how})`)
  if (!output.includes(`${files.length} inputs`))
    throw failure(output, program, `${target.name} did not run its inputs`)
}

/** @type {import('../lib/record.mjs').Part['run']} */
async function run({ long, seconds }) {
  if (!which('valgrind')) throw new Failure('valgrind is missing (Debian: valgrind)')
  await buildTargets('replay')
  const end = performance.now() + seconds * 1000
  const kept = TARGETS.flatMap((target) => portions(target, keptCorpus(target)))
  // What the last run of fuzz-native came upon, a portion of each target in turn.
  const grown = long ? TARGETS.flatMap((target) => portions(target, inBuild('corpus', target.name))) : []
  let inputs = 0
  await sideBySide([...kept, ...grown], WIDTH, async (portion, signal) => {
    if (!kept.includes(portion) && performance.now() > end) return
    await replay(portion, signal)
    inputs += portion.files.length
  })
  if (inputs === 0) throw new Failure('there is no input in trust/fuzz-native/corpus')
  return [
    ['inputs under valgrind', inputs],
    ['errors', 0],
    ['bytes definitely lost', 0],
  ]
}

/** @type {import('../lib/record.mjs').Part} */
export const memory = {
  name: 'memory',
  title: 'the inputs of fuzz-native again, under valgrind',
  seconds: { short: 25, long: 30 * 60 },
  run,
}
