// What a server's createConnection() may do with the socket that it is given.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('createConnection()', () => {
  test('a connection whose socket was made blocking in between is non-blocking all the same (H45)', async (t) => {
    class Blocking extends stream.inet.Server {
      override createConnection(
        ...[sock, tls]: Parameters<stream.inet.Server['createConnection']>
      ): stream.inet.Socket {
        sock.nonblock(false)
        return super.createConnection(sock, tls)
      }
    }
    const server = closing(t, await Blocking.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const conn = closing(t, await server.accept())
    assert.equal(conn.isnonblock(), true)
  })

  test('a client whose prepare hook makes its socket blocking is non-blocking all the same (H45)', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const prepare = (sock: { nonblock(enable: boolean): boolean }): void => void sock.nonblock(false)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port, prepare }))
    assert.equal(client.isnonblock(), true)
  })
})
