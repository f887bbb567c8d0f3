// Programs of ours under systemd-socket-activate: they are started at the first connection, with the listener open.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { connect, dgram, type Socket } from 'berkeley'
import { abstractName, available, type Child, leavesNoFd, start, tempFolder } from '../util/index.js'
import { bounded, ending, ownAddress, programOfOurs, type Test, whole } from './common.js'

leavesNoFd()

/** Starts the manager, which waits for a connection before it becomes the program that serves `kinds`. */
async function activator(t: Test, options: string[], ...kinds: string[]): Promise<Child> {
  const args = [...options, process.execPath, programOfOurs('inherited'), ...kinds]
  const child = start(t, 'systemd-socket-activate', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  await child.waitForOutput(new RegExp(`(Listening on .*[^]*){${options.filter((word) => word === '-l').length}}`))
  return child
}

/** Asks, ends, and gives back the answer. */
async function ask(t: Test, conn: Socket, question: string): Promise<string> {
  bounded(t, conn)
  await conn.send(question)
  conn.closew()
  return String(await whole(conn))
}

/** It became the program, which served and then ended by itself. */
async function endedWell(child: Child): Promise<void> {
  const { code, stderr } = await ending(child)
  assert.equal(code, 0, stderr)
}

describe('systemd-socket-activate', { skip: available('systemd-socket-activate') }, () => {
  test('the started program serves an inherited TCP listener (H68)', async (t) => {
    const address = ownAddress()
    const child = await activator(t, ['-l', `${address.host}:${address.port}`], 'tcp')
    assert.equal(await ask(t, await connect(address), 'tcp?'), `served by ${child.process.pid}: tcp?`)
    await endedWell(child)
    assert.match(child.stderr, /listening true, close-on-exec true, non-blocking true/)
  })

  test('the started program serves two inherited listeners at once, TCP and unix (H68)', async (t) => {
    const address = ownAddress()
    const path = join(tempFolder(t), 's')
    const child = await activator(t, ['-l', `${address.host}:${address.port}`, '-l', path], 'tcp', 'unix')
    const answers = [ask(t, await connect({ path }), 'unix?'), ask(t, await connect(address), 'tcp?')]
    const by = `served by ${child.process.pid}:`
    assert.deepEqual(await Promise.all(answers), [`${by} unix?`, `${by} tcp?`])
    await endedWell(child)
    assert.ok(existsSync(path), 'the file of the manager is not for the program to remove')
  })

  test('the started program serves an inherited abstract unix listener (H68)', async (t) => {
    const path = abstractName()
    const child = await activator(t, ['-l', path.replace('\0', '@')], 'unix')
    assert.equal(await ask(t, await connect({ path }), '?'), `served by ${child.process.pid}: ?`)
    await endedWell(child)
  })

  test('the started program serves an inherited seqpacket listener (H68)', async (t) => {
    const path = join(tempFolder(t), 's')
    const child = await activator(t, ['--seqpacket', '-l', path], 'seqpacket')
    const conn = await connect({ path, type: 'seqpacket' })
    assert.equal(await ask(t, conn, 'a record'), `served by ${child.process.pid}: a record`)
    await endedWell(child)
  })

  test('the started program answers on an inherited UDP socket (H68)', async (t) => {
    const address = ownAddress()
    const child = await activator(t, ['--datagram', '-l', `${address.host}:${address.port}`], 'udp')
    const sock = bounded(t, await dgram.inet.Socket.create(address))
    await sock.connect()
    await sock.send('udp?')
    assert.equal(String(await sock.recv()), `served by ${child.process.pid}: udp?`)
    await endedWell(child)
  })

  test('the started program answers on an inherited unix datagram socket (H68)', async (t) => {
    const path = join(tempFolder(t), 's')
    const child = await activator(t, ['--datagram', '-l', path], 'unixgram')
    const sock = bounded(t, await dgram.unix.Socket.create({ path }))
    await sock.bind({ path: abstractName() })
    await sock.connect()
    await sock.send('datagram?')
    assert.equal(String(await sock.recv()), `served by ${child.process.pid}: datagram?`)
    await endedWell(child)
  })

  test('a program is started for each connection and serves it', async (t) => {
    const address = ownAddress()
    const child = await activator(t, ['--accept', '-l', `${address.host}:${address.port}`], 'connection')
    const answers = await Promise.all(['one', 'two'].map(async (word) => ask(t, await connect(address), word)))
    const servers = answers.map((answer, i) => {
      const [, pid, word] = /^served by (\d+): (.*)$/.exec(answer) ?? []
      assert.equal(word, ['one', 'two'][i])
      return Number(pid)
    })
    assert.equal(new Set([...servers, child.process.pid]).size, 3)
  })
})
