import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { leavesNoFd, within } from '../util/index.js'
import { cannotRun, Place } from './programs.js'

leavesNoFd()

/** What curl and nc ask again while nobody listens yet. */
const RETRY = ['--retry', '40', '--retry-connrefused', '--retry-delay', '1', '--retry-max-time', '9', '--silent']

test('tcp-echo: the server answers nc and its client, ends on SIGTERM, and the client says that nobody listens then', {
  skip: cannotRun('nc', 'socat'),
}, async (t) => {
  const place = await Place.of(t, 'tcp-echo.md')
  const server = place.program('echo-server.ts')
  await server.waitForOutput(/listening on .*:8080/)
  for (const host of ['127.0.0.1', '::1'])
    assert.equal((await place.run('nc', ['-N', host, '8080'], 'from nc')).stdout, 'from nc', host)
  assert.equal((await within(place.program('echo-client.ts').ended, 'the client')).stdout, 'hello\n')
  const idle = place.start('socat', ['-', 'TCP:127.0.0.1:8080'])
  idle.write('still here')
  await idle.waitForOutput(/still here/)
  server.process.kill('SIGTERM')
  const { code, stderr } = await within(server.ended, 'the end')
  assert.deepEqual([code, stderr], [0, ''])
  await within(idle.ended, 'the end of an idle connection')
  const lonely = await within(place.program('echo-client.ts').ended, 'the client')
  assert.deepEqual([lonely.code, lonely.stderr], [1, 'nobody listens there\n'])
})

/** One client that never reads, twenty that do, and one that speaks more than all buffers hold. */
const CROWD = `
import socket, threading
lines, size = 10000, 500
def open():
    sock = socket.create_connection(('127.0.0.1', 7000))
    sock.settimeout(60)
    return sock
slow = socket.socket()
slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
slow.connect(('127.0.0.1', 7000))
readers = [open() for _ in range(20)]
counts = [0] * len(readers)
def read(i):
    with readers[i].makefile('rb') as stream:
        for line in stream:
            assert len(line) == size
            counts[i] += 1
            if counts[i] == lines: return
threads = [threading.Thread(target=read, args=(i,)) for i in range(len(readers))]
for thread in threads: thread.start()
speaker = open()
for begin in range(0, lines, 10):
    speaker.sendall((b'x' * (size - 1) + b'\\n') * 10)
    # No faster than they read: the slow one is to be dropped, not those.
    while begin - min(counts) > 200: threading.Event().wait(0.001)
for thread in threads: thread.join()
slow.settimeout(10)
total = 0
try:
    while data := slow.recv(1 << 20): total += len(data)
except ConnectionResetError: pass
print(counts == [lines] * 20, total < lines * size)
`

test('chat: a client that does not read is dropped, twenty that do get all lines, and memory stays bounded', {
  skip: cannotRun('nc', 'python3'),
}, async (t) => {
  const place = await Place.of(t, 'chat.md')
  const server = place.program('chat.ts')
  await server.waitForOutput(/listening on/)
  const [ann, bob] = [place.start('nc', ['127.0.0.1', '7000']), place.start('nc', ['127.0.0.1', '7000'])]
  // Each speaks until the other one is a member.
  const speaking = setInterval(() => {
    ann.write('I am Ann\n')
    bob.write('I am Bob\n')
  }, 20)
  await Promise.all([ann.waitForOutput(/I am Bob/), bob.waitForOutput(/I am Ann/)]).finally(() =>
    clearInterval(speaking),
  )
  await Promise.all([ann.stop(), bob.stop()])
  const child = place.start('python3', ['-c', CROWD])
  const { code, stdout, stderr } = await within(child.ended, 'the crowd', 60_000)
  assert.deepEqual([code, stdout], [0, 'True True\n'], stderr)
  const rude = await place.run('nc', ['-N', '127.0.0.1', '7000'], 'x'.repeat(5000))
  assert.equal(rude.stdout, '')
  const peak = Number(
    /VmHWM:\s+([0-9]+) kB/.exec((await place.run('cat', [`/proc/${server.process.pid}/status`])).stdout)?.[1],
  )
  assert.ok(peak < 250_000, `${peak} kB`)
  assert.equal(server.stderr, '')
})

