// What listeners and callbacks of a program throw is an uncaught exception, as with sockets of node:net, and the stream goes on if the
// program does.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd, root, run } from '../util/index.js'

leavesNoFd()

/** A program that survives what is thrown, and says what it has seen. */
const program = (connection: string, act: string): string => `
  import net from 'node:net'
  import { connect, stream } from 'berkeley'
  const seen = []
  process.on('uncaughtException', (error) => seen.push('uncaught ' + error.message))
  process.on('unhandledRejection', (error) => seen.push('unhandled ' + error.message))
  const turn = () => new Promise((resolve) => setTimeout(resolve, 20))
  const server = net.createServer((peer) => { globalThis.peer = peer }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  const theirs = async () => { const one = net.connect(port, '127.0.0.1'); await new Promise((done) => one.once('connect', done)); return one }
  const ours = async () => (await connect({ host: '127.0.0.1', port })).duplex()
  const sock = await ${connection}()
  while (!globalThis.peer) await turn()
  const { peer } = globalThis
  ${act}
  for (let i = 0; i < 3; i++) await turn()
  sock.destroy()
  peer.destroy()
  server.close()
  await turn()
  console.log(JSON.stringify(seen))
`

const ACTS: Readonly<Record<string, string>> = {
  "a 'data' listener throws": `
    sock.on('data', (data) => { seen.push(String(data)); throw new Error('data') })
    for (const word of ['one', 'two', 'three']) { peer.write(word); await turn() }`,
  'the callback of write() throws': `
    sock.write('x', () => { throw new Error('write') })
    await turn()
    sock.write('y', () => seen.push('written'))`,
  "an 'end' listener throws": `
    sock.on('close', () => seen.push('close')).on('end', () => { throw new Error('end') }).resume()
    peer.end()`,
  "a 'close' listener throws": `
    sock.on('close', () => { throw new Error('close') }).destroy()`,
  "a 'timeout' listener throws": `
    sock.setTimeout(1).on('timeout', () => { throw new Error('timeout') })
    await turn()
    sock.setTimeout(0)`,
  'the callback of end() throws': `
    sock.end('x', () => { throw new Error('end') })`,
  "a 'readable' listener throws": `
    sock.on('readable', () => { const data = sock.read(); if (data) { seen.push(String(data)); throw new Error('readable') } })
    for (const word of ['one', 'two']) { peer.write(word); await turn() }`,
}

async function seen(connection: string, act: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program(connection, act)], { cwd: root })
  return JSON.parse(stdout)
}

describe('exceptions of a program (H117)', () => {
  for (const [name, act] of Object.entries(ACTS))
    test(`the same is seen with duplex() as with a net.Socket when ${name}`, async () => {
      const [ours, theirs] = await Promise.all([seen('ours', act), seen('theirs', act)])
      assert.deepEqual(ours, theirs)
      assert.ok((theirs as string[]).some((one) => one.startsWith('uncaught')))
    })

  test("descriptors and data go on after a 'fds' listener has thrown", async () => {
    const act = `
      const [a, b] = (await stream.unix.pair()).map((one) => one.duplex())
      b.on('fds', (fds) => { seen.push(fds.length); for (const fd of fds) (await0(fd)); throw new Error('fds') })
      b.on('data', (data) => seen.push(String(data)))
      for (const word of ['one', 'two']) { a.writeWithFds(word, [0]); await turn() }
      a.destroy()
      b.destroy()`
    const told = await seen('ours', `const { closeSync: await0 } = await import('node:fs')\n${act}`)
    assert.deepEqual(told, [1, 'one', 'uncaught fds', 1, 'two', 'uncaught fds'])
  })
})
