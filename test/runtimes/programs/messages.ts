// Datagrams, seqpackets, and messages with control data.
import assert from 'node:assert/strict'
import { dgram, listen, MSG_TRUNC, MsgHdr, seqpacket, stream } from 'berkeley'
import { SOCK_DGRAM, socket } from 'berkeley/llsocket'
import { abstractName, codeOf, step } from './steps.js'

const udp = { host: '127.0.0.1', port: 0 }

async function bound(): Promise<dgram.inet.Socket> {
  const sock = await dgram.inet.Socket.create(udp)
  await sock.bind()
  return sock
}

await step('UDP, with the address of the sender', async () => {
  await using a = await bound()
  await using b = await bound()
  await a.sendto('ping', b.getsockname())
  const [data, from] = await b.recvfrom()
  assert.equal(String(data), 'ping')
  assert.equal(from?.port, a.getsockname().port)
  const waiting = a.recvfrom()
  await b.sendto('pong', from)
  assert.equal(String((await waiting)[0]), 'pong')
})

await step('many datagrams by one call', async () => {
  await using a = await bound()
  await using b = await bound()
  const addr = b.getsockname()
  const waiting = b.recvmany()
  await a.sendmany(Array.from({ length: 20 }, (_, i) => ({ data: Buffer.from(`${i}`), addr })))
  const texts: string[] = []
  using first = await waiting
  for (const { data } of first) texts.push(String(data))
  while (texts.length < 20) {
    using batch = await b.recvmany()
    for (const { data } of batch) texts.push(String(data))
  }
  assert.deepEqual(
    texts,
    Array.from({ length: 20 }, (_, i) => `${i}`),
  )
})

await step('datagrams in push mode, one after the other and many', async () => {
  await using a = await bound()
  await using b = await bound()
  const echo = b.forEach((data, from) => {
    if (from) b.write(data, from)
  })
  for (let i = 0; i < 100; i++) {
    const answer = a.recv()
    await a.sendto(`${i}`, b.getsockname())
    assert.equal(String(await answer), `${i}`)
  }
  await b.close()
  await codeOf(echo)
})

await step('unix datagrams, and one that does not fit', async () => {
  const path = abstractName()
  await using log = await dgram.unix.Socket.create({ path })
  await log.bind()
  await using program = await dgram.unix.Socket.create({ path })
  await program.connect()
  const waiting = log.recv()
  await program.send('<14>hello syslog')
  assert.equal(String(await waiting), '<14>hello syslog')
  await program.send('one record')
  assert.equal(await codeOf(log.recv(4)), 'EMSGSIZE')
  await program.send('one record')
  assert.equal(String(await log.recv(4, MSG_TRUNC)), 'one ')
})

await step('seqpackets, in pairs and with a server', async () => {
  const [a, b] = await seqpacket.unix.pair()
  const waiting = b.recv()
  await a.send('one record')
  assert.equal(String(await waiting), 'one record')
  await a.close()
  assert.equal(await b.recv(), null)
  await b.close()
  const path = abstractName()
  await using server = await seqpacket.unix.Server.create({ path })
  server.listen()
  await using client = await seqpacket.unix.Client.create({ path })
  await using peer = await server.accept()
  await peer.send('first')
  await peer.send('second')
  assert.equal(String(await client.recv()), 'first')
  assert.equal(String(await client.recv()), 'second')
})

await step('messages with control data', async () => {
  await using a = await bound()
  await using b = await bound()
  b.recvttl(true)
  const got = new MsgHdr()
  got.addn(100)
  const waiting = b.recvmsg(got)
  await a.sendto('x', b.getsockname())
  assert.equal(await waiting, 1)
  assert.equal(got.control().value('ttl'), 64)
})

await step('options, before and after', async () => {
  await using server = await listen(udp)
  server.rcvbuf(4096)
  assert.ok(Number(server.rcvbuf()) >= 4096)
  const [a, b] = await stream.unix.pair()
  assert.equal(a.peercred().pid, process.pid)
  await Promise.all([a.close(), b.close()])
})

await step('the synchronous half', async () => {
  const [a, b] = socket.pair(SOCK_DGRAM, true)
  a.send('now')
  assert.equal(String(b.recv()), 'now')
  a.close()
  b.close()
})
