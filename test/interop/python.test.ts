// Python's socket module at the other end: descriptors in both directions, control messages, records.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { CmsgHdr, connect, dgram, listen, MsgHdr, type Socket, seqpacket, stream } from 'berkeley'
import { abstractName, available, type Child, eachFamily, leavesNoFd, tempFolder } from '../util/index.js'
import { bounded, ending, python, type Test } from './common.js'

leavesNoFd()

/** As many open files as that, each of which holds its own number. They are closed after the test. */
function files(t: Test, count: number): number[] {
  const folder = tempFolder(t)
  return Array.from({ length: count }, (_, i) => {
    writeFileSync(join(folder, `${i}`), `file ${i}`)
    const fd = openSync(join(folder, `${i}`), 'r')
    t.after(() => closeSync(fd))
    return fd
  })
}

async function message(from: Socket): Promise<MsgHdr> {
  const msg = new MsgHdr()
  msg.addn(1000)
  assert.notEqual(await from.recvmsg(msg), null)
  return msg
}

/** What is in the files that came with a message, which are closed. */
function contents(msg: MsgHdr): string[] {
  const fds = [...msg.control()].flatMap((cmsg) => cmsg.take())
  return fds.map((fd) => {
    const text = readFileSync(fd, 'utf8')
    closeSync(fd)
    return text
  })
}

const kinds = {
  stream: { type: 'SOCK_STREAM', Server: stream.unix.Server },
  seqpacket: { type: 'SOCK_SEQPACKET', Server: seqpacket.unix.Server },
}

