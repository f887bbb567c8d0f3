// A program that requires the installed package: both its faces, down to real system calls.
const assert = require('node:assert/strict')
const { stream } = require('berkeley')
const { createSocket } = require('berkeley/unix-dgram')
const { AddrInfo, AGAIN, SOCK_STREAM, socket } = require('berkeley/llsocket')

const ai = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM })
const sock = socket.create(ai, true)
sock.bind(ai)
assert.ok(sock.getsockname().port > 0)
assert.equal(typeof AGAIN, 'symbol')
sock.close()
createSocket('unix_dgram').close()

async function main() {
  const [a, b] = await stream.unix.pair()
  await a.send('x')
  assert.equal(String(await b.recv()), 'x')
  await a.close()
  await b.close()
  process.stdout.write('works from CommonJS\n')
}

main()
