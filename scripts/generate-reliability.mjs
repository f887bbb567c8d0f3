// docs/reliability.md: ways in which socket libraries fail, each with the tests that name it by its number.
//   node scripts/generate-reliability.mjs           writes it
//   node scripts/generate-reliability.mjs --check   fails when it is stale
import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { FIGURES, recordIn, shown } from '../trust/lib/record.mjs'
import { filesBelow, inRoot, readJson } from './lib/project.mjs'
import { Failure, script } from './lib/run.mjs'

const PAGE = inRoot('docs', 'reliability.md')

/** The title of a test or a suite, up to the number of its hazard: on one line, or after the opening of the call. */
const TITLE = /\b(?:test|it|describe)\(\s*(['"`])((?:(?!\1).)*?\(((?:H\d{2,3}(?:, )?)+)\)(?:(?!\1).)*)\1/g

/** @returns {Map<string, string[]>} hazard to its tests */
function testsByHazard() {
  const found = new Map()
  for (const file of filesBelow(inRoot('test'), /\.ts$/, ['node_modules']).sort())
    for (const [, , title = '', numbers = ''] of readFileSync(file, 'utf8').matchAll(TITLE))
      for (const number of numbers.split(', ')) {
        const name = title.replace(/ ?\((?:H\d{2,3}(?:, )?)+\)/, '').replaceAll('|', '\\|')
        found.set(number, [...(found.get(number) ?? []), `\`${relative(inRoot('test'), file)}\` ${name}`])
      }
  return found
}

/**
 * What goes wrong, and where a test cannot say it all, or there is none, a sentence that does.
 * @typedef {string | { what: string, note: string }} Hazard
 */

/**
 * @param {string} number
 * @param {Hazard} hazard
 * @param {readonly string[]} tests
 */
function row(number, hazard, tests) {
  const { what, note } = typeof hazard === 'string' ? { what: hazard, note: undefined } : hazard
  if (tests.length === 0 && note === undefined) throw new Failure(`${number} has neither a test nor a note`)
  return `| ${number} | ${what} | ${[...(note ? [`*${note}*`] : []), ...tests].join('<br>')} |`
}

/** What the machinery that looks for the unknown has found, last time. */
function figures() {
  const record = recordIn(FIGURES)
  if (record === undefined) return []
  const { date, node, openssl, kernel, parts } = record
  const rows = parts.flatMap(({ name, title, form, took, figures }) =>
    figures.map(([what, value], i) => {
      const part = i === 0 ? `\`${name}\` ${title} (${form} form, ${shown(took)} s)` : ''
      return `| ${part} | ${what} | ${shown(value)} |`
    }),
  )
  return [
    '## Figures',
    '',
    'Of the last `npm run trust`: fault injection, fuzzing and stress tests. `trust/README.md` explains each part.',
    `${date}, Node ${node}, OpenSSL ${openssl}, Linux ${kernel}.`,
    '',
    '| part | what | |',
    '| --- | --- | --: |',
    ...rows,
    '',
  ]
}

function page() {
  const tests = testsByHazard()
  /** @type {Record<string, Hazard>} */
  const hazards = readJson(inRoot('test', 'hazards.json'))
  const unknown = [...tests.keys()].filter((number) => !(number in hazards))
  if (unknown.length > 0) throw new Failure(`no hazard of that number: ${unknown.join(', ')}`)
  const rows = Object.entries(hazards).map(([number, hazard]) => row(number, hazard, tests.get(number) ?? []))
  const covered = Object.keys(hazards).filter((number) => tests.has(number)).length
  return `<!-- Made by scripts/generate-reliability.mjs from the titles of the tests: change those, not this page. -->

# Reliability

${[...figures(), '## Hazards', ''].join('\n')}
Ways in which socket libraries fail, by number. A test that holds one off names it in its title, as \`(H32)\`; this page is made of
those titles, and of the notes in \`test/hazards.json\`. ${covered} of ${rows.length} have a test by that name.

| | what goes wrong | tests |
| --- | --- | --- |
${rows.join('\n')}
`
}

await script(() => {
  const text = page()
  if (!process.argv.includes('--check')) writeFileSync(PAGE, text)
  else if (readFileSync(PAGE, 'utf8') !== text) throw new Failure('docs/reliability.md is stale: run npm run docs')
})
