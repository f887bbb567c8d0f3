// How the addons are found and loaded, and what is said where they cannot be; what they refuse that TypeScript never sends.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { AF_INET, AF_UNIX, AI_NUMERICHOST, EAI_FAMILY, EAI_SERVICE, SOCK_DGRAM, SOCK_STREAM } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { native, registers } from '#internal/native/sockets.js'
import { nativeTls, type TlsHandle } from '#internal/native/tls.js'
import { coded, leavesNoFd, run, script, tempFolder } from '../../util/index.js'

leavesNoFd()

/** Runs a module that prints the code and the message of what it throws, under a changed environment. */
async function complaint(code: string, env: NodeJS.ProcessEnv): Promise<string> {
  const guarded = `try { ${code} } catch (error) { console.log(error.code, error.message) }`
  const {
    stdout,
    stderr,
    code: status,
  } = await run(process.execPath, script(guarded), {
    env: { ...process.env, ...env },
  })
  assert.equal(status, 0, stderr)
  return stdout
}

/** What a runtime looks like that is not Node: its name among the versions. */
const pretending = (versions: Record<string, string>): string =>
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, ...${JSON.stringify(versions)} } });`

const TLS = "const { nativeTls } = await import('#internal/native/tls.js'); nativeTls()"
const WAIT = "const { resolve } = await import('#internal/address/resolver.js'); await resolve({ host: '127.0.0.1' })"

describe('an addon', () => {
  it('an addon that is missing is named in the error, with the way to build it', async () => {
    const said = await complaint("await import('#internal/native/sockets.js')", {
      BERKELEY_NATIVE: '/nonexistent.node',
    })
    assert.match(said, /^ERR_BERKELEY_NO_BINARY .*\/nonexistent\.node.*node-gyp rebuild/)
  })

  it('a missing addon of TLS keeps nothing else from working', async () => {
    const said = await complaint(`(await import('berkeley')).AddrInfo.inet('127.0.0.1'); ${TLS}`, {
      BERKELEY_NATIVE_TLS: '/nonexistent.node',
    })
    assert.match(said, /^ERR_BERKELEY_NO_BINARY .*\/nonexistent\.node/)
  })

  it('an addon of TLS that cannot be loaded is reported as a runtime without OpenSSL', async (t) => {
    const file = join(tempFolder(t), 'text.node')
    writeFileSync(file, 'no addon')
    const said = await complaint(TLS, { BERKELEY_NATIVE_TLS: file })
    assert.match(said, /^ERR_UNSUPPORTED_RUNTIME TLS needs the OpenSSL 3 .* this runtime does not offer/)
  })
})

describe('another runtime than Node', () => {
  for (const name of ['bun', 'deno'])
    it(`a runtime that calls itself ${name} is told what works there`, async () => {
      const said = await complaint(`${pretending({ [name]: '1.0.0' })} ${WAIT}`, {})
      assert.match(said, /^ERR_UNSUPPORTED_RUNTIME .*berkeley\/llsocket works on this runtime as well/)
    })

  for (const [versions, named] of [
    [{ electron: '30.0.0' }, 'electron'],
    [{ openssl: '1.1.1' }, 'this runtime'],
  ] as const)
    it(`a runtime with another OpenSSL has no TLS: ${named}`, async () => {
      const said = await complaint(`${pretending(versions)} ${TLS}`, {})
      assert.match(said, new RegExp(`^ERR_UNSUPPORTED_RUNTIME TLS needs the OpenSSL 3 .* ${named} does not offer`))
    })
})

/** The second wall: TypeScript has checked all of it before, so only a mistake there comes this far. */
describe('the addon itself', () => {
  const pair = (type: number): [number, number] => {
    assert.equal(native.socketpair(AF_UNIX, type, 0), 0)
    return [registers[0] ?? -1, registers[1] ?? -1]
  }

  it('the addon accepts an empty view that is not a typed array', () => {
    const [a, b] = pair(SOCK_DGRAM)
    assert.equal(native.send(a, new DataView(new ArrayBuffer(0)) as never, 0, 0, 0), 0)
    for (const fd of [a, b]) native.close(fd)
  })

  it('the addon makes four commands of fcntl(2), those without a pointer', () => {
    const [a, b] = pair(SOCK_STREAM)
    assert.ok(native.fcntl(a, sys.F_GETFL, 0) >= 0)
    for (const command of [0, 5, 16, 1030]) assert.equal(native.fcntl(a, command, 0), -sys.EINVAL)
    for (const fd of [a, b]) native.close(fd)
  })

  it('the addon sends what close(2) answered on another thread', async () => {
    const [a, b] = pair(SOCK_STREAM)
    const report = native.closeReporting(a)
    assert.ok(native.poll(report, sys.POLLIN, 10_000) & sys.POLLIN)
    const answer = Buffer.alloc(8)
    assert.deepEqual([native.recv(report, answer, 0, 8, 0), answer.readInt32LE()], [4, 0])
    assert.ok(native.poll(report, 0, 10_000) & sys.POLLHUP)
    assert.equal(native.close(a), -sys.EBADF)
    for (const fd of [report, b]) assert.equal(native.close(fd), 0)
  })

  it('the addon does not resolve an address that is too short for its family or too long for any', () => {
    for (const length of [0, 1, 129]) assert.equal(native.getnameinfo(Buffer.alloc(length), 0), EAI_FAMILY)
  })

  it('an unknown service is answered with the number of the C library', async () => {
    const answer = await new Promise((done) => {
      assert.equal(
        native.getaddrinfoAsync(done, '127.0.0.1', 'no-such-service', AF_INET, SOCK_STREAM, 0, AI_NUMERICHOST),
        0,
      )
    })
    assert.equal(answer, EAI_SERVICE)
  })

  it('rows of a batch that name no view, or a part outside of one, are refused', () => {
    const [a, b] = pair(SOCK_DGRAM)
    const none = new Uint8Array(0)
    const send = (views: unknown[], ...row: number[]): number =>
      native.sendmmsg(a, 0, views as Uint8Array[], Int32Array.from(row), 1, none, none)
    const view = new Uint8Array(4)
    assert.equal(send([view], 0, 0, 4, 0, 0, 0, 0), 1)
    assert.equal(send([view], -1, 0, 4, 0, 0, 0, 0), -sys.EINVAL)
    assert.equal(send([view], 1, 0, 4, 0, 0, 0, 0), -sys.EINVAL)
    assert.equal(send(['view'], 0, 0, 4, 0, 0, 0, 0), -sys.EINVAL)
    for (const part of [
      [0, 5],
      [5, 0],
      [-1, 1],
      [1, -1],
    ])
      assert.equal(send([view], 0, ...part, 0, 0, 0, 0), -sys.EINVAL)
    const gone = new Uint8Array(4)
    structuredClone(gone.buffer, { transfer: [gone.buffer] })
    assert.equal(send([gone], 0, 0, 0, 0, 0, 0, 0), -sys.EINVAL)
    for (const fd of [a, b]) native.close(fd)
  })

  it('a row of a batch is not read from memory that a getter has released meanwhile (H37)', async () => {
    const { stdout, stderr, code, signal } = await run(
      process.execPath,
      script(`
        import { native } from '#internal/native/sockets.js'
        const room = new ArrayBuffer(2 * 28, { maxByteLength: 2 * 28 })
        const rows = new Int32Array(room)
        rows.set([0, 0, 4, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0])
        const views = [undefined, new Uint8Array(4)]
        Object.defineProperty(views, 0, { get: () => (room.resize(0), new Uint8Array(4)) })
        console.log(native.sendmmsg(-1, 0, views, rows, 2, new Uint8Array(0), new Uint8Array(0)))
      `),
    )
    assert.deepEqual([Number(stdout), code, signal], [-sys.EBADF, 0, null], stderr)
  })

  it('the addon of TLS tells a session from a context, and both from anything else', () => {
    const tls = nativeTls()
    const context = tls.contextNew(0) as TlsHandle
    for (const wrong of [context, undefined, {}, 5])
      assert.throws(() => tls.sessionFree(wrong as TlsHandle), coded('ERR_INVALID_ARG_TYPE'))
    for (const wrong of [undefined, {}, 5])
      assert.throws(() => tls.contextCert(wrong as TlsHandle, Buffer.alloc(1)), coded('ERR_INVALID_ARG_TYPE'))
  })
})
