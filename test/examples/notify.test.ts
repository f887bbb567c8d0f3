import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, dgram, MsgHdr, stream } from 'berkeley'
import {
  abstractName,
  available,
  type Child,
  closing,
  leavesNoFd,
  PATIENCE_MS,
  run,
  start,
  tempFolder,
} from '../util/index.js'
import { foreignEnvironment, portOf, program, readAll } from './programs.js'

leavesNoFd()

const LISTEN_FDS_START = 3

/** A message to the service manager, and its sender. */
interface Notice {
  readonly text: string
  readonly pid: number | undefined
  readonly uid: number | undefined
  readonly fds: number[]
}

/** A service manager: its end of the socket. */
class Manager {
  readonly #sock: dgram.unix.Socket

  private constructor(sock: dgram.unix.Socket) {
    this.#sock = sock
  }

  static async create(t: TestContext, path: string): Promise<Manager> {
    const sock = closing(t, await dgram.unix.Socket.create({ path }))
    sock.passcred(true)
    sock.deadlines(PATIENCE_MS)
    await sock.bind()
    return new Manager(sock)
  }

  async next(): Promise<Notice> {
    const msg = new MsgHdr()
    msg.addn(4096)
    await this.#sock.recvmsg(msg)
    const who = msg.control().value('credentials')
    const fds = [...msg.control()].filter((cmsg) => cmsg.isRights()).flatMap((cmsg) => cmsg.take())
    return { text: msg.concat().toString(), pid: who?.pid, uid: who?.uid, fds }
  }
}

/** Starts the service with what a manager puts into its environment. */
function startService(t: TestContext, manager: string): Child {
  const env = { ...process.env, NOTIFY_SOCKET: manager }
  return start(t, process.execPath, [program('sd-notify'), '0'], { env })
}

/**
 * Starts it with a socket that was kept. The variable with its number can be set only by the process that becomes it.
 */
function restartService(t: TestContext, manager: string, fd: number): Child {
  const env = { ...process.env, NOTIFY_SOCKET: manager, LISTEN_FDS: '1', LISTEN_FDNAMES: 'listener' }
  const command = ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', process.execPath, program('sd-notify'), '0']
  const stdio = ['pipe', 'pipe', 'pipe', fd] as const
  assert.equal(stdio.lastIndexOf(fd), LISTEN_FDS_START)
  return start(t, 'sh', command, { env, stdio: [...stdio] })
}

test('sd-notify sends ready, status and stopping with credentials, and stores a socket for the next run', async (t) => {
  const path = join(tempFolder(t), 'notify')
  const manager = await Manager.create(t, path)
  const service = startService(t, path)
  const { pid } = service.process
  const uid = process.getuid?.()

  const store = await manager.next()
  assert.deepEqual({ ...store, fds: [] }, { text: 'FDSTORE=1\nFDNAME=listener\n', pid, uid, fds: [] })
  assert.equal(store.fds.length, 1)
  const kept = closing(t, await stream.inet.Server.wrap(store.fds[0] as number))
  assert.equal(kept.acceptconn(), true)
  const port = await portOf(service)
  assert.equal(kept.getsockname().port, port)

  const ready = await manager.next()
  const status = `STATUS=listening on 127.0.0.1:${port}\n`
  assert.deepEqual(ready, { text: `READY=1\n${status}`, pid, uid, fds: [] })

  assert.equal(await readAll(port), `process ${pid}\n`)
  assert.equal((await manager.next()).text, 'STATUS=served 1\n')

  // The service crashes. Its socket is kept, so that clients wait instead of being refused.
  service.process.kill('SIGKILL')
  await service.ended
  const client = closing(t, await connect({ host: '127.0.0.1', port }))
  client.deadlines(PATIENCE_MS)

  const again = restartService(t, path, kept.fd())
  await again.waitForOutput(/^listening on .*, a socket of the manager\n/m)
  assert.equal((await manager.next()).text, `READY=1\n${status}`)
  assert.equal(`${await client.recv()}`, `process ${again.process.pid}\n`)
  assert.equal((await manager.next()).text, 'STATUS=served 1\n')

  again.process.kill('SIGTERM')
  assert.equal((await manager.next()).text, 'STOPPING=1\nSTATUS=ending after 1\n')
  const { code, stderr } = await again.ended
  assert.deepEqual([code, stderr], [0, ''])
})

