// The service for systemd, under systemd-socket-activate and with a notification socket of the test.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, type stream } from 'berkeley'
import { ownAddress } from '../interop/common.js'
import { Manager } from '../systemd/common.js'
import { available, type Child, closing, leavesNoFd, PATIENCE_MS, start, tempFolder } from '../util/index.js'
import { portOf, program } from './programs.js'

leavesNoFd()

type Address = ReturnType<typeof ownAddress>

/** A connection to the service, and its first line. */
async function greeted(t: TestContext, address: Address): Promise<[stream.inet.Client, string]> {
  const client = closing(t, await connect({ ...address, timeout: PATIENCE_MS }))
  client.deadlines(PATIENCE_MS, PATIENCE_MS)
  let line = ''
  while (!line.endsWith('\n')) line += await client.recv()
  return [client, line.trim()]
}

/** The next message that is no sign of life. */
async function news(manager: Manager): Promise<string> {
  for (;;) {
    const { text } = await manager.next()
    if (text !== 'WATCHDOG=1\n') return text
  }
}

/** Reloads with two greetings, and ends while a connection is open. */
async function live(
  t: TestContext,
  manager: Manager,
  service: Child,
  address: Address,
  greeting: string,
): Promise<void> {
  writeFileSync(greeting, 'good evening')
  service.process.kill('SIGHUP')
  assert.match(await news(manager), /^RELOADING=1\nMONOTONIC_USEC=\d+\n$/)
  assert.equal(await news(manager), 'READY=1\nSTATUS=reloaded\n')
  const [client, line] = await greeted(t, address)
  assert.equal(line, 'good evening')
  await client.send('echo')
  assert.equal(String(await client.recv()), 'echo')
  service.process.kill('SIGTERM')
  assert.equal(await news(manager), 'STOPPING=1\nSTATUS=finishing connections\n')
  assert.equal(await client.recv(), null)
  const { code, stderr } = await service.ended
  assert.equal(code, 0, stderr)
}

test('systemd-service serves on the socket that systemd-socket-activate opened, reloads, and sends signs of life', {
  skip: available('systemd-socket-activate'),
}, async (t) => {
  const manager = await Manager.create(t)
  const greeting = join(tempFolder(t), 'greeting')
  writeFileSync(greeting, 'good morning\n')
  const address = ownAddress()
  const variables = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: '200000', GREETING_FILE: greeting }
  const args = Object.entries(variables).flatMap(([name, value]) => ['-E', `${name}=${value}`])
  const command = [
    '-l',
    `${address.host}:${address.port}`,
    '--fdname=web',
    ...args,
    process.execPath,
    program('systemd-service'),
  ]
  const service = start(t, 'systemd-socket-activate', command)
  await service.waitForOutput(/Listening on /)
  // It is started by this connection.
  const [first, line] = await greeted(t, address)
  assert.equal(line, 'good morning')
  await first.close()
  assert.match(service.stdout, /^listening on 127\.[.\d]+:\d+, which the manager opened\n/)
  assert.equal(await news(manager), 'READY=1\nSTATUS=accepting connections\n')
  assert.deepEqual(await manager.texts(2), ['WATCHDOG=1\n', 'WATCHDOG=1\n'])
  await live(t, manager, service, address, greeting)
})

test('systemd-service listens by itself without a manager', async (t) => {
  const { NOTIFY_SOCKET: _, ...env } = process.env
  const service = start(t, process.execPath, [program('systemd-service'), '0'], { env })
  const [client, line] = await greeted(t, { host: '127.0.0.1', port: await portOf(service) })
  assert.equal(line, 'hello')
  await client.close()
  service.process.kill('SIGINT')
  const { code, stderr } = await service.ended
  assert.deepEqual([code, stderr], [0, ''])
})
