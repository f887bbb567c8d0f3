import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { available, leavesNoFd, run, script, tempFolder } from '../util/index.js'

leavesNoFd()

describe('every system call, as strace sees it', { skip: available('strace') }, () => {
  it('every descriptor is close-on-exec from its creation (H20), and every send has MSG_NOSIGNAL (H28)', async (t) => {
    const log = `${tempFolder(t)}/log`
    const work = `
      import { AddrInfo, MsgHdr, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
      const server = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
      server.bind(); server.listen()
      const client = socket.create(server.getsockname())
      client.connect()
      const conn = server.accept()
      conn.dup().close()
      const [a, b] = socket.pair(SOCK_STREAM)
      a.send('MARK'); a.writev(['MARK'])
      const out = new MsgHdr(); out.add('MARK'); a.sendmsg(out)
      a.sendfd(0); b.recv(12); b.recvfd()
      const into = new MsgHdr(); into.addn(4)
      a.send('MARK'); b.recvmsg(into)
      const udp = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }))
      udp.bind(); udp.sendto('MARK', udp.getsockname()); udp.recvfrom()`
    const calls = 'socket,socketpair,accept,accept4,dup,dup2,fcntl,sendto,sendmsg,recvmsg'
    const ending = await run('strace', [
      '-f',
      '-qq',
      '-o',
      log,
      '-e',
      `trace=${calls}`,
      process.execPath,
      ...script(work),
    ])
    if (/ptrace|not permitted/i.test(ending.stderr)) return t.skip(`strace may not trace here: ${ending.stderr.trim()}`)
    assert.equal(ending.code, 0, ending.stderr)
    const lines = readFileSync(log, 'utf8').split('\n')
    const of = (pattern: RegExp): string[] => lines.filter((line) => pattern.test(line))
    const born = of(/ (socket|socketpair|accept4)\(/)
    assert.ok(born.length >= 5)
    assert.deepEqual(
      born.filter((line) => !line.includes('SOCK_CLOEXEC')),
      [],
    )
    assert.deepEqual(of(/ (accept|dup|dup2)\(/), [])
    assert.ok(of(/F_DUPFD_CLOEXEC/).length >= 1)
    const sent = of(/ (sendto|sendmsg)\(.*(MARK|SCM_RIGHTS)/)
    assert.ok(sent.length >= 6)
    assert.deepEqual(
      sent.filter((line) => !line.includes('MSG_NOSIGNAL')),
      [],
    )
    const received = of(/ recvmsg\(.*(MARK|SCM_RIGHTS)/)
    assert.ok(received.length >= 2)
    assert.deepEqual(
      received.filter((line) => !line.includes('MSG_CMSG_CLOEXEC')),
      [],
    )
  })
})
