// What a service tells its manager: sd_notify(3).
import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { dgram, type SystemError, stream, systemd, TimeoutError } from 'berkeley'
import { abstractName, closing, countFds, isPending, leavesNoFd, tempFolder, within } from '../util/index.js'
import { Manager, withEnvironment } from './common.js'

leavesNoFd()

type State = Parameters<typeof systemd.notify>[0]
type Options = Parameters<typeof systemd.notify>[1]

function notify(manager: Manager, state: State, options?: Options): Promise<boolean> {
  return withEnvironment({ NOTIFY_SOCKET: manager.address }, () => systemd.notify(state, options))
}

/** What one call makes the manager read. */
async function said(t: TestContext, state: State): Promise<string> {
  const manager = await Manager.create(t)
  assert.equal(await notify(manager, state), true)
  return (await manager.next()).text
}

async function listener(t: TestContext): Promise<stream.inet.Server> {
  const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  server.listen()
  return server
}

test('notify() writes each property as the variable of sd_notify', async (t) => {
  const cases: [State, string][] = [
    [{ ready: true }, 'READY=1\n'],
    [{ ready: true, status: 'accepting: 1 = one' }, 'READY=1\nSTATUS=accepting: 1 = one\n'],
    [{ status: '' }, 'STATUS=\n'],
    [{ stopping: true, ready: false }, 'STOPPING=1\n'],
    [{ errno: 2 }, 'ERRNO=2\n'],
    [{ errno: -111, buserror: 'org.example.Failed' }, 'ERRNO=111\nBUSERROR=org.example.Failed\n'],
    [{ exitStatus: 3 }, 'EXIT_STATUS=3\n'],
    [{ mainpid: process.pid }, `MAINPID=${process.pid}\n`],
    [{ watchdog: true }, 'WATCHDOG=1\n'],
    [{ watchdog: 'trigger' }, 'WATCHDOG=trigger\n'],
    [{ watchdogTimeout: 1500 }, 'WATCHDOG_USEC=1500000\n'],
    [{ extendTimeout: 0.5 }, 'EXTEND_TIMEOUT_USEC=500\n'],
    [{ fdstoreremove: true, fdname: 'old' }, 'FDNAME=old\nFDSTOREREMOVE=1\n'],
    [{ variables: { X_PHASE: 'two', X_COUNT: 2 } }, 'X_PHASE=two\nX_COUNT=2\n'],
  ]
  for (const [state, text] of cases) assert.equal(await said(t, state), text)
})

test('notify() says when it reloads on the clock of the manager', async (t) => {
  const before = process.hrtime.bigint() / 1000n
  const text = await said(t, { reloading: true })
  const [, time = ''] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)\n$/.exec(text) ?? []
  assert.ok(BigInt(time) >= before && BigInt(time) <= process.hrtime.bigint() / 1000n, text)
})

test('notify() reaches an abstract name, and comes from this process', async (t) => {
  const manager = await Manager.create(t, abstractName())
  assert.equal(await notify(manager, { ready: true }), true)
  const { text, pid } = await manager.next()
  assert.deepEqual([text, pid], ['READY=1\n', process.pid])
})

test('notify() returns false without a manager, and checks its arguments all the same', async () => {
  for (const NOTIFY_SOCKET of [undefined, ''])
    await withEnvironment({ NOTIFY_SOCKET }, async () => {
      assert.equal(await systemd.notify({ ready: true }), false)
      assert.equal(await systemd.notify({ ready: true, barrier: true }), false)
      await assert.rejects(systemd.notify({ status: 'two\nlines' }), { code: 'ERR_INVALID_ARG_VALUE' })
    })
})

test('notify() refuses addresses that are neither an absolute path nor abstract', async () => {
  for (const [NOTIFY_SOCKET, code] of [
    ['relative/path', 'EINVAL'],
    ['@', 'EINVAL'],
    ['vsock:2:1234', 'EAFNOSUPPORT'],
    ['vsock-stream:2:1234', 'EAFNOSUPPORT'],
    [`/${'x'.repeat(200)}`, 'ENAMETOOLONG'],
  ] as const)
    await withEnvironment({ NOTIFY_SOCKET }, () => assert.rejects(systemd.notify({ ready: true }), { code }))
})

