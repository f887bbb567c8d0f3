// What a service manager passes when it starts a program: sd_listen_fds(3).
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { AddrInfo, AF_NETLINK, connect, dgram, SOCK_RAW, seqpacket, stream, systemd } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { abstractName, available, closing, closingAll, leavesNoFd, start, tempFolder } from '../util/index.js'
import { startPassed, withEnvironment } from './common.js'

leavesNoFd()

/** Prints as JSON what it was passed, and ends. */
const REPORT = `
  import { systemd } from 'berkeley'
  import { fstatSync } from 'node:fs'
  const passed = systemd.listenFds()
  const rows = [...passed].map(({ name, socket, fd }) =>
    socket ? [name, socket.constructor.name, socket.fd(), socket.cloexec(), socket.isnonblock()] : [name, 'fd', fd])
  const left = Object.keys(process.env).filter((name) => name.startsWith('LISTEN_')).sort()
  console.log(JSON.stringify({ rows, left, same: systemd.listenFds() === passed, length: passed.length }))
  await passed.close()
`

/** Prints the error of the call, and whether fd 3 is left as it was: not owned, not touched. */
const FAIL = `
  import { systemd, stream } from 'berkeley'
  try {
    systemd.listenFds()
    console.log('no error')
  } catch (error) {
    const server = await stream.inet.Server.wrap(3)
    console.log(JSON.stringify([error.name, error.code, error.message, server.fd(), process.env.LISTEN_FDS]))
    await server.close()
  }
`

async function listener(t: TestContext): Promise<stream.inet.Server> {
  const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  server.listen()
  return server
}

async function report(t: TestContext, fds: readonly number[], variables: Record<string, string>) {
  const { stdout, stderr, code } = await startPassed(t, REPORT, fds, variables).ended
  assert.deepEqual([code, stderr], [0, ''])
  return JSON.parse(stdout) as { rows: unknown[][]; left: string[]; same: boolean; length: number }
}

/** The refusal of what a hostile or broken manager says: nothing is taken over. */
async function refused(
  t: TestContext,
  variables: Record<string, string>,
  code: string,
  message: RegExp,
): Promise<void> {
  const server = await listener(t)
  const { stdout, stderr } = await startPassed(t, FAIL, [server.fd()], { LISTEN_FDS: '1', ...variables }).ended
  assert.equal(stderr, '')
  const [name, found, text, again, left] = JSON.parse(stdout)
  assert.deepEqual([name, found, again], ['SystemError', code, 3])
  assert.match(text, message)
  assert.equal(left, variables['LISTEN_FDS'] ?? '1')
}

test('listenFds() returns an object of the right class for each kind of socket, and a number for what is none', async (t) => {
  const tcp = await listener(t)
  const udp = closing(t, await dgram.inet.Socket.create({ host: '::1', port: 0 }))
  await udp.bind()
  const unixServer = closing(t, await stream.unix.Server.create({ path: abstractName() }))
  unixServer.listen()
  const seqServer = closing(t, await seqpacket.unix.Server.create({ path: abstractName() }))
  seqServer.listen()
  const unixgram = closing(t, await dgram.unix.Socket.create({ path: abstractName() }))
  await unixgram.bind()
  const [connection] = closingAll(t, await stream.unix.pair())
  const [sequence] = closingAll(t, await seqpacket.unix.pair())
  const client = closing(t, await connect({ host: '127.0.0.1', port: tcp.getsockname().port as number }))
  const file = openSync('/dev/null', 'r')
  t.after(() => closeSync(file))
  const sockets = [tcp, udp, unixServer, seqServer, unixgram, connection, sequence, client]
  const names = ['tcp', 'udp', '', 'seq server', 'gram', 'conn', 'conn', 'client', 'file']
  const { rows, left, same, length } = await report(t, [...sockets.map((sock) => sock.fd()), file], {
    LISTEN_FDS: '9',
    LISTEN_FDNAMES: names.join(':'),
  })
  assert.deepEqual(rows, [
    ['tcp', 'InetStreamServer', 3, true, true],
    ['udp', 'InetDgramSocket', 4, true, true],
    ['', 'UnixStreamServer', 5, true, true],
    ['seq server', 'UnixSeqpacketServer', 6, true, true],
    ['gram', 'UnixDgramSocket', 7, true, true],
    ['conn', 'UnixStreamSocket', 8, true, true],
    ['conn', 'UnixSeqpacketSocket', 9, true, true],
    ['client', 'InetStreamSocket', 10, true, true],
    ['file', 'fd', 11],
  ])
  assert.deepEqual([left, same, length], [[], true, 9])
})

