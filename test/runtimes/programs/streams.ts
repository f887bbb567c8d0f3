// Stream sockets: TCP and unix, by promises and in push mode.
import assert from 'node:assert/strict'
import { AddrInfo, AF_INET, connect, getnameinfo, listen, relay, stream } from 'berkeley'
import { abstractName, codeOf, rest, step, tcp } from './steps.js'

async function conversation(): Promise<[stream.inet.Socket, stream.inet.Socket]> {
  await using server = await stream.inet.Server.create(tcp)
  server.listen()
  const client = await stream.inet.Client.create({ ...tcp, port: server.getsockname().port })
  return [client, await server.accept()]
}

await step('hundreds of round trips over TCP', async () => {
  const [client, peer] = await conversation()
  const echo = (async () => {
    for await (const data of peer) await peer.send(data)
  })()
  for (let i = 0; i < 300; i++) {
    await client.send(`message ${i}`)
    assert.equal(String(await client.recv()), `message ${i}`)
  }
  client.closew()
  await echo
  assert.equal(await peer.recv(), null)
  await Promise.all([client.close(), peer.close()])
})

await step('more than the buffers of the kernel hold', async () => {
  const [client, peer] = await conversation()
  const sent = Buffer.alloc(1 << 23, 'berkeley')
  const [received] = await Promise.all([rest(peer), client.send(sent).then(() => client.closew())])
  assert.ok(received.equals(sent))
  await Promise.all([client.close(), peer.close()])
})

await step('two hundred connections at once', async () => {
  await using server = await listen(tcp)
  const serving = server.serve(async (conn) => {
    for await (const data of conn) await conn.send(data)
  })
  const { port } = server.getsockname() as { port: number }
  const ask = async (i: number): Promise<void> => {
    await using client = await connect({ ...tcp, port })
    for (let round = 0; round < 5; round++) {
      await client.send(`${i} ${round}`)
      assert.equal(String(await client.recv()), `${i} ${round}`)
    }
  }
  await Promise.all(Array.from({ length: 200 }, (_, i) => ask(i)))
  await server.close()
  await serving
})

await step('push mode', async () => {
  const [client, peer] = await conversation()
  const pushing = peer.forEach((data) => {
    peer.write(data)
  })
  const heard: Buffer[] = []
  const hearing = client.forEach((data) => {
    heard.push(data)
  })
  for (let i = 0; i < 100; i++) client.write(`${i} `)
  await client.drained()
  client.closew()
  await pushing
  await peer.drained()
  await peer.close()
  await hearing
  assert.equal(String(Buffer.concat(heard)), Array.from({ length: 100 }, (_, i) => `${i} `).join(''))
  await client.close()
})

await step('a reader of lines', async () => {
  const [client, peer] = await conversation()
  await client.send('one\ntwo\nthree\n')
  client.closew()
  const lines: string[] = []
  for await (const line of peer.reader().lines({ max: 100 })) lines.push(String(line))
  assert.deepEqual(lines, ['one', 'two', 'three'])
  await Promise.all([client.close(), peer.close()])
})

await step('unix streams, by path and in pairs', async () => {
  const path = abstractName()
  await using server = await listen({ path })
  await using client = await connect({ path })
  await using peer = await server.accept()
  await client.send('hello')
  assert.equal(String(await peer.recv()), 'hello')
  const [a, b] = await stream.unix.pair()
  await a.send('pair')
  assert.equal(String(await b.recv()), 'pair')
  await Promise.all([a.close(), b.close()])
})

await step('a relay between TCP and unix', async () => {
  const [client, middle] = await conversation()
  const [ours, theirs] = await stream.unix.pair()
  const relaying = relay(middle, ours)
  await client.send('through')
  assert.equal(String(await theirs.recv()), 'through')
  client.closew()
  assert.equal(await theirs.recv(), null)
  await theirs.close()
  await relaying
  await client.close()
})

await step('streams of Node and of the web', async () => {
  const [client, peer] = await conversation()
  const duplex = client.duplex()
  duplex.end('over a stream')
  assert.equal(String(await rest(peer)), 'over a stream')
  await peer.close()
  const [a, b] = await stream.unix.pair()
  const { readable, writable } = a.web()
  const writer = writable.getWriter()
  await writer.write(Buffer.from('web'))
  await writer.close()
  assert.equal(String(await rest(b)), 'web')
  await b.send('back')
  await b.close()
  const { value } = await readable.getReader().read()
  assert.equal(String(Buffer.from(value as Uint8Array)), 'back')
})

await step('names are looked up on another thread, in both directions', async () => {
  const [first] = await stream.getaddrinfoin({ host: 'localhost', port: 80, family: AF_INET })
  assert.equal(first?.addr, '127.0.0.1')
  assert.equal(await codeOf(stream.getaddrinfoin({ host: 'localhost', port: 'no-such-service' })), 'EAI_SERVICE')
  const { serv } = await getnameinfo(AddrInfo.inet('127.0.0.1', 80))
  assert.equal(serv, 'http')
})

await step('a refused connection is an error that says where', async () => {
  const [gone] = await conversation()
  const { port } = gone.getsockname() as { port: number }
  await gone.close()
  const error = await connect({ ...tcp, port }).then(String, (error) => error)
  assert.deepEqual([error.code, error.syscall, error.port], ['ECONNREFUSED', 'connect', port])
})

await step('TLS is refused at once, with what it needs, or works where there is OpenSSL', async () => {
  const isNode = !('bun' in process.versions) && !('deno' in process.versions)
  const code = await codeOf(listen({ ...tcp, tlscfg: { key: 'none', cert: 'none' } }))
  if (isNode) assert.notEqual(code, 'ERR_UNSUPPORTED_RUNTIME')
  else assert.equal(code, 'ERR_UNSUPPORTED_RUNTIME')
  const connecting = await codeOf(connect({ ...tcp, port: 1, tlscfg: {} }))
  assert.equal(connecting, isNode ? 'ECONNREFUSED' : 'ERR_UNSUPPORTED_RUNTIME')
})
