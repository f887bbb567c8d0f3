// Between berkeley and the sockets and servers that a runtime has itself: what it takes, and what is refused because it cannot.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { Agent, createServer, get, type Server } from 'node:http'
import { createServer as createNetServer, connect as nodeConnect } from 'node:net'
import { connect, createConnection, fromNode, listen, serveHttp, stream } from 'berkeley'
import { codeOf, rest, step, tcp, within } from './steps.js'

const isBun = 'bun' in process.versions
const isDeno = 'deno' in process.versions

const event = (emitter: NodeJS.EventEmitter, name: string): Promise<unknown> =>
  within(new Promise((resolve) => emitter.once(name, resolve)), name)

const portOf = (server: { getsockname(): { port?: number } }): number => server.getsockname().port as number

function httpServer(): Server {
  return createServer((_, response) => response.end('hello'))
}

async function fetched(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  return response.text()
}

await step('an HTTP client of the runtime over our stream', async () => {
  const server = httpServer()
  server.listen(0, '127.0.0.1')
  await event(server, 'listening')
  const { port } = server.address() as { port: number }
  const agent = new Agent()
  agent.createConnection = () => createConnection({ ...tcp, port })
  const response = (await event(get({ agent, host: '127.0.0.1', port }), 'response')) as AsyncIterable<Buffer>
  assert.equal(String(await rest(response)), 'hello')
  agent.destroy()
  server.close()
})

await step('an HTTP server of the runtime is given our connections, or is refused', async () => {
  const listener = await listen(tcp)
  if (isBun) assert.equal(await codeOf(serveHttp(httpServer(), listener)), 'ERR_UNSUPPORTED_RUNTIME')
  else {
    const server = httpServer()
    const serving = serveHttp(server, listener)
    assert.equal(await fetched(portOf(listener)), 'hello')
    server.close()
    await serving
  }
  await listener.close()
})

await step('a listener goes to a server of node:net', async () => {
  const listener = await listen(tcp)
  const port = portOf(listener)
  const server = listener.toNode(createNetServer((sock) => sock.end('from node:net')))
  const client = await connect({ ...tcp, port })
  assert.equal(String(await rest(client)), 'from node:net')
  await client.close()
  server.close()
})

await step('a connection goes to node:net, or stays ours where that is not possible', async () => {
  const [ours, peer] = await stream.unix.pair()
  if (isBun) {
    assert.throws(() => ours.toNode(), { code: 'ERR_UNSUPPORTED_RUNTIME' })
    await ours.send('hello')
    await ours.close()
    assert.equal(String(await peer.recv()), 'hello')
  } else {
    const sock = ours.toNode()
    sock.end('hello')
    assert.equal(String(await rest(peer)), 'hello')
    sock.destroy()
  }
  await peer.close()
})

await step('a connection comes from node:net, or is refused where that tells no descriptor', async () => {
  const listener = await listen(tcp)
  const theirs = nodeConnect(portOf(listener), '127.0.0.1')
  await event(theirs, 'connect')
  const peer = await listener.accept()
  if (isDeno) {
    assert.equal(await codeOf(fromNode(theirs)), 'EBADF')
    theirs.destroy()
  } else {
    const ours = await fromNode(theirs)
    await ours.send('hello')
    assert.equal(String(await peer.recv()), 'hello')
    await ours.close()
  }
  await Promise.all([peer.close(), listener.close()])
})

await step('a child has our socket', async () => {
  const [ours, theirs] = await stream.unix.pair()
  const child = spawn('/bin/sh', ['-c', 'echo hello >&3'], { stdio: ['ignore', 'ignore', 'ignore', theirs.fd()] })
  await theirs.close()
  assert.equal(String(await rest(ours)), 'hello\n')
  if (child.exitCode === null) await event(child, 'exit')
  await ours.close()
})

await step('a FileHandle is sent', async () => {
  const [ours, theirs] = await stream.unix.pair()
  const file = await open('/etc/hostname')
  await ours.sendfile(file)
  await Promise.all([file.close(), ours.close()])
  assert.ok((await rest(theirs)).length > 0)
  await theirs.close()
})
