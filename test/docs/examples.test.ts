// The examples in doc comments are programs that the compiler accepts, against the built declarations.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import * as berkeley from 'berkeley'
import * as unixDgram from 'berkeley/unix-dgram'
import { root, tempFolder } from '../util/index.js'

interface Example {
  /** Where it is, for the message. */
  readonly place: string
  readonly code: string
}

/** What examples use without making it. */
const AMBIENT = `
import type * as http from 'node:http'
import type * as nodeNet from 'node:net'
declare global {
  const conn: import('berkeley').stream.unix.Socket & import('berkeley').stream.inet.Socket
  const sock: import('berkeley').dgram.inet.Socket
  const socket: import('node:net').Socket
  const upstream: import('berkeley').stream.inet.Socket
  const client: import('berkeley').stream.inet.Client
  const addr: import('berkeley').AddrInfo
  const database: { isConnected: boolean }
  const app: http.RequestListener
  const httpServer: http.Server
  const http: typeof import('node:http')
  const file: Buffer & { fd: number }
  const [header, body]: [Buffer, Buffer]
  const chunks: Buffer[]
  namespace net { type Socket = nodeNet.Socket }
  const [cert, key]: [string, string]
  const signal: AbortSignal
  const spawn: typeof import('node:child_process').spawn
  const open: typeof import('node:fs/promises').open
  const serve: (conn: unknown) => void
  const [look, read, handler]: ((value: unknown) => void)[]
  const programOf: (text: string) => Uint8Array
  const echoRequest: Buffer
  const data: Buffer
  const fd: number
  let server: import('berkeley').stream.inet.Server
}
`

const IDENTIFIER = /^[A-Za-z_]\w*$/

const namesOf = (module: object): string =>
  Object.keys(module)
    .filter((name) => IDENTIFIER.test(name) && name !== 'default')
    .join(', ')

/** What the examples of a file may name without an import of their own. */
function importsFor(place: string): string {
  if (place.startsWith('unix-dgram/')) return `import { ${namesOf(unixDgram)} } from 'berkeley/unix-dgram'`
  const names = `import { ${namesOf(berkeley)} } from 'berkeley'`
  return place.startsWith('llsocket/') ? `import * as llsocket from 'berkeley/llsocket'; ${names}` : names
}

function examplesIn(name: string): Example[] {
  const text = readFileSync(join(root, 'src', name), 'utf8')
  return [...text.matchAll(/^ *\* @example\n((?: *\*(?! @)(?!\/).*\n)+)/gm)].map((match) => ({
    place: `${name}:${text.slice(0, match.index).split('\n').length}`,
    code: (match[1] ?? '').replaceAll(/^ *\* ?/gm, ''),
  }))
}

test('every example of a doc comment compiles (H151)', (t) => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const examples = sources.flatMap(examplesIn)
  assert.ok(examples.length > 40, `${examples.length} examples`)

  const folder = tempFolder(t)
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules', 'berkeley'))
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    module: 'nodenext',
    target: 'esnext',
    lib: ['esnext'],
    strict: true,
    noEmit: true,
    types: ['node'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  writeFileSync(join(folder, 'ambient.d.ts'), AMBIENT)
  for (const [index, { place, code }] of examples.entries()) {
    writeFileSync(
      join(folder, `e${index}.ts`),
      `${importsFor(place)}\n\nexport async function example() {\n${code}\n}\n`,
    )
  }
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', cwd: folder })
  const faults = stdout.replaceAll(/^e(\d+)\.ts/gm, (_, index: string) => examples[Number(index)]?.place ?? index)
  assert.equal(faults, '')
})
