// import and require must give one copy of every class and symbol: `instanceof` and AGAIN depend on it.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as imported from 'berkeley'
import * as llsocket from 'berkeley/llsocket'
import * as unixDgram from 'berkeley/unix-dgram'

const require = createRequire(import.meta.url)

/** Names that only one of the two module systems adds. */
const OWN = new Set(['default', '__esModule', 'module.exports'])

function compare(fromImport, fromRequire) {
  const names = Object.keys(fromRequire).filter((name) => !OWN.has(name))
  assert.deepEqual(
    Object.keys(fromImport)
      .filter((name) => !OWN.has(name))
      .sort(),
    names.sort(),
  )
  for (const name of names) assert.equal(fromImport[name], fromRequire[name], name)
  return names.length
}

const total =
  compare(imported, require('berkeley')) +
  compare(llsocket, require('berkeley/llsocket')) +
  compare(unixDgram, require('berkeley/unix-dgram'))
assert.ok(total > 2)
process.stdout.write(`the same ${total} exports\n`)
