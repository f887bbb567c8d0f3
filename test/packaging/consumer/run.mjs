// A program that imports the installed package: both its faces, down to real system calls.
import assert from 'node:assert/strict'
import { stream } from 'berkeley'
import { AddrInfo, AGAIN, SOCK_STREAM, socket } from 'berkeley/llsocket'
import unixDgram, { createSocket } from 'berkeley/unix-dgram'

const ai = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM })
const sock = socket.create(ai, true)
sock.bind(ai)
assert.ok(sock.getsockname().port > 0)
assert.equal(typeof AGAIN, 'symbol')
sock.close()
assert.equal(unixDgram.createSocket, createSocket)
createSocket('unix_dgram').close()

const [a, b] = await stream.unix.pair()
await a.send('x')
assert.equal(String(await b.recv()), 'x')
await a.close()
await b.close()
process.stdout.write('works from ESM\n')
