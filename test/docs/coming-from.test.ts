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

test('every place that docs/coming-from-lua.md names exists', () => {
  const text = readFileSync(join(root, 'docs', 'coming-from-lua.md'), 'utf8')
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

/** The names of all exports of a module and its namespaces, and of the methods of its classes. */
function namesIn(module: object): string[] {
  return Reflect.ownKeys(module).flatMap((name) => {
    const value: unknown = Reflect.get(module, name)
    if (typeof value === 'function') return [String(name), ...membersOf(value)]
    return typeof value === 'object' && value !== null ? namesIn(value) : [String(name)]
  })
}

/** The names of static and other methods of a class, and of those that it inherits. */
function membersOf(object: object | null): string[] {
  if (object === null || object === Object.prototype || object === Function.prototype) return []
  const { prototype } = object as { prototype?: object }
  const own = Reflect.ownKeys(object).map(String)
  return [...own, ...(prototype ? membersOf(prototype) : []), ...membersOf(Reflect.getPrototypeOf(object))]
}

/** Methods of what the methods of berkeley return, and one of Node. */
const OF_RESULTS = ['writeWithFds', 'exactly', 'until', 'lines', 'addr', 'port', 'timeout']

test('every method that the tables of docs/coming-from.md put in place of another one exists', () => {
  const text = readFileSync(join(root, 'docs', 'coming-from.md'), 'utf8')
  const known = new Set([...namesIn(berkeley), ...OF_RESULTS])
  const cells = [...text.matchAll(/^\| (?:`|none|a ).*? \| (.*?) \| .*\|$/gm)].map(([, cell = '']) => cell)
  const named = cells.flatMap((cell) => [...cell.matchAll(/(?:\b|\.)([a-zA-Z_]\w+)\(/g)].map(([, name = '']) => name))
  assert.ok(named.length > 120, `${named.length} names`)
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  )
})
