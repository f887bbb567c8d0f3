import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { available, type Child, leavesNoFd, run, start, tempFolder } from '../util/index.js'
import { foreignEnvironment, program, startExample } from './programs.js'

leavesNoFd()

const skip = available('openssl')

/** A certificate for localhost, signed by itself, and its key. */
async function certificate(t: TestContext): Promise<{ cert: string; key: string }> {
  const folder = tempFolder(t)
  const cert = join(folder, 'cert.pem')
  const key = join(folder, 'key.pem')
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert]
  const args = ['req', '-x509', ...kind, '-days', '2', '-subj', '/CN=localhost', '-addext', names]
  const { code, stderr } = await run('openssl', args, { env: foreignEnvironment() })
  assert.equal(code, 0, stderr)
  return { cert, key }
}

async function listening(server: Child): Promise<string> {
  const [, place = ''] = await server.waitForOutput(/^listening on (\S+)/m)
  return place
}

async function interrupted(server: Child): Promise<void> {
  server.process.kill('SIGINT')
  const { code, stderr } = await server.ended
  assert.deepEqual([code, stderr], [0, ''])
}

const client = (name: string, ...args: string[]): ReturnType<typeof run> =>
  run(process.execPath, [program(name), ...args])

describe('tls-stream-inet-server and tls-stream-inet-client', { skip }, () => {
  test('tls-stream-inet-server answers client after client until Ctrl-C', async (t) => {
    const { cert, key } = await certificate(t)
    const server = startExample(t, 'tls-stream-inet-server', cert, key, '127.0.0.1', '0')
    const port = (await listening(server)).split(':')[1] as string
    for (const host of ['127.0.0.1', 'localhost']) {
      const { code, stdout, stderr } = await client('tls-stream-inet-client', cert, host, port)
      assert.deepEqual([code, stdout, stderr], [0, 'connected to CN=localhost by TLSv1.3\nreceived: hello\n', ''])
    }
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', cert, '-quiet']
    const foreign = start(t, 'openssl', args, { env: foreignEnvironment() })
    foreign.write('from openssl\n')
    await foreign.waitForOutput(/^from openssl$/m)
    await foreign.stop()
    assert.match(server.stdout, /127\.0\.0\.1:\d+ speaks TLSv1\.3 with TLS_AES_256_GCM_SHA384/)
    await interrupted(server)
  })

  test('tls-stream-inet-client says why it does not trust a server, which continues', async (t) => {
    const { cert, key } = await certificate(t)
    const server = startExample(t, 'tls-stream-inet-server', cert, key, '127.0.0.1', '0')
    const port = (await listening(server)).split(':')[1] as string
    const { code, stdout, stderr } = await client('tls-stream-inet-client', '-', 'localhost', port)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^TlsError: handshake DEPTH_ZERO_SELF_SIGNED_CERT localhost: self.signed certificate$/m)
    await server.waitForOutput(/TlsError: handshake ERR_SSL_TLSV1_ALERT_UNKNOWN_CA/)
    assert.equal((await client('tls-stream-inet-client', cert, 'localhost', port)).code, 0)
    await interrupted(server)
  })
})

describe('tls-stream-unix-server and tls-stream-unix-client', { skip }, () => {
  test('tls-stream-unix-server answers client after client until Ctrl-C', async (t) => {
    const { cert, key } = await certificate(t)
    const path = join(tempFolder(t), 'tls.sock')
    const server = startExample(t, 'tls-stream-unix-server', cert, key, path)
    assert.equal(await listening(server), path)
    for (let i = 0; i < 2; i++) {
      const { code, stdout, stderr } = await client('tls-stream-unix-client', cert, 'localhost', path)
      assert.deepEqual([code, stdout, stderr], [0, 'received: hello\n', ''])
    }
    const { code, stderr } = await client('tls-stream-unix-client', cert, 'example.com', path)
    assert.equal(code, 1)
    assert.match(stderr, /^TlsError: handshake ERR_TLS_CERT_ALTNAME_INVALID example\.com: /m)
    await interrupted(server)
  })
})
