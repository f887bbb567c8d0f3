// Runs the parts of the search for unknown faults, which README.md explains: fault injection, fuzzing, races, load.
//   npm run trust                    the long form, some hours; writes its figures into docs/reliability.md
//   npm run trust -- NAME ...        only the parts of these names; writes theirs
//   npm run trust -- --short         bounded to minutes, as .ci/run does; publishes nothing
//   npm run trust -- --publish       runs nothing, and publishes what the last runs found
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { inRoot } from '../scripts/lib/project.mjs'
import { Failure, quietly, script } from '../scripts/lib/run.mjs'
import { FIGURES, LAST, recordIn, shown, versions } from './lib/record.mjs'
import { PARTS } from './parts.mjs'

/** @typedef {import('./lib/record.mjs').Part} Part */
/** @typedef {import('./lib/record.mjs').Outcome} Outcome */

const OPTIONS = /** @type {const} */ ({
  short: { type: 'boolean', default: false },
  publish: { type: 'boolean', default: false },
})

function parsed() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS })
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error))
  }
}

/** @param {readonly string[]} names @returns {readonly Part[]} */
function partsNamed(names) {
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name))
  if (unknown !== undefined)
    throw new Failure(`no part is called ${unknown}: there are ${PARTS.map(({ name }) => name).join(', ')}`)
  return PARTS.filter(({ name }) => names.length === 0 || names.includes(name))
}

/** @param {Part} part @param {boolean} long @returns {Promise<Outcome>} */
async function outcomeOf({ name, title, seconds, run }, long) {
  process.stdout.write(`\n${name}: ${title}\n`)
  const begin = performance.now()
  const figures = await run({ long, seconds: long ? seconds.long : seconds.short })
  const took = Math.round((performance.now() - begin) / 1000)
  for (const [what, value] of figures) process.stdout.write(`  ${what}: ${shown(value)}\n`)
  process.stdout.write(`  in ${took} s\n`)
  return { name, title, form: long ? 'long' : 'short', took, figures }
}

/** Parts that were not run keep what they found before. @param {Outcome} outcome */
function note(outcome) {
  const former = recordIn(LAST)?.parts ?? []
  const parts = PARTS.flatMap(({ name }) => [outcome, ...former].find((one) => one.name === name) ?? [])
  const record = { date: new Date().toISOString().slice(0, 10), ...versions(), parts }
  mkdirSync(dirname(LAST), { recursive: true })
  writeFileSync(LAST, `${JSON.stringify(record, null, 1)}\n`)
}

function publish() {
  const record = recordIn(LAST)
  if (record === undefined) throw new Failure('there is nothing to publish: no part has run')
  writeFileSync(FIGURES, `${JSON.stringify(record, null, 1)}\n`)
  quietly('writing docs/reliability.md', process.execPath, [inRoot('scripts', 'generate-reliability.mjs')])
}

await script(async () => {
  const { values, positionals } = parsed()
  const parts = values.publish && positionals.length === 0 ? [] : partsNamed(positionals)
  for (const part of parts) note(await outcomeOf(part, !values.short))
  if (values.publish || !values.short) publish()
})
