// socat at the other end of datagrams, of UDP and of unix sockets: as the one that asks, and as the one that answers.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AddrInfo, dgram } from 'berkeley'
import { abstractName, available, eachFamily, leavesNoFd, start, tempFolder } from '../util/index.js'
import { bounded, ownAddress, ownPort, type Test } from './common.js'

leavesNoFd()

const texts = Array.from({ length: 200 }, (_, i) => `${i} ${'.'.repeat(i * 5)}`)

/** One after the other, because an echo may join what waits for it. */
async function comeBack(sock: dgram.Socket): Promise<void> {
  for (const text of texts) {
    await sock.send(text)
    assert.equal(String(await sock.recv()), text)
  }
}

describe('UDP', { skip: available('socat') }, () => {
  eachFamily(({ name, loopback }) => {
    const v4 = name === 'IPv4'
    const bracketed = (host: string): string => (v4 ? host : `[${host}]`)
    const theirs = (): { host: string; port: number } => (v4 ? ownAddress() : { host: loopback, port: ownPort() })
    const protocol = v4 ? 'UDP4' : 'UDP6'

    test('recvfrom() gives the address of socat, which gets its answer there', async (t) => {
      const sock = bounded(t, await dgram.inet.Socket.create({ host: loopback, port: 0 }))
      await sock.bind()
      const child = start(t, 'socat', ['-', `${protocol}:${bracketed(loopback)}:${sock.getsockname().port}`])
      for (const text of ['one', 'two']) {
        child.write(text)
        const [data, from] = await sock.recvfrom()
        assert.equal(String(data), text)
        assert.equal(from.addr, loopback)
        await sock.sendto(`${text} heard`, from)
        await child.waitForOutput(new RegExp(`${text} heard`))
      }
    })

    test('a connected socket gets back from socat what it sends', async (t) => {
      const { host, port } = theirs()
      const child = start(t, 'socat', ['-d', '-d', `${protocol}-LISTEN:${port},bind=${bracketed(host)}`, 'PIPE'])
      await child.waitForOutput(/listening on/)
      const sock = bounded(t, await dgram.inet.Socket.create({ host, port }))
      await sock.connect()
      await comeBack(sock)
    })

    test('a socket sends to the address of socat and receives the answer', async (t) => {
      const { host, port } = theirs()
      const child = start(t, 'socat', ['-d', '-d', `${protocol}-RECVFROM:${port},bind=${bracketed(host)}`, 'PIPE'])
      await child.waitForOutput(/receiving on/)
      const sock = bounded(t, await dgram.inet.Socket.create({ host: loopback, port: 0 }))
      await sock.bind()
      const to = v4 ? AddrInfo.inet(host, port) : AddrInfo.inet6(host, port)
      await sock.sendto('there and back', to)
      const [data, from] = await sock.recvfrom()
      assert.equal(String(data), 'there and back')
      assert.equal(String(from), String(to))
    })
  })
})

describe('unix datagrams', { skip: available('socat') }, () => {
  for (const [name, makePath] of [
    ['path', (t: Test) => join(tempFolder(t), 'd')],
    ['abstract name', abstractName],
  ] as const)
    describe(`by ${name}`, () => {
      /** In the words of socat. */
      const address = (role: string, path: string): string =>
        path.startsWith('\0') ? `ABSTRACT-${role}:${path.slice(1)}` : `UNIX-${role}:${path}`

      async function bound(t: Test): Promise<[sock: dgram.unix.Socket, path: string]> {
        const path = makePath(t)
        const sock = bounded(t, await dgram.unix.Socket.create({ path }))
        await sock.bind()
        return [sock, path]
      }

      test('recvfrom() gives the name of socat, which gets its answer there', async (t) => {
        const [sock, path] = await bound(t)
        const its = makePath(t)
        const child = start(t, 'socat', ['-', `${address('SENDTO', path)},bind=${its.replace('\0', '')}`])
        child.write('question')
        const [data, from] = await sock.recvfrom()
        assert.equal(String(data), 'question')
        assert.equal(from?.path, its)
        await sock.sendto('answer', from as AddrInfo)
        await child.waitForOutput(/answer/)
      })

      test('a socket gets back from socat what it sends', async (t) => {
        const [sock, path] = await bound(t)
        const its = makePath(t)
        const child = start(t, 'socat', ['-d', '-d', address('RECVFROM', its), 'PIPE'])
        await child.waitForOutput(/receiving on/)
        await sock.sendto('there and back', AddrInfo.unix(its))
        const [data, from] = await sock.recvfrom()
        assert.equal(String(data), 'there and back')
        assert.equal(from?.path, its)
        assert.equal(sock.getsockname().path, path)
      })

      test('send() delivers more datagrams than the queue of socat holds, in order (H36)', async (t) => {
        const its = makePath(t)
        const child = start(t, 'socat', ['-u', '-d', '-d', address('RECV', its), '-'])
        await child.waitForOutput(/starting data transfer/)
        const sock = bounded(t, await dgram.unix.Socket.create({ path: its }))
        await sock.connect()
        const lines = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`)
        for (const line of lines) await sock.send(line)
        await child.waitForOutput(/line 1999\n/)
        assert.equal(child.stdout, lines.join(''))
      })
    })
})