test('sd-notify finds a manager with an abstract name and ignores LISTEN_FDS of another process', async (t) => {
  const name = abstractName()
  const manager = await Manager.create(t, name)
  const env = { ...process.env, NOTIFY_SOCKET: name.replace('\0', '@'), LISTEN_FDS: '1', LISTEN_PID: '1' }
  const service = start(t, process.execPath, [program('sd-notify'), '0'], { env })
  const store = await manager.next()
  for (const fd of store.fds) closeSync(fd)
  assert.equal(store.fds.length, 1)
  assert.match((await manager.next()).text, /^READY=1\n/)
  service.process.kill('SIGINT')
  assert.match((await manager.next()).text, /^STOPPING=1\n/)
  assert.equal((await service.ended).code, 0)
})

test('sd-notify ends with status 1 and an error without a manager', async (t) => {
  const { NOTIFY_SOCKET: _, ...env } = process.env
  const without = await run(process.execPath, [program('sd-notify'), '0'], { env })
  assert.equal(without.code, 1)
  assert.match(without.stderr, /\$NOTIFY_SOCKET is not set/)
  const path = join(tempFolder(t), 'gone')
  const gone = await run(process.execPath, [program('sd-notify'), '0'], { env: { ...env, NOTIFY_SOCKET: path } })
  assert.equal(gone.code, 1)
  assert.match(gone.stderr, new RegExp(`SystemError: sendmsg ENOENT ${path}`))
})

/** A log daemon at a path, and the line that a program sends there. */
async function daemon(t: TestContext) {
  const path = join(tempFolder(t), 'log')
  const sock = closing(t, await dgram.unix.Socket.create({ path }))
  sock.deadlines(PATIENCE_MS)
  await sock.bind()
  const line = async (command: string, args: string[]): Promise<string> => {
    const ended = await run(command, args, command === process.execPath ? {} : { env: foreignEnvironment() })
    assert.deepEqual([ended.code, ended.stderr], [0, ''])
    return `${await sock.recv()}`
  }
  return { path, line }
}

const PLACES = {
  '<time>': /(?<=>)[A-Z][a-z]{2} [ 123][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?= )/,
  '[<pid>]:': /\[[0-9]+\]:/,
}

/** A line with what differs from one process to the next replaced by what it is. */
function shape(line: string): string {
  return Object.entries(PLACES).reduce((text, [what, place]) => text.replace(place, what), line)
}

test('syslog sends priority, time, tag, process and message like logger', {
  skip: available('logger'),
}, async (t) => {
  const { path, line } = await daemon(t)
  for (const priority of ['user.notice', 'mail.err', 'daemon.emerg', 'ftp.warning', 'local0.info', 'local7.debug']) {
    const message = `what ${priority} says: ü`
    const options = ['-t', 'berkeley', '-p', priority]
    const own = await line(process.execPath, [program('syslog'), ...options, '-u', path, message])
    const foreign = await line('logger', ['-i', ...options, '--socket', path, message])
    assert.equal(shape(own), shape(foreign))
    assert.match(shape(own), /^<[0-9]+><time> berkeley\[<pid>\]: what/)
  }
})

test('syslog accepts numbers of facility and severity, and joins words into one message', async (t) => {
  const { path, line } = await daemon(t)
  const send = (...args: string[]): Promise<string> => line(process.execPath, [program('syslog'), '-u', path, ...args])
  assert.match(await send('-t', 'a', 'several', 'words'), /^<13>.* a\[[0-9]+\]: several words$/)
  assert.match(await send('-p', 'kern.emerg', 'x'), /^<0>/)
  assert.match(await send('-p', 'local7.debug', 'x'), /^<191>/)
})

test('syslog ends with status 1 and an error without a daemon, a message or a valid priority', async (t) => {
  const path = join(tempFolder(t), 'none')
  const fails = async (args: string[], saying: RegExp): Promise<void> => {
    const { code, stderr } = await run(process.execPath, [program('syslog'), ...args])
    assert.equal(code, 1)
    assert.match(stderr, saying)
  }
  await fails(['-u', path, 'x'], new RegExp(`SystemError: connect ENOENT ${path}`))
  await fails(['-u', path], /usage: syslog /)
  await fails(['-u', path, '-p', 'user.loud', 'x'], /no facility and severity: user\.loud/)
})
