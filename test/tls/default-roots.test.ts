// The authorities that a client trusts without "ca": the same as node:tls in the same process.
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import nodeTls from 'node:tls'
import { listen, tls } from 'berkeley'
import { available, closing, leavesNoFd, patient, run, tempFolder } from '../util/index.js'
import { authority, tlscfg } from './common.js'

leavesNoFd()

/** Prints what node:tls and berkeley think of a server, in this process. */
const JUDGE = `
import nodeTls from 'node:tls'
import { connect } from 'berkeley'
const at = { host: '127.0.0.1', port: Number(process.env.PORT), servername: 'localhost' }
const theirs = () => new Promise((resolve) => {
  const sock = nodeTls.connect(at, () => resolve('trusted')).on('error', ({ code }) => resolve(said(code))).on('close', resolve)
  sock.once('secureConnect', () => sock.destroy())
})
const ours = () => connect({ ...at, timeout: 5000, tlscfg: {} }).then((sock) => sock.close().then(() => 'trusted'), ({ code }) => said(code))
const said = (code) => /^UNABLE_TO_/.test(code) ? 'refused' : code
const say = async () => console.log(await theirs(), await ours())
`

const REFUSED = 'refused refused'
const TRUSTED = 'trusted trusted'

interface Setting {
  readonly flags?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly code?: string
}

/** The verdicts of both in a process of its own, line by line. */
async function verdicts(t: TestContext, { flags = [], env = {}, code = 'await say()' }: Setting): Promise<string[]> {
  const server = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
  const serving = (async () => {
    for await (const sock of server)
      void sock
        .handshake()
        .then(() => sock.recv())
        .catch(() => undefined)
        .finally(() => sock.close().catch(() => undefined))
  })()
  const {
    NODE_EXTRA_CA_CERTS: _,
    NODE_OPTIONS: _options,
    SSL_CERT_FILE: _file,
    SSL_CERT_DIR: _dir,
    ...rest
  } = process.env
  const { port } = server.getsockname()
  const args = [...flags, '--input-type=module', '-e', `${JUDGE}\n${code}`]
  const { stdout, stderr } = await run(process.execPath, args, { env: { ...rest, ...env, PORT: String(port) } })
  await server.close()
  await serving.catch(() => undefined)
  assert.notEqual(stdout, '', stderr)
  return stdout.trim().split('\n')
}

function rootFile(t: TestContext): string {
  const file = join(tempFolder(t), 'root.pem')
  writeFileSync(file, authority.pem)
  return file
}

const has = (name: string): boolean => name in nodeTls
const knows = (flag: string): false | string =>
  process.allowedNodeEnvironmentFlags.has(flag) ? false : `this Node has no ${flag}`

