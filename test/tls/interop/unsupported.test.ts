// What is refused on a socket with TLS, because it would go past the encryption.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CmsgHdr, MsgHdr, type Socket, stream } from 'berkeley'
import { coded, leavesNoFd } from '../../util/index.js'
import { Authority } from './certificates.js'
import { line, missing, reach, shows, trusts, ways, welcome } from './common.js'

leavesNoFd()

const authority = new Authority('Test Root')

const skip = missing('openssl')

describe('unsupported calls', { skip }, () => {
  for (const way of ways)
    test(`messages, descriptors, shutdown and detach() are refused with EOPNOTSUPP over ${way.name} (H92)`, async (t) => {
      const [server, address] = await way.listen(t, shows(authority.identity()))
      const [conn, client] = await Promise.all([welcome(t, server), reach(t, address, trusts(authority))])
      const refusal = coded('EOPNOTSUPP')
      for (const sock of [conn, client] as Socket[]) {
        const msg = new MsgHdr()
        msg.add('hello')
        await assert.rejects(sock.sendmsg(msg), refusal)
        const room = new MsgHdr()
        room.addn(10)
        await assert.rejects(sock.recvmsg(room), refusal)
        assert.throws(() => sock.closer(), refusal)
        assert.throws(() => sock.closew(), refusal)
        assert.throws(() => sock.detach(), refusal)
        await assert.rejects(sock.recv(10, 2), refusal) // MSG_PEEK
        await assert.rejects(sock.send('x', 1), refusal) // MSG_OOB
      }
      for (const sock of [conn, client])
        if (sock instanceof stream.unix.Socket) {
          await assert.rejects(sock.sendfd(0), refusal)
          await assert.rejects(sock.recvfd(), refusal)
          const msg = new MsgHdr()
          msg.add('hello')
          msg.control().push(CmsgHdr.rights(0))
          await assert.rejects(sock.sendmsg(msg), refusal)
        }
      // And nothing of it was sent.
      await client.send('hello\n')
      assert.equal(await line(conn), 'hello\n')
    })
})
