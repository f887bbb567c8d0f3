// TLS of Node over a stream of duplex(), as over a net.Socket.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import tls from 'node:tls'
import { createConnection, listen } from 'berkeley'
import { hostCertificate, hostTrust, turn } from '../tls/common.js'
import { abstractName, closing, leavesNoFd, within } from '../util/index.js'
import type { Test } from './common.js'

leavesNoFd()

type Take = (raw: net.Socket, secure: tls.TLSSocket) => void

/** Both ends: what a server does with its connections, and the stream of a client. */
const kinds = {
  async 'net.Socket'(t: Test, take: (raw: net.Socket) => void) {
    const server = closing(t, net.createServer(take))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  },
  async 'duplex()'(t: Test, take: (raw: net.Socket) => void) {
    const path = abstractName()
    const server = closing(t, await listen({ path }))
    void server.accept().then((conn) => take(conn.duplex() as never))
    return createConnection({ path }) as unknown as net.Socket
  },
}

for (const [kind, ends] of Object.entries(kinds))
  describe(`TLS of Node over ${kind}`, () => {
    /** A secure client, whose server does something. */
    async function secured(t: Test, take: Take, before?: (raw: Duplex) => void): Promise<tls.TLSSocket> {
      const { pem: cert, keyPem: key } = hostCertificate
      const socket = await ends(t, (raw) => {
        before?.(raw)
        const secure = new tls.TLSSocket(raw, { isServer: true, cert, key })
        t.after(() => void secure.destroy())
        secure.on('error', () => undefined)
        take(raw, secure)
      })
      before?.(socket)
      // With 1.2 the server sends nothing by itself after the handshake.
      const client = tls.connect({ socket, ...hostTrust, maxVersion: 'TLSv1.2' })
      t.after(() => void client.destroy())
      return client
    }

    const closedInOrder = async (one: tls.TLSSocket): Promise<void> => {
      assert.equal((await within(once(one, 'close'), "'close'"))[0], false)
    }

    test(`the client ends without an error when its server has ended (over ${kind})`, async (t) => {
      const client = await secured(t, (_, secure) => secure.once('data', () => secure.end('bye')))
      const closed = closedInOrder(client)
      client.write('hello')
      assert.equal(await within(text(client), 'the end'), 'bye')
      await closed
    })

    test(`the server ends without an error when its client has ended (over ${kind})`, async (t) => {
      let closed: Promise<void> | undefined
      const client = await secured(t, (_, secure) => {
        secure.resume()
        closed = closedInOrder(secure)
      })
      client.end('hello')
      await closedInOrder(client.resume())
      await closed
    })

    test(`what came before the end is read later (over ${kind}) (H125)`, async (t) => {
      let sent: Promise<unknown> | undefined
      const client = await secured(t, (_, secure) => {
        sent = once(secure, 'finish')
        secure.end('bye').resume()
      })
      await within(once(client, 'secureConnect'), "'secureConnect'")
      await sent
      await turn()
      const closed = closedInOrder(client)
      assert.equal(await within(text(client), 'the end'), 'bye')
      await closed
    })

    test(`an end without close_notify is an end without an error (over ${kind}) (H125)`, async (t) => {
      const client = await secured(t, (raw, secure) => secure.once('data', () => raw.destroy()))
      client.write('hello')
      const closed = closedInOrder(client)
      assert.equal(await within(text(client), 'the end'), '')
      await closed
    })

    test(`last words to a client that has gone are no error (over ${kind}) (H125)`, async (t) => {
      let closed: Promise<void> | undefined
      const errors: Error[] = []
      const client = await secured(t, (raw, secure) => {
        raw.on('error', (error) => errors.push(error))
        closed = closedInOrder(secure.resume())
      })
      await within(once(client.resume(), 'secureConnect'), "'secureConnect'")
      client.destroy()
      await closed
      assert.deepEqual(errors, [])
    })

    test(`so it is where all listeners were removed before, as libraries do for STARTTLS (over ${kind})`, async (t) => {
      const client = await secured(
        t,
        (_, secure) => secure.once('data', () => secure.end('bye')),
        (raw) => raw.removeAllListeners(),
      )
      const closed = closedInOrder(client)
      client.write('hello')
      assert.equal(await within(text(client), 'the end'), 'bye')
      await closed
    })
  })
