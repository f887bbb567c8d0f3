import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stream, tls } from 'berkeley'
import { closing, coded, leavesNoFd } from '../util/index.js'
import { hostConfig } from './common.js'

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

  test('wrap() refuses a closed socket and one that has TLS already', async (t) => {
    const [a, b] = await stream.unix.pair()
    closing(t, b)
    await a.close()
    await assert.rejects(tls.wrap(a, hostConfig, { server: true }), coded('EBADF'))
    const secured = closing(t, await tls.wrap(b, hostConfig, { server: true }))
    await assert.rejects(tls.wrap(secured, hostConfig, { server: true }))
    await assert.rejects(tls.wrap({} as never, hostConfig, { server: true }), coded('ERR_INVALID_ARG_TYPE'))
  })
})