test('sendfile: curl gets the whole file, also one of some megabytes, and a client that goes leaves the server at work', {
  skip: cannotRun('curl', 'python3'),
}, async (t) => {
  const place = await Place.of(t, 'sendfile.md')
  const path = join(place.folder, 'large')
  writeFileSync(path, Buffer.alloc(5_000_003, 'berkeley'))
  const server = place.program('file-server.ts', path)
  await server.waitForOutput(/listening on/)
  const [, gone] = await Promise.all([
    place.python(`import socket; socket.create_connection(('127.0.0.1', 8080)).recv(10)`),
    place.run('curl', [...RETRY, '-o', 'copy', 'http://127.0.0.1:8080/']),
  ])
  assert.equal(gone.code, 0)
  assert.equal((await place.run('cmp', ['copy', 'large'])).code, 0)
  assert.equal(server.stderr, '')
})

test('workers: two threads serve in turn what one accepts', { skip: cannotRun('nc') }, async (t) => {
  const place = await Place.of(t, 'workers.md')
  const server = place.program('workers.ts')
  await server.waitForOutput(/listening on/)
  const answers: string[] = []
  for (let i = 0; i < 6; i++) answers.push((await place.run('nc', ['-N', '127.0.0.1', '8080'], 'hi')).stdout)
  assert.deepEqual(answers, [
    'thread 1: hi',
    'thread 2: hi',
    'thread 1: hi',
    'thread 2: hi',
    'thread 1: hi',
    'thread 2: hi',
  ])
  assert.equal(server.stderr, '')
})

test('options-before-connect: the options hold for the connection, and so do source address and device', {
  skip: cannotRun('socat'),
}, async (t) => {
  const place = await Place.of(
    t,
    'options-before-connect.md',
    'ip link add dev0 type veth peer name dev1; ip addr add 10.9.0.1/24 dev dev0; ip link set dev0 up; ip link set dev1 up',
  )
  place.start('socat', ['-u', 'TCP6-LISTEN:8080,ipv6only=0,fork,reuseaddr', 'CREATE:/dev/null'])
  await place.bound('t', 8080)
  const { code, stdout, stderr } = await within(place.program('connect.ts', '127.0.0.1').ended, 'the client')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:8080\n.*rcvbuf: 131072, mss: 1[0-9]{3}, device: null/)
  const other = await within(place.program('connect.ts', '10.9.0.1', 'dev0').ended, 'the client')
  assert.match(other.stdout, /^10\.9\.0\.1:[0-9]+ -> 10\.9\.0\.1:8080\n.*device: 'dev0'/s, other.stderr)
})

/** Accepts, greets, and then does nothing. */
const SILENT = `
import socket, sys
server = socket.create_server(('10.9.0.2', 5432))
print('ready', flush=True)
conn, _ = server.accept()
conn.send(b'welcome')
sys.stdin.read()
`

test('dead-peers: the options are those of the socket of Node, and a peer that vanishes ends it with ETIMEDOUT', {
  skip: cannotRun('python3'),
}, async (t) => {
  const [place, other] = [await Place.of(t, 'dead-peers.md'), await Place.of(t, 'dead-peers.md')]
  const ip = async (where: Place, text: string): Promise<void> => {
    const { code, stderr } = await where.run('ip', text.split(' '))
    assert.equal(code, 0, stderr)
  }
  await ip(place, `link add dev0 type veth peer name dev0 netns ${other.pid}`)
  for (const [where, address] of [
    [place, '10.9.0.1'],
    [other, '10.9.0.2'],
  ] as const) {
    await ip(where, `addr add ${address}/24 dev dev0`)
    await ip(where, `link set dev0 address 02:00:00:00:00:0${address.at(-1)} up`)
  }
  await ip(place, 'neigh replace 10.9.0.2 lladdr 02:00:00:00:00:02 dev dev0 nud permanent')
  const peer = other.start('python3', ['-c', SILENT])
  await peer.waitForOutput(/ready/)
  const child = place.program('guard.ts', '5432', '10.9.0.2')
  await child.waitForOutput(/connected, [0-9]+ µs, 0 retransmissions/)
  await child.waitForOutput(/welcome/)
  const { stdout } = await place.run('ss', ['-Htno', 'state', 'established', 'dport = :5432'])
  assert.match(stdout, /timer:\(keepalive,[0-9.]+m?s(?:ec)?,0\)/)
  // The address is gone: probes after 5, 7 and 9 seconds get no answer.
  await ip(other, 'addr del 10.9.0.2/24 dev dev0')
  await child.waitForOutput(/lost: read ETIMEDOUT/, 30_000)
})
