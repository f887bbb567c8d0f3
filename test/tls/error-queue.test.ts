// OpenSSL's queue of errors belongs to all code of a thread: what fails here must not be found by a connection of node:tls.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import nodeTls from 'node:tls'
import { tls } from 'berkeley'
import { leavesNoFd, within } from '../util/index.js'
import { ends, tlscfg, trust } from './common.js'
import { TABLES } from './verdicts/tables.js'

leavesNoFd()

/** A connection of node:tls to itself, in this thread. */
class Neighbour {
  readonly #server: nodeTls.Server
  readonly #client: nodeTls.TLSSocket
  /** What either end failed with. */
  readonly errors: Error[] = []
  readonly #closed: Promise<unknown>
  #isResting = true

  private constructor(server: nodeTls.Server, client: nodeTls.TLSSocket) {
    this.#server = server
    this.#client = client
    this.#closed = new Promise((resolve) => client.once('close', resolve))
    client.on('error', (error) => this.errors.push(error))
    server.on('secureConnection', (sock) => sock.on('error', (error) => this.errors.push(error)).pipe(sock))
  }

  static async meet(t: TestContext): Promise<Neighbour> {
    const server = nodeTls.createServer(tlscfg)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = nodeTls.connect({ host: '127.0.0.1', port, ...trust })
    const neighbour = new Neighbour(server, client)
    await once(client, 'secureConnect')
    t.after(() => neighbour.leave())
    return neighbour
  }

  /** One echo; rejects if either end has failed. */
  async ask(): Promise<void> {
    const answer = new Promise((resolve) => this.#client.once('data', resolve))
    this.#client.write('?')
    await within(Promise.race([answer, this.#closed]), 'an echo of node:tls')
    if (this.errors[0]) throw this.errors[0]
  }

  /** Echoes without a pause, until the promise is settled. */
  async beside(work: Promise<unknown>): Promise<void> {
    this.#isResting = false
    const done = work.finally(() => (this.#isResting = true))
    while (!this.#isResting) await this.ask()
    await done
  }

  async leave(): Promise<void> {
    this.#client.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

describe('the error queue of OpenSSL (H118)', () => {
  for (const [name, cases] of Object.entries(TABLES))
    test(`a connection of node:tls survives every case of ${name} in its thread`, async (t) => {
      const neighbour = await Neighbour.meet(t)
      for (const { title, run } of cases) {
        await neighbour.beside(run(t)).catch((error) => assert.fail(`${title}: ${neighbour.errors[0] ?? error}`))
        await neighbour.ask()
      }
      assert.deepEqual(neighbour.errors, [])
    })

  test('a connection of node:tls survives calls on established sessions that fail', async (t) => {
    const neighbour = await Neighbour.meet(t)
    const [server, client] = await ends(t, { maxVersion: 'TLSv1.2' })
    const failures = [
      () => client.updateKeys(),
      () => client.exportKeyingMaterial(20, 'client finished'),
      () => tls.assertIdentity('other.example', client.getPeerCertificate() as never),
    ]
    for (const fail of failures) {
      assert.throws(fail)
      await neighbour.ask()
    }
    await server.close()
    await client.recv()
    await client.send('too late').catch(() => undefined)
    await neighbour.ask()
    assert.deepEqual(neighbour.errors, [])
  })

  const leaksItself = process.versions.node.startsWith('20.')
  const skip = leaksItself ? false : 'this Node leaves no error behind that could be looked for'
  test('an error that other code left in the queue does no harm here, and stays in it', { skip }, async (t) => {
    const neighbour = await Neighbour.meet(t)
    const [server, client] = await ends(t)
    await neighbour.ask()
    // Node 20 leaves the reason in the queue. Up to the last line there is no wait, in which Node could clear it.
    assert.throws(() => nodeTls.createSecureContext({ ecdhCurve: 'nonsense' }))
    assert.throws(() => tls.Context.client({ ciphers: 'NO-SUCH-SUITE' }), { code: 'ERR_SSL_NO_CIPHER_MATCH' })
    const echo = neighbour.ask().catch(() => undefined)
    const [sent, received] = [client.send('good'), server.recv()]
    await echo
    assert.match(String(neighbour.errors[0]), /group 'nonsense' cannot be set/)
    assert.equal(await sent, 4)
    assert.equal(String(await received), 'good')
  })
})
