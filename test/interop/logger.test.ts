// logger(1) writes to the log that we are: a unix datagram socket, a unix stream, UDP, TCP.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { dgram, listen, MsgHdr } from 'berkeley'
import { available, type Child, leavesNoFd, start, tempFolder } from '../util/index.js'
import { bounded, ending, exactly, plainEnvironment, type Test, whole } from './common.js'

leavesNoFd()

const logger = (t: Test, ...args: string[]): Child =>
  start(t, 'logger', args, { stdio: ['ignore', 'pipe', 'pipe'], env: plainEnvironment() })

async function log(t: Test): Promise<[sock: dgram.unix.Socket, path: string]> {
  const path = join(tempFolder(t), 'log')
  const sock = bounded(t, await dgram.unix.Socket.create({ path }))
  await sock.bind()
  return [sock, path]
}

describe('logger', { skip: available('logger') }, () => {
  test('logger sends a unix datagram for each line, from an unnamed socket', async (t) => {
    const [sock, path] = await log(t)
    const child = start(t, 'logger', ['--socket', path, '-p', 'local0.err', '-t', 'tag'], { env: plainEnvironment() })
    child.write('first line\nsecond line\n')
    child.endInput()
    for (const line of ['first line', 'second line']) {
      const [data, from] = await sock.recvfrom()
      assert.match(String(data), new RegExp(`^<131>.* tag: ${line}$`))
      assert.equal(from, null)
    }
    assert.equal((await ending(child)).code, 0)
  })

  test('logger is identified by the credentials that the kernel adds (H67)', async (t) => {
    const [sock, path] = await log(t)
    sock.passcred(true)
    const child = logger(t, '--socket', path, '--id', 'who is it?')
    const got = new MsgHdr()
    got.addn(1000)
    await sock.recvmsg(got)
    const own = { pid: child.process.pid, uid: process.getuid?.(), gid: process.getgid?.() }
    assert.deepEqual(got.control().value('credentials'), own)
    assert.match(String(got.concat()), new RegExp(`\\[${own.pid}\\]: who is it\\?$`))
  })

  test('logger reports an error after close() has removed the socket file', async (t) => {
    const [sock, path] = await log(t)
    await sock.close()
    const { code, stderr } = await ending(logger(t, '--socket', path, '--socket-errors=on', 'x'))
    assert.equal(code, 1)
    assert.match(stderr, /No such file/)
  })

  test('logger sends UDP datagrams in the format of RFC 5424', async (t) => {
    const sock = bounded(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
    await sock.bind()
    const { port } = sock.getsockname()
    logger(t, '--server', '127.0.0.1', '--port', `${port}`, '--udp', '--rfc5424=notime', '-t', 'tag', 'over UDP')
    const [data, from] = await sock.recvfrom()
    assert.match(String(data), /^<13>1 .* tag .* over UDP$/)
    assert.equal(from.addr, '127.0.0.1')
  })

  test('logger sends each message over TCP after its length', async (t) => {
    const server = bounded(t, await listen({ host: '127.0.0.1', port: 0 }))
    const { port } = server.getsockname()
    logger(t, '--server', '127.0.0.1', '--port', `${port}`, '--tcp', '--octet-count', 'over TCP')
    const conn = bounded(t, await server.accept())
    const [, length, rest] = /^(\d+) (.*)$/s.exec(String(await exactly(conn, 5))) ?? []
    const message = rest + String(await exactly(conn, Number(length) - String(rest).length))
    assert.match(message, /^<13>1 .* over TCP$/)
    assert.equal(await conn.recv(), null)
  })

  test('logger sends its lines over a unix stream', async (t) => {
    const path = join(tempFolder(t), 'log')
    const server = bounded(t, await listen({ path }))
    logger(t, '--socket', path, '--tcp', 'over a stream')
    const conn = bounded(t, await server.accept())
    assert.match(String(await whole(conn)), /^<13>.*: over a stream\0?\n?$/)
  })
})