describe('Python', { skip: available('python3') }, () => {
  for (const [name, { type, Server }] of Object.entries(kinds))
    describe(`descriptors by ${name}`, () => {
      /** A program that is connected with us as `s`. */
      async function connected(t: Test, code: string): Promise<[conn: stream.unix.Socket, child: Child]> {
        const path = abstractName()
        const server = bounded(t, await Server.create({ path }))
        server.listen()
        const child = python(
          t,
          `s = socket.socket(socket.AF_UNIX, socket.${type})\ns.connect(chr(0) + sys.argv[1])\n${code}`,
          path.slice(1),
        )
        return [bounded(t, await server.accept()) as stream.unix.Socket, child]
      }

      test('Python sends one, several and 253 descriptors to this library', async (t) => {
        const folder = tempFolder(t)
        const [conn] = await connected(
          t,
          `
for count in (1, 3, 253):
  fds = []
  for n in range(count):
    with open('${folder}/%d' % n, 'w') as f: f.write('file %d' % n)
    fds.append(os.open('${folder}/%d' % n, os.O_RDONLY))
  socket.send_fds(s, [b'these %d' % count], fds)
  s.recv(100)
  for f in fds: os.close(f)
`,
        )
        for (const count of [1, 3, 253]) {
          const msg = await message(conn)
          assert.equal(String(msg.concat()), `these ${count}`)
          assert.deepEqual(
            contents(msg),
            Array.from({ length: count }, (_, i) => `file ${i}`),
          )
          await conn.send('next')
        }
        assert.equal(await conn.recv(), null)
      })

      test('Python receives one, several and 253 descriptors', async (t) => {
        const [conn, child] = await connected(
          t,
          `
for n in range(4):
  data, fds, flags, addr = socket.recv_fds(s, 100, 253)
  texts = [os.pread(f, 100, 0) for f in fds]
  for f in fds: os.close(f)
  say(data, len(fds), flags, texts == [b'file %d' % i for i in range(len(fds))])
  s.send(b'next')
`,
        )
        const all = files(t, 253)
        await conn.sendfd(all[0] as number)
        await child.waitForOutput(/b'\\x00' 1 0 True/)
        await conn.recv()
        for (const count of [1, 3, 253]) {
          const msg = new MsgHdr()
          msg.add('these')
          msg.control().push(CmsgHdr.rights(...all.slice(0, count)))
          await conn.sendmsg(msg)
          await child.waitForOutput(new RegExp(`b'these' ${count} 0 True`))
          await conn.recv()
        }
        assert.equal((await ending(child)).code, 0)
      })

      test('Python receives a listener and passes a connection of it back', async (t) => {
        const [conn, child] = await connected(
          t,
          `
data, fds, flags, addr = socket.recv_fds(s, 100, 1)
server = socket.socket(fileno=fds[0])
server.settimeout(10)
peer, addr = server.accept()
peer.sendall(b'accepted by python, ')
socket.send_fds(s, [b'yours'], [peer.fileno()])
`,
        )
        const server = bounded(t, await listen({ host: '127.0.0.1', port: 0 }))
        await conn.sendfd(server.fd())
        const client = bounded(t, await connect({ host: '127.0.0.1', port: server.getsockname().port }))
        const msg = await message(conn)
        const [fd = -1] = msg.control().shift()?.take() ?? []
        const peer = bounded(t, await stream.inet.wrap(fd))
        assert.equal((await ending(child)).code, 0)
        await peer.send('continued by us')
        await peer.close()
        let text = ''
        for await (const part of client) text += part
        assert.equal(text, 'accepted by python, continued by us')
      })
    })

  test('Python exchanges seqpackets that keep their boundaries, up to the end', async (t) => {
    const path = abstractName()
    const server = bounded(t, await listen({ path, type: 'seqpacket' }))
    const child = python(
      t,
      `
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(chr(0) + sys.argv[1])
for n in range(1, 100): s.send(b'x' * n)
s.shutdown(socket.SHUT_WR)
say([len(s.recv(1000)) for n in range(101)])
`,
      path.slice(1),
    )
    const conn = bounded(t, await server.accept())
    const lengths: number[] = []
    for await (const record of conn) lengths.push(record.length)
    assert.deepEqual(
      lengths,
      Array.from({ length: 99 }, (_, i) => i + 1),
    )
    for (let n = 100; n > 0; n--) await conn.send('y'.repeat(n))
    await conn.close()
    const [, said = ''] = await child.waitForOutput(/\[(.*)\]/)
    assert.deepEqual(
      said.split(', ').map(Number),
      Array.from({ length: 101 }, (_, i) => 100 - i),
    )
  })

  test('credentials are the same in Python and here, in both directions (H67)', async (t) => {
    const path = abstractName()
    const sock = bounded(t, await dgram.unix.Socket.create({ path }))
    await sock.bind()
    sock.passcred(true)
    const child = python(
      t,
      `
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind('')
s.connect(chr(0) + sys.argv[1])
own = struct.pack('3i', os.getpid(), os.getuid(), os.getgid())
s.sendmsg([b'explicit'], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, own)])
s.send(b'implicit')
for n in range(2):
  data, control, flags, addr = s.recvmsg(100, socket.CMSG_SPACE(12))
  say(data, [struct.unpack('3i', value) for level, kind, value in control])
`,
      path.slice(1),
    )
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
    let from: ReturnType<MsgHdr['name']> = null
    for (const text of ['explicit', 'implicit']) {
      const msg = await message(sock)
      assert.equal(String(msg.concat()), text)
      assert.deepEqual(msg.control().value('credentials'), { pid: child.process.pid, uid, gid })
      from = msg.name()
    }
    const msg = new MsgHdr()
    msg.name(from)
    msg.add('shown')
    msg.control().push(CmsgHdr.of('credentials', { pid: process.pid, uid, gid }))
    await sock.sendmsg(msg)
    await child.waitForOutput(new RegExp(`b'shown' \\[\\(${process.pid}, ${uid}, ${gid}\\)\\]`))
    await sock.connect({ path: from?.path as string })
    await sock.send('told')
    await child.waitForOutput(new RegExp(`b'told' \\[\\(${process.pid}, ${uid}, ${gid}\\)\\]`))
  })

  eachFamily(({ name, loopback, address }) => {
    const v6 = name === 'IPv6'
    // 8 is IP_PKTINFO, which Python does not know.
    const [level, hops, info] = v6 ? ['IPPROTO_IPV6', 'IPV6_HOPLIMIT', 'IPV6_PKTINFO'] : ['IPPROTO_IP', 'IP_TTL', '8']
    const names = v6 ? (['hoplimit', 'pktinfo6'] as const) : (['ttl', 'pktinfo'] as const)
    const constant = (word: string): string => (/^\d+$/.test(word) ? word : `socket.${word}`)

    async function bound(t: Test): Promise<dgram.inet.Socket> {
      const sock = bounded(t, await dgram.inet.Socket.create({ host: loopback, port: 0 }))
      await sock.bind()
      return sock
    }

    test('recvmsg() reads the hop limit and the interface of a datagram from Python', async (t) => {
      const sock = await bound(t)
      sock.recvttl(true)
      sock.pktinfo(true)
      python(
        t,
        `
s = socket.socket(socket.AF_INET${v6 ? '6' : ''}, socket.SOCK_DGRAM)
hops = (socket.${level}, ${constant(hops)}, struct.pack('i', 9))
s.sendmsg([b'nine hops'], [hops], 0, ('${loopback}', ${sock.getsockname().port}))
`,
      )
      const msg = await message(sock)
      assert.equal(msg.control().value(names[0]), 9)
      const found = msg.control().value(names[1])
      assert.equal(found?.ifindex, 1)
      assert.equal(found?.addr?.addr, loopback)
    })

    test('Python reads the hop limit and the interface set by sendmsg()', async (t) => {
      const recvHops = v6 ? 'socket.IPV6_RECVHOPLIMIT' : '12' // IP_RECVTTL
      const recvInfo = v6 ? 'socket.IPV6_RECVPKTINFO' : '8'
      const child = python(
        t,
        `
s = socket.socket(socket.AF_INET${v6 ? '6' : ''}, socket.SOCK_DGRAM)
for option in (${recvHops}, ${recvInfo}): s.setsockopt(socket.${level}, option, 1)
s.bind(('${loopback}', 0))
say('port', s.getsockname()[1])
data, control, flags, addr = s.recvmsg(100, 1000)
for level, kind, value in control:
  if kind == ${constant(hops)}: say('hops', struct.unpack('i', value)[0])
  if kind == ${constant(info)}: say('interface', struct.unpack('${v6 ? '16si' : 'i8s'}', value)[${v6 ? 1 : 0}])
`,
      )
      const [, port] = await child.waitForOutput(/port (\d+)/)
      const sock = await bound(t)
      const msg = new MsgHdr()
      msg.name(address(Number(port)))
      msg.add('x')
      msg.control().push(CmsgHdr.of(names[0], 9))
      await sock.sendmsg(msg)
      await child.waitForOutput(/hops 9/)
      await child.waitForOutput(/interface 1/)
    })
  })

  test('Python reads files passed to the path of its datagram socket', async (t) => {
    const folder = tempFolder(t)
    const child = python(
      t,
      `
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
say('bound')
data, fds, flags, addr = socket.recv_fds(s, 100, 2)
say([os.pread(f, 100, 0) for f in fds])
s.sendmsg([b'back'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds[::-1]))], 0, addr)
`,
      join(folder, 'its'),
    )
    await child.waitForOutput(/bound/)
    const sock = bounded(t, await dgram.unix.Socket.create({ path: join(folder, 'ours') }))
    await sock.bind()
    await sock.connect({ path: join(folder, 'its') })
    const msg = new MsgHdr()
    msg.add('two')
    msg.control().push(CmsgHdr.rights(...files(t, 2)))
    await sock.sendmsg(msg)
    await child.waitForOutput(/\[b'file 0', b'file 1'\]/)
    const [second = -1, first = -1] = (await message(sock)).control().shift()?.take() ?? []
    const byte = Buffer.alloc(6)
    readSync(second, byte, 0, 6, 0)
    assert.equal(String(byte), 'file 1')
    closeSync(second)
    closeSync(first)
  })
})
