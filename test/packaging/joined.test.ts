// What scripts/bundle.mjs makes of the modules: few files, loaded soon, with the names and the places of the sources.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire, SourceMap } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import * as berkeley from 'berkeley'
import * as llsocket from 'berkeley/llsocket'
import { root } from '../util/index.js'

const require = createRequire(import.meta.url)
const bundle = join(root, 'dist', 'berkeley.js')

/** Counting what is covered takes longer than what is counted. */
const { NODE_V8_COVERAGE: _, ...env } = process.env

const output = (code: string, ...options: string[]): string =>
  execFileSync(process.execPath, [...options, '-e', code], { cwd: root, env, encoding: 'utf8' })

/** Milliseconds of the processor that a Node takes for a program: of those a busy machine takes none. */
const effort = (code: string): number =>
  Number(
    output(
      `process.on('exit', () => { const { user, system } = process.cpuUsage(); console.log(user + system) }); ${code}`,
    ),
  ) / 1000

test('the package is few files: the entry point, all modules, the place of the addon, and the addon', () => {
  for (const entry of ['berkeley', 'berkeley/llsocket']) {
    const loaded: string[] = JSON.parse(
      output(`require('${entry}'); console.log(JSON.stringify(Object.keys(require.cache)))`),
    )
    assert.deepEqual(
      loaded.filter((file) => file.endsWith('.js')).map((file) => file.slice(root.length)),
      [`dist${entry.slice('berkeley'.length)}/index.js`, 'dist/berkeley.js', 'dist/prebuilds.js'],
    )
  }
})

/** Of a hundred files it is four and a half times as much, or more. */
const BOUND = 4.2

for (const load of ["require('berkeley')", "import('berkeley')"])
  test(`${load} takes little more than Node takes to start`, () => {
    const [without, within]: [number[], number[]] = [[], []]
    const ratio = () => Math.min(...within) / Math.min(...without)
    for (let round = 0; round < 30 && (round < 4 || ratio() > BOUND); round++) {
      without.push(effort('0'))
      within.push(effort(load))
    }
    assert.ok(ratio() <= BOUND, `${Math.min(...within)} ms instead of ${Math.min(...without)} ms`)
  })

test('loading the package loads neither cryptography nor the TLS, network and web streams of Node', () => {
  const code = (first: string) => `${first}; console.log(JSON.stringify(process.moduleLoadList))`
  const [before, after] = ['', "require('berkeley')"].map((first) => new Set<string>(JSON.parse(output(code(first)))))
  assert.ok(before && after)
  const late = ['crypto', 'tls', 'net', 'stream/web'].map((name) => `NativeModule ${name}`)
  assert.deepEqual(
    late.filter((name) => after.has(name) && !before.has(name)),
    [],
  )
})

test('functions and classes have the names that the sources give them', () => {
  const part = require(bundle) as (name: string) => Record<string, unknown>
  const names = [...readFileSync(bundle, 'utf8').matchAll(/^ {2}"?([\w/-]+\.js)"?: \(\) => \(\{/gm)].map(
    (match) => match[1],
  )
  assert.ok(names.length > 100)
  for (const name of names as string[]) {
    const source = readFileSync(join(root, 'src', name.replace(/\.js$/, '.ts')), 'utf8')
    for (const [exported, value] of Object.entries(part(name))) {
      if (typeof value !== 'function') continue
      assert.ok(!/^_/.test(value.name), `${name}: ${exported} is called ${value.name}`)
      if (new RegExp(`\\b(class|function) ${exported}\\b`).test(source)) assert.equal(value.name, exported, name)
    }
  }
  assert.equal(berkeley.Socket.name, 'Socket')
  assert.equal(llsocket.Socket.name, 'Socket')
  assert.equal(berkeley.listen.name, 'listen')
})

test('the source map leads from dist/berkeley.js to the sources', () => {
  const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, 'utf8')))
  const lines = readFileSync(bundle, 'utf8').split('\n')
  let found = 0
  for (const [index, line] of lines.entries()) {
    const [, name, column] = /^(?:(?:async )?function\*? (\w+)\()/.exec(line) ?? []
    if (name === undefined || column !== undefined) continue
    const entry = map.findEntry(index, line.indexOf(name))
    if (!('originalSource' in entry)) continue
    const source = readFileSync(join(root, 'dist', entry.originalSource), 'utf8').split('\n')
    const original = source[entry.originalLine] ?? ''
    assert.match(original, new RegExp(`function\\*? ${name.replace(/\d+$/, '')}`))
    found++
  }
  assert.ok(found > 300, `${found} functions`)
})

test('with --enable-source-maps an error that nobody expects is located in the sources', () => {
  const code = `
    const part = require('${bundle}')
    try { part('options/option.js').defineOptions(undefined, { x: {} }) } catch (error) { console.log(error.stack) }`
  assert.match(output(code, '--enable-source-maps'), /at \S*defineOptions \(.*\/src\/options\/option\.ts:\d+:\d+\)/)
})

test('what the package exports cannot be replaced', () => {
  const whole = require('berkeley') as Record<string, unknown>
  assert.throws(() => {
    whole['connect'] = () => undefined
  }, TypeError)
  assert.equal(whole['connect'], berkeley.connect)
})
