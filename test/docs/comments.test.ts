import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { root } from '../util/index.js'

const dist = join(root, 'dist')

/** A declaration that users can see: at the top of a module, or a member of a class or interface. */
const DECLARATION =
  /^(?:export (?:declare )?(?:abstract )?(?:class|function|interface|type|const|let) (\w+)| {4}(?:protected |readonly |static |abstract |get )*(\w+)[?]?[(:<])/

/** Declarations that say nothing new: a merged interface, an overload, a constructor that only passes on. */
const CONTINUED = new Set(['constructor', 'prototype'])

/** Modules that no entry point exports anything of. */
const INTERNAL =
  /^(?:native|engine)\/|^constants\/(?:lookup|names)|^support\/(?:validate|fairness|receive-buffer|stack)|^descriptor\/handle|^adapters\/recv-with-fds|^message\/kept|^dgram\/(?:for-each|inbox|kept-transport|operations|outbox|reports)\.|^socket\/(?:channel|client-tls|connector|connect-operation|connect-plan|for-each|operations|pass-fd|read-ahead|read-ahead-transport|read-operation|tls-transport|transport|unix|vector|zerocopy-close)\.|^options\/(?:index|by-number)/

function declarationFiles(): string[] {
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.d.ts') && !INTERNAL.test(name))
    .map((name) => join(dist, name))
}

/** Names in a file that have no comment right above them, and no namesake above that has one. */
function undocumented(file: string): string[] {
  const described = new Set<string>()
  const missing: string[] = []
  const lines = readFileSync(file, 'utf8').split('\n')
  for (const [index, line] of lines.entries()) {
    const match = DECLARATION.exec(line)
    const name = match?.[1] ?? match?.[2]
    // What is neither a member nor a declaration is a label of a tuple.
    if (name === undefined || CONTINUED.has(name) || !/[;{(]$/.test(line)) continue
    if (lines[index - 1]?.trimEnd().endsWith('*/')) described.add(name)
    else if (!described.has(name)) missing.push(`${relative(dist, file)}:${index + 1} ${name}`)
  }
  return missing
}

test('every declaration that users can see has a doc comment', () => {
  const files = declarationFiles()
  assert.ok(files.length > 20)
  assert.deepEqual(files.flatMap(undocumented), [])
})
