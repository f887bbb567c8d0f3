// How the addons are found and loaded, and what is said where they cannot be; what they refuse that TypeScript never sends.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { AF_INET, AF_UNIX, AI_NUMERICHOST, EAI_FAMILY, EAI_SERVICE, SOCK_DGRAM, SOCK_STREAM } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { native, registers } from '#internal/native/sockets.js'
import { nativeTls, type TlsHandle } from '#internal/native/tls.js'
import { coded, leavesNoFd, root, run, script, tempFolder } from '../../util/index.js'

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
/** Prints how many threads the poller has of its own. */
const WAIT = `
  const { threadPoller } = await import('#internal/engine/choose-poller.js')
  const { readdirSync } = await import('node:fs')
  const threads = () => readdirSync('/proc/self/task').length
  const before = threads()
  threadPoller()
  console.log(threads() - before)`

describe('an addon', () => {
  it('an addon that is missing is named in the error, with the way to build it', async () => {
    const said = await complaint("await import('#internal/native/sockets.js')", {
      BERKELEY_NATIVE: '/nonexistent.node',
    })
    assert.match(said, /^ERR_BERKELEY_NO_BINARY .*\/nonexistent\.node: missing\n.*node-gyp rebuild/s)
  })

  it('a missing addon of TLS keeps nothing else from working', async () => {
    const said = await complaint(`(await import('berkeley')).AddrInfo.inet('127.0.0.1'); ${TLS}`, {
      BERKELEY_NATIVE_TLS: '/nonexistent.node',
    })
    assert.match(said, /^ERR_BERKELEY_NO_BINARY .*\/nonexistent\.node: missing\n/s)
  })

  it('a file of TLS that is no addon is said to be none, and the runtime is not blamed', async (t) => {
    const file = join(tempFolder(t), 'text.node')
    writeFileSync(file, 'no addon')
    const said = await complaint(TLS, { BERKELEY_NATIVE_TLS: file })
    assert.match(said, /^ERR_BERKELEY_NO_BINARY .*\n {2}\/.*\/text\.node: not an ELF file\n/)
  })

  it('an addon of TLS that misses a function of OpenSSL is reported as a runtime without OpenSSL', async (t) => {
    const file = join(tempFolder(t), 'other.node')
    const symbol = Buffer.from('SSL_CTX_new\0')
    const bytes = readFileSync(built('berkeley_tls'))
    const at = bytes.indexOf(symbol)
    assert.ok(at > 0)
    bytes.write('SSL_CTX_odd', at)
    writeFileSync(file, bytes)
    const said = await complaint(TLS, { BERKELEY_NATIVE_TLS: file })
    assert.match(said, /^ERR_UNSUPPORTED_RUNTIME TLS needs the OpenSSL 3 .* this runtime does not offer/)
  })
})

/** What node-gyp has made. */
const built = (name: string): string => join(root, 'native', 'build', 'Release', `${name}.node`)

/** An addon that was linked with a glibc of the future. */
function ofTheFuture(): Buffer {
  const bytes = readFileSync(built('berkeley'))
  for (let at = bytes.indexOf('GLIBC_2.'); at >= 0; at = bytes.indexOf('GLIBC_2.', at + 1)) bytes.write('9', at + 6)
  return bytes
}

/** Text, and a number of the header of an ELF file of another architecture. */
const UNFIT: readonly (readonly [what: string, content: () => Buffer, reason: RegExp])[] = [
  ['of text', () => Buffer.from('no addon'), /not an ELF file/],
  ['of a machine that nobody has', () => foreign(), /built for machine 999/],
  ['for a newer glibc', ofTheFuture, /needs GLIBC_9\.\S+, and this system has an older glibc/],
  ['that was cut', () => readFileSync(built('berkeley')).subarray(0, 10), /not an ELF file/],
]

function foreign(): Buffer {
  const bytes = readFileSync(built('berkeley'))
  bytes.writeUInt16LE(999, 18)
  return bytes
}