test('listenFds() calls sockets without names unknown, as sd_listen_fds_with_names does', async (t) => {
  const server = await listener(t)
  const { rows } = await report(t, [server.fd(), server.fd()], { LISTEN_FDS: '2' })
  assert.deepEqual(
    rows.map(([name]) => name),
    ['unknown', 'unknown'],
  )
})

test('listenFds() is empty when the variables are absent, empty, or meant for another process', async (t) => {
  const server = await listener(t)
  for (const variables of [
    { LISTEN_FDS: '1', LISTEN_PID: '1' },
    { LISTEN_FDS: '1', LISTEN_PID: '' },
    { LISTEN_FDS: '' },
    {},
  ]) {
    const { rows, left, same } = await report(t, [server.fd()], variables as Record<string, string>)
    assert.deepEqual([rows, left, same], [[], [], true])
  }
})

test('listenFds() refuses numbers of descriptors that are none, and counts that are not true (H144)', async (t) => {
  for (const LISTEN_FDS of [
    '0',
    '-1',
    '1.5',
    '0x1',
    ' 1',
    '1 ',
    '+1',
    'one',
    '2147483645',
    '99999999999999999999',
    '1e0',
  ])
    await refused(t, { LISTEN_FDS }, 'EINVAL', /\$LISTEN_FDS must be a whole number from 1 to 2147483644, and is "/)
  await refused(t, { LISTEN_FDS: '2147483644' }, 'EBADF', /\$LISTEN_FDS is 2147483644, and fd \d+ is not open/)
})

test('listenFds() refuses a process number that is none', async (t) => {
  for (const LISTEN_PID of ['0', '-5', '1x', '2147483648', 'self'])
    await refused(t, { LISTEN_PID }, 'EINVAL', /\$LISTEN_PID must be a whole number from 1 to 2147483647, and is "/)
})

test('listenFds() refuses names that are too few, too many, too long, or hold control characters', async (t) => {
  for (const LISTEN_FDNAMES of ['a:b', ':', 'a:'])
    await refused(t, { LISTEN_FDNAMES }, 'EINVAL', /\$LISTEN_FDNAMES must be 1 names, as \$LISTEN_FDS says, and is "/)
  for (const LISTEN_FDNAMES of ['x'.repeat(256), 'tab\there', 'ü'])
    await refused(t, { LISTEN_FDNAMES }, 'EINVAL', /\$LISTEN_FDNAMES must be names of up to 255 characters of ASCII/)
})

test('listenFds() ignores variables that somebody has put on Object.prototype', async () => {
  const polluted = Object.prototype as { LISTEN_PID?: string; LISTEN_FDS?: string }
  Object.assign(polluted, { LISTEN_PID: String(process.pid), LISTEN_FDS: '1' })
  try {
    await withEnvironment({ LISTEN_PID: undefined, LISTEN_FDS: undefined }, () =>
      assert.equal(systemd.listenFds({ unsetEnvironment: false }).length, 0),
    )
  } finally {
    delete polluted.LISTEN_PID
    delete polluted.LISTEN_FDS
  }
})

test('listenFds() takes over all of the sockets or none (H144)', async (t) => {
  const server = await listener(t)
  const code = `
    import { systemd, stream } from 'berkeley'
    const owner = await stream.inet.Server.wrap(4)
    try { systemd.listenFds() } catch (error) { console.log(error.code, error.syscall) }
    const first = await stream.inet.Server.wrap(3)
    await first.close()
    await owner.close()
    console.log(systemd.listenFds.name)
  `
  const { stdout, stderr } = await startPassed(t, code, [server.fd(), server.fd()], { LISTEN_FDS: '2' }).ended
  assert.deepEqual([stdout, stderr], ['EBUSY listenFds\nlistenFds\n', ''])
})

test('listenFds() gives the sockets to the thread that asks first, and refuses another one by EBUSY', async (t) => {
  const server = await listener(t)
  const code = `
    import { Worker } from 'node:worker_threads'
    import { systemd } from 'berkeley'
    const passed = systemd.listenFds({ unsetEnvironment: false })
    const worker = new Worker(\`
      const { systemd } = require('berkeley')
      try { systemd.listenFds(); console.log('taken twice') } catch (error) { console.log(error.code) }
    \`, { eval: true, execArgv: [] })
    await new Promise((resolve) => worker.on('exit', resolve))
    console.log(process.env.LISTEN_FDS)
    await passed.close()
  `
  const { stdout, stderr } = await startPassed(t, code, [server.fd()], { LISTEN_FDS: '1' }).ended
  assert.deepEqual([stdout, stderr], ['EBUSY\n1\n', ''])
})

test('get() and getAll() find sockets by name, and refuse those of another class', async (t) => {
  const server = await listener(t)
  const code = `
    import assert from 'node:assert/strict'
    import { systemd, stream } from 'berkeley'
    const passed = systemd.listenFds()
    const [a, b] = passed.getAll('web', stream.inet.Server)
    assert.equal(passed.get('web'), a)
    assert.equal(passed.get('web', stream.inet.Server), a)
    assert.notEqual(a, b)
    assert.equal(passed.get('none'), undefined)
    assert.deepEqual(passed.getAll('none'), [])
    const proto = { code: 'EPROTOTYPE', message: /"web" is fd 3, an InetStreamServer, and not an UnixStreamServer/ }
    assert.throws(() => passed.get('web', stream.unix.Server), proto)
    assert.throws(() => passed.getAll('web', stream.unix.Server), proto)
    assert.throws(() => passed.get('file'), { code: 'EPROTOTYPE', message: /"file" is fd 5, which this package has no class for/ })
    assert.throws(() => passed.get(1), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => passed.get('web', 'Server'), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => systemd.listenFds({ unset: true }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => systemd.listenFds({ unsetEnvironment: 1 }), { code: 'ERR_INVALID_ARG_TYPE' })
    await passed.close()
    console.log('ok')
  `
  const file = openSync('/dev/null', 'r')
  t.after(() => closeSync(file))
  const variables = { LISTEN_FDS: '3', LISTEN_FDNAMES: 'web:web:file' }
  const { stdout, stderr } = await startPassed(t, code, [server.fd(), server.fd(), file], variables).ended
  assert.deepEqual([stdout, stderr], ['ok\n', ''])
})

test('a socket of a kind without an asynchronous class stays a number', async (t) => {
  const name = Buffer.alloc(12)
  name.writeUInt16LE(AF_NETLINK, 0)
  const netlink = socket.create(AddrInfo.raw(name, { socktype: SOCK_RAW }))
  t.after(() => netlink.close())
  const { rows } = await report(t, [netlink.fd()], { LISTEN_FDS: '1', LISTEN_FDNAMES: 'kernel' })
  assert.deepEqual(rows, [['kernel', 'fd', 3]])
})

describe('systemd-socket-activate', { skip: available('systemd-socket-activate') }, () => {
  test('listenFds() finds the sockets of systemd-socket-activate by the names that it gives them', async (t) => {
    const path = join(tempFolder(t), 's')
    const code = `
      import { systemd, stream } from 'berkeley'
      const passed = systemd.listenFds()
      const names = [...passed].map(({ name, socket }) => name + ' ' + socket.constructor.name)
      const conn = await passed.get('control', stream.unix.Server).accept()
      await conn.send(names.join(', '))
      await conn.close()
      await passed.close()
    `
    const abstract = abstractName()
    const args = ['-l', abstract.replace('\0', '@'), '-l', path, '--fdname=web:control']
    const child = start(t, 'systemd-socket-activate', [...args, process.execPath, '--input-type=module', '-e', code])
    await child.waitForOutput(/(Listening on [\s\S]*){2}/)
    const client = closing(t, await connect({ path }))
    client.deadlines(10_000)
    assert.equal(String(await client.recv()), 'web UnixStreamServer, control UnixStreamServer')
    assert.equal((await child.ended).code, 0)
  })
})
