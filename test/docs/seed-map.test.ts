import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as berkeley from 'berkeley'
import * as llsocket from 'berkeley/llsocket'
import { root } from '../util/index.js'

/** Whether a path such as `stream.inet.Server.create` or `Socket#recv` leads somewhere. */
function leads(from: object, path: string): boolean {
  let at: unknown = from
  const parts = path.replace('#', '.prototype.').split('.')
  return parts.every((part) => {
    const there = at !== null && at !== undefined && part in Object(at)
    // A getter of a prototype is there, and nothing that can be asked without an object.
    if (there && part !== parts.at(-1)) at = (at as Record<string, unknown>)[part]
    return there
  })
}

test('every place that docs/seed-map.md names exists', () => {
  const text = readFileSync(join(root, 'docs', 'seed-map.md'), 'utf8')
  const [, net = '', low = '', encrypted = ''] = text.split(/^## lua-.*$/m)
  let rows = 0
  for (const [part, module] of [
    [net, berkeley],
    [low, llsocket],
    [encrypted, berkeley],
  ] as const)
    for (const [, here = ''] of part.matchAll(/^\| `.*?` \| (.*?) \|/gm)) {
      rows++
      for (const [, path = ''] of here.matchAll(/`(.*?)`/g)) assert.ok(leads(module, path), path)
    }
  assert.ok(rows > 150, `${rows} rows`)
})