test('notify() rejects when nobody is at the address', async (t) => {
  const path = join(tempFolder(t), 'gone')
  await withEnvironment({ NOTIFY_SOCKET: path }, () =>
    assert.rejects(systemd.notify({ ready: true }), { code: 'ENOENT', path }),
  )
})

test('notify() refuses what would begin another variable, or would not be heard (H144)', async () => {
  const cases: [unknown, string][] = [
    [{ status: 'a\nREADY=1' }, 'ERR_INVALID_ARG_VALUE'],
    [{ status: 'a\0b' }, 'ERR_INVALID_ARG_VALUE'],
    [{ status: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ buserror: 'x\ny' }, 'ERR_INVALID_ARG_VALUE'],
    [{ ready: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ ready: false }, 'ERR_INVALID_ARG_VALUE'],
    [{}, 'ERR_INVALID_ARG_VALUE'],
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [{ redy: true }, 'ERR_INVALID_ARG_VALUE'],
    [{ mainpid: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ errno: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ exitStatus: 256 }, 'ERR_OUT_OF_RANGE'],
    [{ watchdog: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
    [{ watchdogTimeout: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ fdname: 'x' }, 'ERR_INVALID_ARG_VALUE'],
    [{ fdpoll: false }, 'ERR_INVALID_ARG_VALUE'],
    [{ fdstoreremove: true }, 'ERR_INVALID_ARG_VALUE'],
    [{ fdstore: 1, fdname: 'a:b' }, 'ERR_INVALID_ARG_VALUE'],
    [{ fdstore: 1, fdname: 'x'.repeat(256) }, 'ERR_INVALID_ARG_VALUE'],
    [{ fdstore: [] }, 'ERR_OUT_OF_RANGE'],
    [{ fdstore: Array(254).fill(1) }, 'ERR_OUT_OF_RANGE'],
    [{ fdstore: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ fdstore: 'stdin' }, 'ERR_INVALID_ARG_TYPE'],
    [{ fdstore: 1, fdstoreremove: true, fdname: 'x' }, 'ERR_INVALID_ARG_VALUE'],
    [{ variables: { lower: 'x' } }, 'ERR_INVALID_ARG_VALUE'],
    [{ variables: { 'X=1\nREADY': 'x' } }, 'ERR_INVALID_ARG_VALUE'],
    [{ variables: { X: 'a\nb' } }, 'ERR_INVALID_ARG_VALUE'],
    [{ variables: 'X=1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ status: 'x'.repeat(4096) }, 'EMSGSIZE'],
  ]
  for (const [state, code] of cases)
    await assert.rejects(systemd.notify(state as State), { code }, JSON.stringify(state))
  await assert.rejects(systemd.notify({ ready: true }, { timeout: -1 }), { code: 'ERR_OUT_OF_RANGE' })
  await assert.rejects(systemd.notify({ ready: true }, 5 as Options), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('notify() passes sockets and descriptors for the store, which stay ours', async (t) => {
  const manager = await Manager.create(t)
  const server = await listener(t)
  const file = openSync('/dev/null', 'r')
  t.after(() => closeSync(file))
  await notify(manager, { fdstore: [server, file], fdname: 'listener', fdpoll: false })
  const { text, fds } = await manager.next()
  t.after(() => fds.slice(1).forEach(closeSync))
  assert.equal(text, 'FDSTORE=1\nFDNAME=listener\nFDPOLL=0\n')
  assert.equal(fds.length, 2)
  const kept = closing(t, await stream.inet.Server.wrap(fds[0] as number))
  assert.equal(kept.getsockname().port, server.getsockname().port)
  assert.equal(fstatSync(fds[1] as number).rdev, fstatSync(file).rdev)
  assert.notEqual(server.fd(), -1)
})

test('notify() passes a FileHandle, and refuses one that is closed', async (t) => {
  const manager = await Manager.create(t)
  const file = await open('/dev/null')
  await notify(manager, { fdstore: [file] })
  const { fds } = await manager.next()
  t.after(() => fds.forEach(closeSync))
  assert.equal(fstatSync(fds[0] as number).rdev, fstatSync(file.fd).rdev)
  await file.close()
  await assert.rejects(notify(manager, { fdstore: file }), { code: 'EBADF' })
})

test('notify() passes 253 descriptors at once', async (t) => {
  const manager = await Manager.create(t)
  const server = await listener(t)
  await notify(manager, { fdstore: Array(253).fill(server) })
  const { fds } = await manager.next()
  fds.forEach(closeSync)
  assert.equal(fds.length, 253)
})

test('notify() refuses a closed socket, and one that a getter of the arguments closes', async (t) => {
  const manager = await Manager.create(t)
  const server = await listener(t)
  const state: State = {
    fdstore: [server],
    get variables(): Record<string, string> {
      server.detach()
      return { X: 'y' }
    },
  }
  const number = server.fd()
  await assert.rejects(notify(manager, state), { code: 'EBADF' })
  closeSync(number)
  await assert.rejects(notify(manager, { fdstore: server }), { code: 'EBADF' })
})

test('calls of notify() arrive in their order, also when the queue of the manager is full', async (t) => {
  const manager = await Manager.create(t)
  const count = 400
  const sent = withEnvironment({ NOTIFY_SOCKET: manager.address }, () =>
    Array.from({ length: count }, (_, i) => systemd.notify({ status: `${i}` })),
  )
  const texts = await manager.texts(count)
  assert.deepEqual(
    texts,
    Array.from({ length: count }, (_, i) => `STATUS=${i}\n`),
  )
  assert.ok((await Promise.all(await sent)).every((isSent) => isSent))
})

test('notify() with barrier resolves when the manager has come to that message', async (t) => {
  const manager = await Manager.create(t)
  const sent = notify(manager, { status: 'first', barrier: true })
  assert.equal((await manager.next()).text, 'STATUS=first\n')
  const { text, fds } = await manager.next()
  assert.deepEqual([text, fds.length], ['BARRIER=1', 1])
  assert.equal(await isPending(sent), true)
  fds.forEach(closeSync)
  assert.equal(await within(sent, 'the barrier'), true)
})

test('notify() with barrier alone sends nothing else', async (t) => {
  const manager = await Manager.create(t)
  const sent = notify(manager, { barrier: true })
  const { text, fds } = await manager.next()
  assert.equal(text, 'BARRIER=1')
  fds.forEach(closeSync)
  assert.equal(await sent, true)
})

test('notify() with barrier ends by its deadline or signal, and leaves no descriptor', async (t) => {
  const manager = await Manager.create(t)
  const before = countFds()
  await assert.rejects(notify(manager, { barrier: true }, { timeout: 30 }), TimeoutError)
  const stop = new AbortController()
  const sent = notify(manager, { barrier: true }, { signal: stop.signal })
  const rejected = assert.rejects(sent, { name: 'AbortError' })
  const unread = [await manager.next(), await manager.next()].flatMap(({ fds }) => fds)
  stop.abort()
  await rejected
  assert.equal(countFds(), before + unread.length)
  unread.forEach(closeSync)
})

test('notify() waits for a full queue within its deadline only', async (t) => {
  const path = abstractName()
  const silent = closing(t, await dgram.unix.Socket.create({ path }))
  await silent.bind()
  await withEnvironment({ NOTIFY_SOCKET: path.replace('\0', '@') }, async () => {
    let failure: SystemError | undefined
    for (let i = 0; i < 5000 && failure === undefined; i++)
      await systemd.notify({ status: `${i}` }, { timeout: 20 }).catch((error: SystemError) => {
        failure = error
      })
    assert.ok(failure instanceof TimeoutError, String(failure))
  })
})
