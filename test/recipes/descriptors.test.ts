import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { leavesNoFd, within } from '../util/index.js'
import { cannotRun, Place } from './programs.js'

leavesNoFd()

const hostname = existsSync('/etc/hostname') ? readFileSync('/etc/hostname', 'utf8') : ''
const noHostname = hostname === '' && 'there is no /etc/hostname'

test('pass-open-file: the open file goes to Python and to the other program, and what Python passes is read', {
  skip: cannotRun('python3') || noHostname,
}, async (t) => {
  const place = await Place.of(t, 'pass-open-file.md')
  const giver = place.program('give.ts')
  await giver.waitForOutput(/listening/)
  const received = `
import os, socket, stat
sock = socket.socket(socket.AF_UNIX)
sock.connect('files.sock')
_, (fd,), _, _ = socket.recv_fds(sock, 1, 1)
print(oct(stat.S_IMODE(os.stat('files.sock').st_mode)), os.read(fd, 1000).decode(), end='')
`
  assert.equal(await place.python(received), `0o600 ${hostname}`)
  assert.equal((await within(place.program('take.ts').ended, 'the taker')).stdout, `${hostname}\n`)
  assert.equal(giver.stderr, '')
  await giver.stop()
  const passed = `
import os, socket
os.unlink('files.sock')
server = socket.socket(socket.AF_UNIX)
server.bind('files.sock')
server.listen()
print('ready', flush=True)
for empty in (False, True):
    conn, _ = server.accept()
    reader, writer = os.pipe()
    os.write(writer, b'through a pipe')
    os.close(writer)
    if not empty: socket.send_fds(conn, [b'x'], [reader])
    conn.close()
`
  const python = place.start('python3', ['-c', passed])
  await python.waitForOutput(/ready/)
  assert.equal((await within(place.program('take.ts').ended, 'the taker')).stdout, 'through a pipe\n')
  const { code, stderr } = await within(place.program('take.ts').ended, 'the taker')
  assert.equal(code, 1)
  assert.match(stderr, /closed without a file/)
})

test('stream-descriptors: descriptors go to Python beside the bytes, and come from it before theirs', {
  skip: cannotRun('python3') || noHostname,
}, async (t) => {
  const place = await Place.of(t, 'stream-descriptors.md')
  const bus = `
import os, socket
server = socket.socket(socket.AF_UNIX)
server.bind('bus.sock')
server.listen()
print('ready', flush=True)
conn, _ = server.accept()
data, (fd,), _, _ = socket.recv_fds(conn, 100, 1)
print(data, os.read(fd, 1000), flush=True)
reader, writer = os.pipe()
os.write(writer, b'by descriptor')
os.close(writer)
socket.send_fds(conn, [b'by bytes'], [reader])
conn.close()
`
  const python = place.start('python3', ['-c', bus])
  await python.waitForOutput(/ready/)
  const { code, stdout, stderr } = await within(place.program('ask.ts').ended, 'the program')
  assert.deepEqual([code, stdout], [0, 'by descriptor\nby bytes\n'], stderr)
  const { stdout: heard } = await within(python.ended, 'Python')
  assert.equal(heard, `ready\nb'read this\\n' b'${hostname.replace('\n', '\\n')}'\n`)
})

test('seqpacket: records keep their boundaries, between the programs and with Python', {
  skip: cannotRun('python3'),
}, async (t) => {
  const place = await Place.of(t, 'seqpacket.md')
  const server = place.program('records-server.ts')
  await server.waitForOutput(/listening/)
  const user = process.getuid?.()
  const client = await within(place.program('records-client.ts').ended, 'the client')
  assert.equal(client.stdout, `user ${user} sent 3 bytes\nuser ${user} sent 7 bytes\n`)
  const records = `
import socket
sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
sock.connect('records.sock')
for size in (1, 2000): sock.send(b'x' * size)
print(sock.recv(100).decode(), sock.recv(100).decode())
`
  assert.equal(await place.python(records), `user ${user} sent 1 bytes user ${user} sent 2000 bytes\n`)
  assert.equal(server.stderr, '')
})

test('syslog: a daemon gets the line, and without one the program says why', {
  skip: cannotRun('python3'),
}, async (t) => {
  const place = await Place.of(t, 'syslog.md')
  const path = join(place.folder, 'log')
  const missing = await within(place.program('log.ts', 'hello', path).ended, 'the program')
  assert.deepEqual([missing.code, missing.stderr], [1, `not logged: connect ENOENT ${path}\n`])
  const daemon = `
import socket
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind('log')
print('ready', flush=True)
print(sock.recv(1000).decode(), flush=True)
`
  const python = place.start('python3', ['-c', daemon])
  await python.waitForOutput(/ready/)
  assert.equal((await within(place.program('log.ts', 'all is well', path).ended, 'the program')).code, 0)
  await python.waitForOutput(/<13>berkeley\[[0-9]+\]: all is well/)
  await python.ended
  const gone = await within(place.program('log.ts', 'anybody?', path).ended, 'the program')
  assert.match(gone.stderr, /not logged: connect ECONNREFUSED/)
})