describe('where an addon is looked for', () => {
  const prebuild = `${process.platform}-${process.arch}.node`

  /** A copy of the package with the files that are given, or a file of a bundler. */
  function place(files: Readonly<Record<string, Buffer | string>>, folder: string): string {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), content)
    }
    return folder
  }

  const inPackage = () =>
    Object.fromEntries(['dist/berkeley.js', 'dist/prebuilds.js'].map((name) => [name, readFileSync(join(root, name))]))

  /** What a bundler makes of the package. */
  function bundle(): Buffer {
    const args = [join(root, 'dist', 'berkeley.js'), '--bundle', '--platform=node', '--format=cjs', '--log-level=error']
    return execFileSync(join(root, 'node_modules', '.bin', 'esbuild'), args, { maxBuffer: 1 << 24 })
  }

  const good = () => readFileSync(built('berkeley'))

  /** What a program says that loads the file: `loaded`, or the error. */
  async function loading(file: string, ...options: string[]): Promise<string> {
    const code = `try { require(${JSON.stringify(file)})('native/sockets.js').native.getifaddrs(); console.log('loaded') }
      catch (error) { console.log(error.code, error.message) }`
    const { BERKELEY_NATIVE: _, ...env } = process.env
    const main = join(dirname(file), 'main.cjs')
    writeFileSync(main, code)
    const { stdout, stderr } = await run(process.execPath, [...options, main], { env })
    return stdout || stderr
  }

  for (const [what, content, reason] of UNFIT) {
    it(`a file ${what} that was built in the package is passed over for the prebuilt one`, async (t) => {
      const folder = place(
        {
          ...inPackage(),
          'native/build/Release/berkeley.node': content(),
          [`prebuilds/${prebuild}`]: good(),
        },
        tempFolder(t),
      )
      assert.equal(await loading(join(folder, 'dist', 'berkeley.js')), 'loaded\n')
    })

    it(`where none fits, a file ${what} is among what was tried, with the reason`, async (t) => {
      const folder = place({ ...inPackage(), [`prebuilds/${prebuild}`]: content() }, tempFolder(t))
      const said = await loading(join(folder, 'dist', 'berkeley.js'))
      assert.match(said, /^ERR_BERKELEY_NO_BINARY .*\n {2}\S+\/native\/build\/Release\/berkeley\.node: missing\n/)
      assert.match(said, reason)
      assert.match(said, /copy the folder node_modules\/berkeley\/prebuilds beside it\.$/m)
    })
  }

  it('where there is none for this machine, those for others are named, of the same addon (H171)', async (t) => {
    const names = ['linux-other.node', 'linux-x65.node', 'linux-thatlacks.tls.node', 'notes.txt']
    const files = Object.fromEntries(names.map((name) => [`prebuilds/${name}`, '']))
    const folder = place({ ...inPackage(), ...files }, tempFolder(t))
    const file = join(folder, 'dist', 'berkeley.js')
    assert.match(
      await loading(file),
      /^ERR_BERKELEY_NO_BINARY .*: missing\nIt found binaries for linux-other, linux-x65\.\n/s,
    )
    assert.doesNotMatch(await loading(join(place(inPackage(), tempFolder(t)), 'dist', 'berkeley.js')), /It found/)
  })

  it('a bundle finds the addon in a folder beside it, or right beside it', async (t) => {
    for (const name of [`prebuilds/${prebuild}`, prebuild]) {
      const folder = place({ 'out/joined.cjs': bundle(), [`out/${name}`]: good() }, tempFolder(t))
      assert.equal(await loading(join(folder, 'out', 'joined.cjs')), 'loaded\n', name)
    }
  })

  it('a bundle within a project finds the addon of the installed package', async (t) => {
    const folder = place(
      {
        'out/deep/joined.cjs': bundle(),
        'node_modules/berkeley/package.json': '{ "name": "berkeley", "version": "0.0.0" }',
        [`node_modules/berkeley/prebuilds/${prebuild}`]: good(),
      },
      tempFolder(t),
    )
    assert.equal(await loading(join(folder, 'out', 'deep', 'joined.cjs')), 'loaded\n')
  })

  it('the permission model of Node is named as what forbids the addon, with the option that allows it', async (t) => {
    const folder = place({ ...inPackage(), [`prebuilds/${prebuild}`]: good() }, tempFolder(t))
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission'
    const file = join(folder, 'dist', 'berkeley.js')
    const quiet = ['--no-warnings', permission, '--allow-fs-read=*']
    assert.match(
      await loading(file, ...quiet),
      /^ERR_BERKELEY_NO_BINARY .*: addons are not allowed: allow them by --allow-addons\n/s,
    )
    assert.equal(await loading(file, ...quiet, '--allow-addons'), 'loaded\n')
  })
})

describe('another runtime than Node', () => {
  for (const name of ['bun', 'deno'])
    describe(`a runtime that calls itself ${name}`, () => {
      const pretended = pretending({ [name]: '1.0.0' })

      it('waits by a thread, and not in the loop of libuv (H156)', async () => {
        assert.equal(await complaint(`${pretended} ${WAIT}`, { BERKELEY_POLLER: '' }), '1\n')
        const said = await complaint(`${pretended} ${WAIT}`, { BERKELEY_POLLER: 'epoll' })
        assert.match(said, /^ERR_UNSUPPORTED_RUNTIME .* no event loop of libuv/)
      })

      it('has no TLS, and is told what TLS needs (H156)', async () => {
        const said = await complaint(`${pretended} ${TLS}`, {})
        assert.match(said, new RegExp(`^ERR_UNSUPPORTED_RUNTIME TLS needs the OpenSSL 3 .* ${name} does not offer`))
      })
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
