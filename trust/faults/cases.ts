/**
 * Runs the tables of rows/: each call with each error at several occurrences. Prints one line of JSON with the counts, and each
 * deviation; --only TEXT takes the rows whose name has that text, --every N each Nth case.
 */
import { parseArgs } from 'node:util'
import { casesOf, nameOf, run } from './case.js'
import { rows } from './rows/index.js'
import * as shim from './shim.js'
import { tlsPair } from './sockets.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
})

const cases = rows
  .filter(({ what }) => what.includes(values.only))
  .flatMap(casesOf)
  .filter((_, i) => i % Number(values.every) === 0)
const names = new Set(cases.map(nameOf))
if (names.size !== cases.length) throw new Error('two cases have the same name')

// The addon of TLS is loaded by its first use.
await (await tlsPair('TLSv1.3')).close()
shim.attach()
let deviations = 0
for (const one of cases) {
  if (values.verbose) console.error(nameOf(one))
  try {
    await run(one)
  } catch (error) {
    deviations++
    console.log(`deviation: ${(error as Error).message}`)
  }
}
const calls = new Set(cases.map(({ row }) => row.call)).size
console.log(JSON.stringify({ cases: cases.length, calls, deviations }))
process.exitCode = deviations > 0 ? 1 : 0
