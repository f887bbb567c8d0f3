import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { stream, tls } from 'berkeley'
import { closing, coded, leavesNoFd, run } from '../util/index.js'
import { hostConfig, hostTrust } from './common.js'

leavesNoFd()

describe('sockets without TLS', () => {
  test('a socket without TLS has no session, certificate, cipher or protocol', async (t) => {
    const [a, b] = await stream.unix.pair()
    for (const sock of [a, b]) closing(t, sock)
    assert.deepEqual(
      [
        a.encrypted,
        a.getPeerCertificate(),
        a.getPeerCertificates(),
        a.getCertificate(),
        a.getCipher(),
        a.getProtocol(),
      ],
      [false, undefined, [], undefined, undefined, undefined],
    )
    assert.deepEqual([a.getSession(), a.isSessionReused(), a.alpnProtocol], [undefined, false, undefined])
  })

  test('wrap() refuses a closed socket and what is no socket', async (t) => {
    const [a, b] = await stream.unix.pair()
    closing(t, b)
    await a.close()
    await assert.rejects(tls.wrap(a, hostConfig, { server: true }), coded('EBADF'))
    await assert.rejects(tls.wrap({} as never, hostConfig, { server: true }), coded('ERR_INVALID_ARG_TYPE'))
  })
})

describe('bytes in the clear behind the switch to TLS', () => {
  for (const offset of [-1, 0, 50])
    test(`wrap() of a client refuses them whatever the offset of a peek: ${offset}`, async (t) => {
      const [a, b] = await stream.unix.pair()
      for (const sock of [a, b]) closing(t, sock)
      await b.send('injected')
      a.peekoff(offset)
      await assert.rejects(tls.wrap(a, hostTrust), coded('ERR_TLS_PLAINTEXT'))
    })
})

describe('wrap() of a socket that is in use', () => {
  /** Both ends of a unix stream with TLS; the client is wrapped by the test. */
  async function server(t: Parameters<typeof closing>[0]): Promise<stream.unix.Socket> {
    const [a, b] = await stream.unix.pair()
    closing(t, a)
    const secured = closing(t, await tls.wrap(b, hostConfig, { server: true }))
    void secured.handshake().catch(() => undefined)
    return a
  }

  test('wrap() of a socket that has sent many times at once does its handshake', async (t) => {
    const [a, b] = await stream.unix.pair()
    closing(t, a)
    closing(t, b)
    // The last of them waits for a turn of the event loop, which does not come before the handshake begins.
    const sent = Promise.allSettled(Array.from({ length: 64 }, () => a.send('x')))
    assert.equal((await b.recv(64))?.length, 64)
    const secured = closing(t, await tls.wrap(b, hostConfig, { server: true }))
    const [client] = await Promise.all([tls.wrap(a, hostTrust), secured.handshake()])
    assert.equal(closing(t, client).getProtocol(), 'TLSv1.3')
    assert.equal((await sent).length, 64)
  })

  test('wrap() refuses a socket on which another thread sends a file, and the transfer goes on', async (t) => {
    const a = await server(t)
    const file = openSync(process.execPath, 'r')
    t.after(() => closeSync(file))
    const sending = a.sendfile(file, 16)
    await assert.rejects(tls.wrap(a, hostTrust), coded('EALREADY'))
    assert.equal(await sending, 16)
  })

  test('wrap() of a socket that is unref()d keeps the process alive, as its new socket is not', async () => {
    const { stdout } = await run(process.execPath, [
      '--input-type=module',
      '-e',
      `import { stream, tls } from 'berkeley'
      const [a, b] = await stream.unix.pair()
      const config = ${JSON.stringify({ cert: String(hostConfig.cert), key: String(hostConfig.key) })}
      const secured = await tls.wrap(b, config, { server: true })
      secured.unref().handshake()
      await tls.wrap(a.unref(), { ca: config.cert, insecureSkipVerify: ['chain', 'name'] })
      console.log('done')
      process.exit()`,
    ])
    assert.equal(stdout, 'done\n')
  })
})
