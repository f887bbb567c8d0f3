// How a process ends that uses the library: by itself, with its own exit code, whatever is open.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { leavesNoFd, runScript } from '../util/index.js'

leavesNoFd()

const imports = `
  import { AddrInfo, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
  import { native } from '#internal/native/sockets.js'
  import { resolve } from '#internal/address/resolver.js'
  const open = () => {
    globalThis.kept = [...socket.pair(SOCK_STREAM), ...socket.pair(SOCK_DGRAM, true)]
    const s = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
    s.bind(); s.listen()
    globalThis.kept.push(s)
  }
  const lookups = () => { for (let i = 0; i < 20; i++) native.getaddrinfoAsync(() => {}, 'host-' + i + '.invalid', undefined, 0, 0, 0, 0) }
`

const ways: [name: string, code: string, exit: number][] = [
  ['only the import', '', 0],
  ['open sockets', 'open()', 0],
  ['an exit code of its own', 'open(); process.exitCode = 7', 7],
  ['process.exit', 'open(); process.exit(3)', 3],
  ['process.exit with lookups under way', 'open(); lookups(); process.exit(4)', 4],
  [
    'process.exit in a callback of the addon',
    "native.getaddrinfoAsync(() => process.exit(6), '127.0.0.1', undefined, 0, 0, 0, 0)",
    6,
  ],
  ['an exception', "open(); lookups(); throw new Error('on purpose')", 1],
  [
    'an exception in a callback of the addon',
    "native.getaddrinfoAsync(() => { throw new Error('on purpose') }, '127.0.0.1', undefined, 0, 0, 0, 0)",
    1,
  ],
  ['an unhandled rejection', "open(); resolve({ host: 'a\\0b' })", 1],
  [
    'an answer that it waits for',
    "const [ai] = await resolve({ host: 'localhost', port: 5 }); process.exitCode = ai.port",
    5,
  ],
]

describe('the end of a process', () => {
  for (const [name, code, exit] of ways)
    it(`a process with ${name} ends with exit code ${exit} (H86)`, async () => {
      const ending = await runScript(imports + code)
      assert.deepEqual([ending.code, ending.signal], [exit, null], ending.stderr)
      if (!/exception|rejection/.test(name)) assert.equal(ending.stderr, '')
    })

  it('a process ends after the answer of a lookup, and not before', async () => {
    const { stdout, code } = await runScript(
      `${imports} resolve({ host: 'localhost', port: 1 }).then((list) => console.log(list.length > 0))`,
    )
    assert.deepEqual([stdout, code], ['true\n', 0])
  })

  it('a callback that throws and is caught does not keep the next answers from coming (H88)', async () => {
    const { stdout, code, stderr } = await runScript(`${imports}
      process.on('uncaughtException', (error) => console.log('caught', error.message))
      const ask = (callback) => native.getaddrinfoAsync(callback, '127.0.0.1', undefined, 0, 1, 0, 0)
      ask(() => { throw new Error('one') })
      ask(() => ask((list) => console.log('answer', list.length)))`)
    assert.deepEqual([stdout.trim().split('\n').sort(), code], [['answer 1', 'caught one'], 0], stderr)
  })

  it('promises settled in a callback continue right after it', async () => {
    const { stdout } = await runScript(`${imports}
      native.getaddrinfoAsync(() => { Promise.resolve().then(() => console.log('microtask')); process.nextTick(() => console.log('tick')) }, '127.0.0.1', undefined, 0, 0, 0, 0)`)
    assert.deepEqual(stdout.trim().split('\n').sort(), ['microtask', 'tick'])
  })
})
