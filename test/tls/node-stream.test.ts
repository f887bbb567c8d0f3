import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { connect, listen } from 'berkeley'
import { SHUT_WR, socket } from 'berkeley/llsocket'
import { TlsDuplex } from '#internal/adapters/tls-stream.js'
import { closing, foreignDuplicate, leavesNoFd, within } from '../util/index.js'
import { hostCertificate, hostConfig, hostTrust } from './common.js'

leavesNoFd()

describe('duplex()', () => {
  test('duplex() has the properties and methods of a TLSSocket that libraries use', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...hostConfig, ALPNProtocols: ['h2'] } }))
    const { port } = server.getsockname()
    const calling = connect({ host: '127.0.0.1', port, tlscfg: { ...hostTrust, ALPNProtocols: ['h2'] } })
    const accepted = await server.accept()
    await accepted.handshake()
    const [client, peer] = [(await calling).duplex(), accepted.duplex()]
    if (!(client instanceof TlsDuplex && peer instanceof TlsDuplex)) return assert.fail('no streams over TLS')
    assert.deepEqual([client.encrypted, client.authorized, client.authorizationError], [true, true, null])
    assert.deepEqual([client.alpnProtocol, peer.alpnProtocol], ['h2', 'h2'])
    assert.deepEqual([client.servername, peer.servername], ['host.example', 'host.example'])
    assert.equal(client.getPeerX509Certificate()?.raw.equals(hostCertificate.der), true)
    assert.equal(peer.getPeerX509Certificate(), undefined)
    assert.equal(client.getProtocol(), 'TLSv1.3')
    assert.match(client.getCipher()?.name ?? '', /^TLS_/)
    assert.equal(client.isSessionReused(), false)
    // Several writes while one is under way leave as one.
    for (const word of ['one ', 'two ', 'three']) peer.write(word)
    peer.end()
    const parts: Buffer[] = []
    for await (const part of client) parts.push(part as Buffer)
    assert.equal(String(Buffer.concat(parts)), 'one two three')
    assert.ok(Buffer.isBuffer(client.getSession()) || client.destroyed)
    // From Node 24 on the loop leaves a stream alone whose other half is open.
    for (const end of [client, peer]) if (!end.destroyed) await once(end.destroy(), 'close')
  })

  test('an end without close_notify is an error of the stream, and with allowTruncation an end as of a TLSSocket', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: hostConfig }))
    const { port } = server.getsockname()
    for (const allowTruncation of [false, true]) {
      const calling = connect({ host: '127.0.0.1', port, tlscfg: hostTrust })
      const duplex = (await server.accept()).duplex({ allowTruncation })
      const client = await calling
      await client.send('x')
      const closed = new Promise((resolve) => duplex.once('close', resolve))
      const seen: string[] = []
      duplex.on('error', (error: NodeJS.ErrnoException) => seen.push(String(error.code)))
      duplex.on('end', () => seen.push('end')).resume()
      await once(duplex, 'data')
      // Below TLS, so that nothing says that it was the end.
      const low = socket.wrap(foreignDuplicate(client.fd()))
      low.shutdown(SHUT_WR)
      low.close()
      await within(closed, "'close'")
      assert.deepEqual(seen, allowTruncation ? ['end'] : ['ERR_TLS_TRUNCATED'])
      await client.close()
    }
  })
})
