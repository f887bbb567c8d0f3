// Stream sockets and the programs of others.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { drain, listening, portOf } from '../stream/common.js'
import { abstractName, available, closing, leavesNoFd, start, tempFolder } from '../util/index.js'

leavesNoFd()

describe('TCP', () => {
  test('a client gets its data back from a node:net server', async (t) => {
    const server = createServer((conn) => conn.pipe(conn))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => new Promise((resolve) => server.close(resolve)))
    const { port } = server.address() as { port: number }
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const data = randomBytes(1 << 20)
    const echoed = drain(client)
    await client.send(data)
    client.closew()
    assert.ok((await echoed).equals(data))
  })

  test('socat connects to a server and exchanges data with it', { skip: available('socat') }, async (t) => {
    const server = await listening(t)
    const socat = start(t, 'socat', ['-t5', '-', `TCP4:127.0.0.1:${portOf(server)}`])
    socat.write('from socat')
    socat.endInput()
    const peer = closing(t, await server.accept())
    assert.equal((await drain(peer)).toString(), 'from socat')
    await peer.send('to socat')
    await peer.close()
    assert.equal((await socat.ended).stdout, 'to socat')
  })

  test('a client exchanges data with nc', { skip: available('nc') }, async (t) => {
    const probe = await listening(t)
    const port = portOf(probe)
    await probe.close()
    const nc = start(t, 'nc', ['-l', '-v', '127.0.0.1', String(port)])
    await nc.waitForOutput(/[Ll]istening/)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    await client.send('to nc\n')
    await nc.waitForOutput(/to nc/)
    nc.write('from nc\n')
    assert.equal((await client.recv())?.toString(), 'from nc\n')
  })

  test('a client exchanges data with a python3 server', { skip: available('python3') }, async (t) => {
    const code = `
import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c, _ = s.accept()
data = b""
while (part := c.recv(65536)):
    data += part
c.sendall(data[::-1])
c.close()
`
    const python = start(t, 'python3', ['-c', code])
    const [port] = await python.waitForOutput(/\d+/)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: Number(port) }))
    const data = randomBytes(300_000)
    await client.send(data)
    client.closew()
    assert.ok((await drain(client)).equals(Buffer.from(data).reverse()))
  })
})

describe('unix streams', () => {
  test('a unix client connects to socat by path and by abstract name', { skip: available('socat') }, async (t) => {
    const path = join(tempFolder(t), 's')
    const name = abstractName()
    for (const [listen, address] of [
      [`UNIX-LISTEN:${path}`, path],
      [`ABSTRACT-LISTEN:${name.slice(1)}`, name],
    ] as const) {
      const socat = start(t, 'socat', ['-ddd', `${listen}`, 'EXEC:rev'])
      await socat.waitForOutput(/listening on/)
      const client = closing(t, await stream.unix.Client.create({ path: address }))
      await client.send('stressed\n')
      client.closew()
      assert.equal((await client.recv())?.toString(), 'desserts\n')
    }
  })

  test('nc connects to a unix server and exchanges data with it', { skip: available('nc') }, async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen()
    const nc = start(t, 'nc', ['-U', path])
    const peer = closing(t, await server.accept())
    nc.write('from nc')
    assert.equal((await peer.recv())?.toString(), 'from nc')
    assert.equal(peer.peercred().pid, nc.process.pid)
    await peer.send('to nc')
    await nc.waitForOutput(/to nc/)
  })
})
