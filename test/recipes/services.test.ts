import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { dgram } from 'berkeley'
import { closing, eventually, leavesNoFd, within } from '../util/index.js'
import { cannotRun, Place, shellOf } from './programs.js'

leavesNoFd()

test('http-unix: curl of the same user is answered, another user is not, and the file goes with the server', {
  skip: cannotRun('curl', 'setpriv'),
}, async (t) => {
  const place = await Place.of(t, 'http-unix.md')
  const path = join(place.folder, 'app.sock')
  const server = place.program('app.ts')
  await server.waitForOutput(/listening on/)
  const curl = ['curl', '--silent', '--unix-socket', path, 'http://localhost/']
  const own = await place.run('curl', curl.slice(1))
  assert.match(own.stdout, new RegExp(`^hello, user ${process.getuid?.()}, process [0-9]+\n$`))
  // Other users come to the file.
  assert.equal((await place.run('chmod', ['711', place.folder])).code, 0)
  const other = await place.run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...curl])
  assert.equal(other.stdout, 'not you\n', other.stderr)
  server.process.kill('SIGTERM')
  const { code, stderr } = await within(server.ended, 'the end')
  assert.deepEqual([code, stderr, existsSync(path)], [0, '', false])
})

test('http-unix: a file that a killed server has left is no obstacle', { skip: cannotRun('curl') }, async (t) => {
  const place = await Place.of(t, 'http-unix.md')
  const first = place.program('app.ts')
  await first.waitForOutput(/listening on/)
  const second = await within(place.program('app.ts').ended, 'the second one')
  assert.match(second.stderr, /EADDRINUSE/)
  await first.stop()
  const third = place.program('app.ts')
  await third.waitForOutput(/listening on/)
})

test('tls: two names are served, the pinned key is accepted, and another key or name is refused', {
  skip: cannotRun('openssl', 'sh'),
}, async (t) => {
  const place = await Place.of(t, 'tls.md')
  const made = await place.run('sh', ['-ec', shellOf('tls.md')])
  const pin = made.stdout.trim()
  assert.match(pin, /^[A-Za-z0-9+/]{43}=$/, made.stderr)
  const server = place.program('tls-server.ts')
  await server.waitForOutput(/listening on/)
  for (const name of ['a.example', 'b.example']) {
    const args = [
      's_client',
      '-connect',
      '127.0.0.1:8443',
      '-servername',
      name,
      '-CAfile',
      `${name}.crt`,
      '-verify_return_error',
      '-quiet',
    ]
    assert.match((await place.run('openssl', args)).stdout, new RegExp(`this is ${name}`))
  }
  const client = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await within(place.program('tls-client.ts', ...args).ended, 'the client')
    return stdout + stderr
  }
  assert.equal(await client('b.example', pin), 'this is b.example\n')
  assert.equal(await client('a.example', pin), 'refused: ERR_TLS_PIN\n')
  assert.equal(await client('c.example', pin), 'refused: ERR_TLS_PIN\n')
  assert.match(await client('b.example'), /tlscfg\.pins/)
  assert.equal(server.stderr, '')
})

test('systemd: the service is activated by its socket, is ready, gives signs of life, and ends gracefully', {
  skip: cannotRun('systemd-socket-activate', 'nc'),
}, async (t) => {
  const place = await Place.of(t, 'systemd.md')
  const path = join(place.folder, 'notify')
  const manager = closing(t, await dgram.unix.Socket.create({ path }))
  await manager.bind()
  const said: string[] = []
  const hearing = manager.forEach((data) => void said.push(String(data))).catch(() => {})
  const manages = ['-l', '127.0.0.1:8080', '--fdname=web', '-E', `NOTIFY_SOCKET=${path}`, '-E', 'WATCHDOG_USEC=100000']
  const child = place.start('systemd-socket-activate', [...manages, process.execPath, 'service.js'])
  await place.bound('t', 8080)
  assert.equal((await place.run('nc', ['-N', '127.0.0.1', '8080'], 'first')).stdout, 'first')
  await eventually(() => said.some((text) => text.includes('READY=1')), 'READY=1')
  await eventually(() => said.filter((text) => text.includes('WATCHDOG=1')).length > 2, 'signs of life')
  child.process.kill('SIGTERM')
  assert.equal((await within(child.ended, 'the end')).code, 0)
  assert.ok(said.some((text) => text.includes('STOPPING=1')))
  await manager.close()
  await hearing
})

/** Connects as fast as it can, one at a time in each of four threads, and counts what is not answered. */
const PRESS = `
import socket, sys, threading
served, failed, over = {}, [], threading.Event()
def press():
    while not over.is_set():
        try:
            with socket.create_connection(('127.0.0.1', 8080), timeout=10) as sock:
                sock.sendall(b'x')
                pid = sock.recv(100).split(b':')[0]
                if pid not in served: print(f'served by {pid.decode()}\\n', end='', flush=True)
                served[pid] = served.get(pid, 0) + 1
                if pid == b'': failed.append('no answer')
        except OSError as error:
            failed.append(repr(error))
threads = [threading.Thread(target=press) for _ in range(4)]
for thread in threads: thread.start()
sys.stdin.read()
over.set()
for thread in threads: thread.join()
print(len(served), min(served.values()) > 0, failed[:3])
`

test('handover: restarts under load refuse no connection, a failed one changes nothing, and SIGTERM ends it gracefully', {
  skip: cannotRun('python3', 'nc'),
}, async (t) => {
  const pids: number[] = []
  // Before the others wait for the first one, whose output its successors have, too.
  t.after(() => {
    for (const pid of pids) killed(pid)
  })
  const place = await Place.of(t, 'handover.md')
  const server = place.program('server.ts')
  const next = async (): Promise<number> => {
    const all = new RegExp(`(?:process [0-9]+ serves\\n){${pids.length}}process ([0-9]+) serves\n`)
    const [, pid] = await server.waitForOutput(all)
    pids.push(Number(pid))
    return Number(pid)
  }
  const first = await next()
  const load = place.start('python3', ['-c', PRESS])
  /** A busy machine takes its time until a process that serves has had a connection. */
  const served = (pid: number): Promise<unknown> => load.waitForOutput(new RegExp(`served by ${pid}\n`))
  await served(first)
  for (let i = 0; i < 4; i++) {
    process.kill(pids.at(-1) as number, 'SIGHUP')
    await served(await next())
  }
  // A version that does not start: the one before goes on.
  await rename(join(place.folder, 'server.js'), join(place.folder, 'away.js'))
  process.kill(pids.at(-1) as number, 'SIGHUP')
  await server.waitForOutput(/no successor: .*ECONNABORTED/)
  await rename(join(place.folder, 'away.js'), join(place.folder, 'server.js'))
  process.kill(pids.at(-1) as number, 'SIGHUP')
  await served(await next())
  load.endInput()
  const { stdout, stderr } = await within(load.ended, 'the load')
  assert.match(stdout, /^6 True \[\]$/m, stderr)
  const last = pids.at(-1) as number
  const busy = place.start('socat', ['-', 'TCP:127.0.0.1:8080'])
  busy.write('idle')
  await busy.waitForOutput(new RegExp(`${last}: idle`))
  process.kill(last, 'SIGTERM')
  await within(busy.ended, 'the end of an idle connection')
  await eventually(() => pids.every((pid) => !existsSync(`/proc/${pid}/stat`)), 'the end of all of them')
})

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // as it should be: it has ended
  }
}
