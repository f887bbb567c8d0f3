// What an editor shows of the package: asked of the language server, with a program that uses the built declarations. The texts are compared as a
// whole with editor.snapshot.md, so that a change of them is seen in the review; BERKELEY_SNAPSHOT=write writes it anew.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { root } from '../util/index.js'
import { LanguageServer } from './language-server.js'

const PROGRAM = `
import { AddrInfo, connect, dgram, listen, MsgHdr, relay, stream, SystemError, tls } from 'berkeley'

const server = await listen({ port: 0, backlog: 10 })
const client = await stream.inet.Client.create({ host: 'localhost', port: 80 })
const conn = await server.accept()
const local = await connect({ path: '/run/app.sock' })
const data = await conn.recv(4096)
await conn.send('hello', { timeout: 1000 })
await conn.recvmsg(MsgHdr.create())
await local.recvfd()
const sock = await dgram.inet.Socket.create({ port: 0 })
const [text, from] = await sock.recvfrom()
await sock.sendto('answer', from)
try {
  await server.close()
} catch (error) {
  if (error instanceof SystemError) console.log(error.code, error.syscall)
}
AddrInfo.raw(Buffer.alloc(16))
await server.serve(async (one) => relay(one, client))
tls.Context.client()
conn.forEach((piece) => conn.write(piece))
local.detach()
console.log(data, text, conn.tcpnodelay())
listen({ })
listen({ path: '/run/app.sock', })
connect({ path: '/run/app.sock', type: '' })
conn.getsockopt(1, 2, '')
`

/** Each with the reason why it is here. */
const HOVERS = [
  ['await listen', 'the first function that a user writes: the overload that fits, with its example'],
  ['backlog', 'a name of an option'],
  ['await connect', 'another overload has another description'],
  ['Client.create', 'a generic static method, which must not show its type of this as noise'],
  ['server.accept', 'the type of the connection follows from the server'],
  ['conn.recv', 'the most used method: null, errors and limits have to be there'],
  ['conn.send', 'the overload with arguments by name'],
  ['conn.recvmsg', 'an example, because the message has to have room'],
  ['local.recvfd', 'a method that an interface declares as well'],
  ['sock.recvfrom', 'a method that a merged interface declares anew'],
  ['sock.sendto', 'an argument of a class of this package'],
  ['error.code', 'what a user switches on'],
  ['AddrInfo.raw', 'a layout that needs an example'],
  ['tls.Context', 'a class in a namespace'],
  ['conn.forEach', 'a callback'],
  ['local.detach', 'the owner of the descriptor afterwards'],
] as const

/** What is asked of the compiler's own service. */
interface TypeScript {
  readonly sys: { readFile(path: string): string | undefined }
  readonly ScriptSnapshot: { fromString(text: string): unknown }
  createLanguageService(host: {
    useCaseSensitiveFileNames(): boolean
    getScriptFileNames(): string[]
    getScriptVersion(): string
    getScriptSnapshot(file: string): unknown
    getCompilationSettings(): object
    getCurrentDirectory(): string
    getDefaultLibFileName(options: object): string
  }): {
    getQuickInfoAtPosition(
      file: string,
      position: number,
    ): { documentation: unknown; displayParts: unknown } | undefined
  }
  getDefaultLibFilePath(options: object): string
  displayPartsToString(parts: unknown): string
}

const path = join(root, 'test', 'docs', 'editor.snapshot.md')

/** Links lead to files of this machine, which are not part of the text. */
const withoutPaths = (text: string): string => text.replaceAll(/\]\(file:[^)]*\)/g, ']').trim()

describe('an editor', () => {
  let folder: string
  let server: LanguageServer

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bk-editor-'))
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
    symlinkSync(root, join(folder, 'node_modules', 'berkeley'))
    symlinkSync(join(root, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const compilerOptions = { module: 'nodenext', target: 'esnext', strict: true, noEmit: true, types: ['node'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    writeFileSync(join(folder, 'program.ts'), PROGRAM)
    server = await LanguageServer.start(folder, 'program.ts', PROGRAM)
  })

  after(async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('shows what a function does, its arguments, its result and its errors (H152)', async () => {
    const sections: string[] = []
    for (const [text, why] of HOVERS)
      sections.push(`## \`${text}\`: ${why}\n\n${withoutPaths(await server.hover(text))}\n`)
    const shown = `# What an editor shows\n\n${sections.join('\n')}`
    if (process.env['BERKELEY_SNAPSHOT'] === 'write') writeFileSync(path, shown)
    assert.equal(shown, readFileSync(path, 'utf8'))
  })

  it('shows no tag that it does not understand, and no empty description', async () => {
    for (const [text] of HOVERS) {
      const shown = await server.hover(text)
      assert.doesNotMatch(shown, /@internal|@hidden|inheritDoc|\{@link/, text)
      assert.match(shown, /```\n\S/, `${text} has a description`)
    }
  })

  it('offers the names of options, methods and values (H152)', async () => {
    const expectations: readonly [text: string, names: readonly string[]][] = [
      ['listen({ }', ['host', 'port', 'backlog', 'signal', 'tlscfg', 'reuseport', 'v6only', 'protocol']],
      ["listen({ path: '/run/app.sock', }", ['mode', 'replaceStale', 'unlink', 'backlog', 'signal', 'tlscfg']],
      ["type: ''", ['seqpacket']],
      ["2, ''", ['int', 'bool', 'timeval', 'linger', 'bytes']],
      ['conn.w', ['write', 'writev', 'writable', 'recv', 'tcpnodelay', 'tcpkeepalive', 'sndbuf', 'getPeerCertificate']],
      ['error.s', ['code', 'errno', 'syscall', 'address', 'port', 'path', 'bytes']],
      ['sock.s', ['sendto', 'sendmany', 'udpsegment', 'mcastjoin', 'broadcast']],
    ]
    for (const [text, names] of expectations) {
      const offered = new Set(await server.completions(text))
      assert.deepEqual(
        names.filter((name) => !offered.has(name)),
        [],
        text,
      )
      // Symbols and members of the library itself are not for users.
      assert.deepEqual(
        [...offered].filter((name) => /^(?:_|\[|k[A-Z])/.test(name) && !name.startsWith('__')),
        [],
        text,
      )
    }
  })
})

// The server of TypeScript 7 does not follow a property of a mapped type to its comment, as that of TypeScript 5 does.
const compiler = join(root, 'scripts', 'typedoc', 'node_modules', 'typescript')

describe('an editor with TypeScript 5', { skip: existsSync(compiler) ? false : 'npm run docs installs it' }, () => {
  it('shows what an option is for, and the type of its value', () => {
    const ts = createRequire(import.meta.url)(compiler) as TypeScript
    const program = "import type { stream } from 'berkeley'\nlet conn!: stream.inet.Socket\nconn.tcpnodelay()\n"
    const name = join(root, 'test', 'docs', 'program.ts')
    const service = ts.createLanguageService({
      ...ts.sys,
      useCaseSensitiveFileNames: () => true,
      getScriptFileNames: () => [name],
      getScriptVersion: () => '1',
      getScriptSnapshot: (file) => {
        const text = file === name ? program : ts.sys.readFile(file)
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
      },
      getCompilationSettings: () => ({ module: 199, target: 99, strict: true, types: ['node'] }),
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    })
    const info = service.getQuickInfoAtPosition(name, program.indexOf('tcpnodelay'))
    assert.match(ts.displayPartsToString(info?.documentation), /^Whether small segments are sent at once/)
    assert.match(ts.displayPartsToString(info?.displayParts), /\(value\?: boolean/)
  })
})
