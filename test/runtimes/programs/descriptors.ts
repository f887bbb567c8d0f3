// Descriptors that go from one socket, or process, to another; and files that are sent.
import assert from 'node:assert/strict'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CmsgHdr, connect, listen, MsgHdr, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { codeOf, rest, step, tcp } from './steps.js'

const folder = mkdtempSync(join(tmpdir(), 'berkeley-runtimes-'))
const path = join(folder, 'file')
const TEXT = 'the text of a file'
writeFileSync(path, TEXT)

/** Deno reads no descriptor that it has not opened itself: see docs/runtimes.md. */
function textOf(fd: number): string {
  return readFileSync(`/proc/self/fd/${fd}`, 'latin1')
}

await step('an open file', async () => {
  const [ours, theirs] = await stream.unix.pair()
  const file = openSync(path, 'r')
  const waiting = theirs.recvfd()
  await ours.sendfd(file)
  closeSync(file)
  const fd = await waiting
  assert.ok(fd !== null)
  assert.equal(textOf(fd), TEXT)
  socket.close(fd)
  await ours.close()
  assert.equal(await theirs.recvfd(), null)
  await theirs.close()
})

await step('several files beside data, by a message', async () => {
  const [ours, theirs] = await stream.unix.pair()
  const files = [openSync(path, 'r'), openSync(path, 'r')] as const
  const msg = new MsgHdr()
  msg.add(Buffer.from('two'))
  msg.control().push(CmsgHdr.rights(...files))
  await ours.sendmsg(msg)
  for (const file of files) closeSync(file)
  const got = new MsgHdr()
  got.addn(100)
  await theirs.recvmsg(got)
  const fds = got.control().shift()?.take() ?? []
  assert.deepEqual(fds.map(textOf), [TEXT, TEXT])
  for (const fd of fds) socket.close(fd)
  await Promise.all([ours.close(), theirs.close()])
})

await step('a connection, which its receiver goes on with', async () => {
  const [ours, theirs] = await stream.unix.pair()
  await using server = await listen(tcp)
  await using client = await connect({ ...tcp, port: (server.getsockname() as { port: number }).port })
  const conn = await server.accept()
  await ours.sendfd(conn.fd())
  await conn.close()
  const heir = await stream.inet.wrap((await theirs.recvfd()) as number)
  await client.send('to the heir')
  assert.equal(String(await heir.recv()), 'to the heir')
  await Promise.all([heir.close(), ours.close(), theirs.close()])
})

await step('a socket that is detached and wrapped again', async () => {
  const [ours, theirs] = await stream.unix.pair()
  const again = await stream.unix.wrap(ours.detach())
  await theirs.send('x')
  assert.equal(String(await again.recv()), 'x')
  await Promise.all([again.close(), theirs.close()])
})

await step('sendfile, on another thread', async () => {
  const large = join(folder, 'large')
  writeFileSync(large, Buffer.alloc(5_000_000, 'z'))
  const [ours, theirs] = await stream.unix.pair()
  const file = openSync(large, 'r')
  const [received] = await Promise.all([rest(theirs), ours.sendfile(file).then(() => ours.closew())])
  assert.equal(received.length, 5_000_000)
  closeSync(file)
  await Promise.all([ours.close(), theirs.close()])
})

await step('sendfile with a deadline, and a peer that does not read', async () => {
  const [ours, theirs] = await stream.unix.pair()
  const file = openSync(join(folder, 'large'), 'r')
  ours.deadlines(50, 50)
  assert.equal(await codeOf(ours.sendfile(file)), 'ETIMEDOUT')
  closeSync(file)
  await Promise.all([ours.close(), theirs.close()])
})

await step('none is left open', async () => {
  const isOurs = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes(folder)
    } catch {
      return false // that of readdir itself
    }
  }
  assert.deepEqual(readdirSync('/proc/self/fd').filter(isOurs), [])
})

rmSync(folder, { recursive: true })
