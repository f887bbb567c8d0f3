// A client that only sends learns why it was refused, although what it sends no longer arrives.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { connect, listen, type stream, type tls } from 'berkeley'
import { closing, leavesNoFd, tempFolder, within } from '../util/index.js'
import { authority, tlscfg, trust } from './common.js'

leavesNoFd()

const REQUIRED = 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'

/** A client without a certificate, once a server that needs one has refused it and is gone. */
async function refusedClient(t: TestContext, config: tls.Config = {}): Promise<stream.inet.Client> {
  const asking = { ...tlscfg, requestCert: true, ca: authority.pem }
  const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: asking }))
  const { port } = server.getsockname()
  const connecting = connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: { ...trust, ...config } })
  const accepted = closing(t, await server.accept())
  const refused = accepted.handshake().catch((error) => error)
  const client = closing(t, await connecting)
  client.deadlines(5000, 5000)
  assert.equal((await refused).code, 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE')
  await accepted.close()
  return client
}

/** Repeats a call until it fails. */
async function failureOf(call: () => Promise<unknown>): Promise<string> {
  for (let i = 0; i < 1000; i++) {
    const error = await call().then(
      () => undefined,
      (error) => error,
    )
    if (error) return error.code
    await new Promise((resolve) => setImmediate(resolve))
  }
  return assert.fail('it does not fail')
}

describe('an alert of a peer that is gone', () => {
  test('send() that fails because the peer is gone has its alert as the error, and recv() has the same', async (t) => {
    const client = await refusedClient(t)
    assert.equal(await failureOf(() => client.send('x')), REQUIRED)
    await assert.rejects(client.recv(), { code: REQUIRED })
    await assert.rejects(client.send('x'), { code: REQUIRED })
  })

  test('send() of many records has the alert as the error', async (t) => {
    const client = await refusedClient(t)
    assert.equal(await failureOf(() => client.send(Buffer.alloc(1 << 20))), REQUIRED)
  })

  test('recv() has the alert after a send that was the first to fail', async (t) => {
    const client = await refusedClient(t)
    await client.send('x').catch(() => undefined)
    await assert.rejects(client.recv(), { code: REQUIRED })
  })

  test('sendfile() that fails because the peer is gone has its alert as the error', async (t) => {
    const client = await refusedClient(t)
    const name = join(tempFolder(t), 'file')
    writeFileSync(name, 'x'.repeat(1000))
    const fd = openSync(name, 'r')
    t.after(() => closeSync(fd))
    assert.equal(await failureOf(() => client.sendfile(fd, 1000, 0)), REQUIRED)
  })

  test('duplex() that is written to fails with the alert', async (t) => {
    const client = await refusedClient(t)
    const duplex = client.duplex()
    const failed = once(duplex, 'error')
    const timer = setInterval(() => duplex.write('x'), 5)
    t.after(() => clearInterval(timer))
    const [error] = await within(failed, 'an error of the stream')
    assert.equal((error as { code?: string }).code, REQUIRED)
  })
})