describe('the default roots', () => {
  test('a client trusts no certificate of a private authority by default, as node:tls', async (t) => {
    assert.deepEqual(await verdicts(t, {}), [REFUSED])
  })

  test('a client trusts the certificates of NODE_EXTRA_CA_CERTS, as node:tls', async (t) => {
    assert.deepEqual(await verdicts(t, { env: { NODE_EXTRA_CA_CERTS: rootFile(t) } }), [TRUSTED])
  })

  test('a client trusts the file of SSL_CERT_FILE with --use-openssl-ca, as node:tls', async (t) => {
    const env = { SSL_CERT_FILE: rootFile(t) }
    assert.deepEqual(await verdicts(t, { flags: ['--use-openssl-ca'], env }), [TRUSTED])
  })

  test('a client trusts the file of SSL_CERT_FILE with --use-openssl-ca in NODE_OPTIONS, as node:tls', async (t) => {
    const env = { SSL_CERT_FILE: rootFile(t), NODE_OPTIONS: '--no-warnings --use-openssl-ca' }
    assert.deepEqual(await verdicts(t, { env }), [TRUSTED])
  })

  test('a client trusts the folder of SSL_CERT_DIR with --use-openssl-ca, as node:tls', {
    skip: available('openssl'),
  }, async (t) => {
    const file = rootFile(t)
    const { stdout } = await run('openssl', ['x509', '-hash', '-noout', '-in', file])
    const folder = join(file, '..', 'certs')
    mkdirSync(folder)
    symlinkSync(file, join(folder, `${stdout.trim()}.0`))
    const env = { SSL_CERT_DIR: folder, SSL_CERT_FILE: '/nonexistent' }
    assert.deepEqual(await verdicts(t, { flags: ['--use-openssl-ca'], env }), [TRUSTED])
  })

  test('a client does not trust the file of SSL_CERT_FILE without an option of Node, as node:tls', async (t) => {
    assert.deepEqual(await verdicts(t, { env: { SSL_CERT_FILE: rootFile(t) } }), [REFUSED])
  })

  test('a client trusts NODE_EXTRA_CA_CERTS beside an empty SSL_CERT_FILE with --use-openssl-ca, as node:tls', async (t) => {
    const env = { SSL_CERT_FILE: '/nonexistent', SSL_CERT_DIR: '/nonexistent', NODE_EXTRA_CA_CERTS: rootFile(t) }
    assert.deepEqual(await verdicts(t, { flags: ['--use-openssl-ca'], env }), [TRUSTED])
  })

  test('a client trusts the certificates of the system with --use-system-ca, as node:tls', {
    skip: knows('--use-system-ca'),
  }, async (t) => {
    const env = { SSL_CERT_FILE: rootFile(t) }
    assert.deepEqual(await verdicts(t, { flags: ['--use-system-ca'], env }), [TRUSTED])
  })
})

const skip = has('setDefaultCACertificates') ? false : 'this Node has no setDefaultCACertificates()'

describe('setDefaultCACertificates()', { skip }, () => {
  const SET = `const set = (...list) => nodeTls.setDefaultCACertificates(list); const root = ${JSON.stringify(authority.pem)}`

  test('new clients trust what setDefaultCACertificates() has set, each time, as node:tls', async (t) => {
    const code = `${SET}; await say(); set(root); await say(); set(); await say(); set(root); await say()`
    assert.deepEqual(await verdicts(t, { code }), [REFUSED, TRUSTED, REFUSED, TRUSTED])
  })

  test('setDefaultCACertificates() replaces the certificates of NODE_EXTRA_CA_CERTS, as node:tls', async (t) => {
    const code = `${SET}; await say(); set(); await say()`
    const env = { NODE_EXTRA_CA_CERTS: rootFile(t) }
    assert.deepEqual(await verdicts(t, { code, env }), [TRUSTED, REFUSED])
  })

  test('setDefaultCACertificates() replaces the paths of --use-openssl-ca, as node:tls', async (t) => {
    const code = `${SET}; await say(); set(); await say()`
    const env = { SSL_CERT_FILE: rootFile(t) }
    assert.deepEqual(await verdicts(t, { flags: ['--use-openssl-ca'], code, env }), [TRUSTED, REFUSED])
  })

  test('setDefaultCACertificates() before the first context replaces the paths of --use-openssl-ca', async (t) => {
    const code = `${SET}; set(); await say()`
    const env = { SSL_CERT_FILE: rootFile(t) }
    assert.deepEqual(await verdicts(t, { flags: ['--use-openssl-ca'], code, env }), [REFUSED])
  })

  test('a session of former default roots is not resumed under others', async (t) => {
    const code = `${SET}
      const once = async (session) => { const sock = await connect({ ...at, session, tlscfg: { maxVersion: 'TLSv1.2' } }); const got = [sock.isSessionReused(), sock.getSession()]; await sock.close(); return got }
      set(root); const [, session] = await once(); const [same] = await once(session)
      set(root, nodeTls.rootCertificates[0]); const [other] = await once(session); console.log(same, other)`
    assert.deepEqual(await verdicts(t, { code }), ['true false'])
  })
})

test('default roots are loaded once: a second context takes a fraction of the first', () => {
  tls.Context.client()
  const before = process.cpuUsage()
  for (let i = 0; i < 20; i++) tls.Context.client()
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < patient(20 * 3000), `${user + system} microseconds for twenty`)
})
