// The end of conversations over TLS: half-close, close_notify and connections that are cut off.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { type Child, coded, leavesNoFd, start } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  type Address,
  ending,
  line,
  missing,
  only,
  overTcp,
  reach,
  shows,
  type Test,
  trusts,
  versions,
  ways,
  welcome,
  whole,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')

const skip = missing('openssl')

type Tcp = { host: string; port: number }

/** openssl as a client, which talks to us over its standard input and output. */
const opensslCalls = (t: Test, address: Address): Child =>
  start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address), '-CAfile', authority.caFile])

/** A client of Node's, connected to us. */
async function nodeCalls(t: Test, address: Address, allowHalfOpen = false): Promise<[nodeTls.TLSSocket, net.Socket]> {
  const raw = net.connect({ ...(address as Tcp), allowHalfOpen })
  t.after(() => raw.destroy())
  raw.on('error', () => {})
  const options = { socket: raw, ca: authority.ca, servername: NAME, allowHalfOpen }
  const socket = nodeTls.connect(options as nodeTls.ConnectionOptions)
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  return [socket, raw]
}

describe('half-close', { skip }, () => {
  for (const version of versions) {
    test(`end() sends the end to Node, which answers after it: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const [[socket], conn] = await Promise.all([nodeCalls(t, address, true), welcome(t, server)])
      const heard: Buffer[] = []
      socket.on('data', (data) => heard.push(data))
      await conn.send('our last words')
      await conn.end()
      await once(socket, 'end')
      assert.equal(String(Buffer.concat(heard)), 'our last words')
      socket.end('theirs come later')
      assert.equal(String(await whole(conn)), 'theirs come later')
      await assert.rejects(conn.send('more'), { code: /^(EPIPE|ERR_SSL_PROTOCOL_IS_SHUTDOWN)$/ })
    })

    test(`recv() sees the end of Node, and send() still works: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const [[socket], conn] = await Promise.all([nodeCalls(t, address, true), welcome(t, server)])
      socket.end('their last words')
      assert.equal(String(await whole(conn)), 'their last words')
      const heard = new Promise<string>((resolve) => {
        let text = ''
        socket.setEncoding('utf8').on('data', (data: string) => {
          text += data
        })
        socket.once('end', () => resolve(text))
      })
      await conn.send('ours come later')
      await conn.end()
      assert.equal(await heard, 'ours come later')
      assert.equal(await conn.recv(), null)
    })
  }

  test('end() works on both sides in turn, over a unix socket', async (t) => {
    const [server, address] = await (ways[1] as (typeof ways)[number]).listen(t, shows(authority.identity()))
    const [conn, client] = await Promise.all([welcome(t, server), reach(t, address, trusts(authority))])
    await client.send('question')
    await client.end()
    assert.equal(String(await whole(conn)), 'question')
    await conn.send('answer')
    await conn.end()
    assert.equal(String(await whole(client)), 'answer')
  })
})

describe('close_notify', { skip }, () => {
  for (const version of versions) {
    test(`recv() resolves to null again and again after close_notify of openssl: ${version} (H92)`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const child = opensslCalls(t, address)
      const conn = await welcome(t, server)
      child.write('last\n')
      assert.equal(await line(conn), 'last\n')
      child.endInput()
      assert.equal(await conn.recv(), null)
      assert.equal(await conn.recv(), null)
      assert.equal(await conn.recvinto(Buffer.alloc(10)), 0)
      await conn.close()
      assert.equal((await ending(child)).code, 0)
    })

    test(`close() sends a close_notify that openssl accepts: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const child = opensslCalls(t, address)
      const conn = await welcome(t, server)
      await conn.send('last\n')
      await conn.close()
      const { code, stdout, stderr } = await ending(child)
      assert.equal(code, 0)
      assert.match(stdout, /last\n.*closed/s)
      assert.doesNotMatch(stderr, /unexpected eof/)
    })

    test(`recv() rejects with ERR_TLS_TRUNCATED at an end without close_notify: ${version} (H92)`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const [[socket, raw], conn] = await Promise.all([nodeCalls(t, address), welcome(t, server)])
      await new Promise((resolve) => socket.write('not all', resolve))
      raw.end() // in the clear: no close_notify
      assert.equal(String(await conn.recv()), 'not all')
      await assert.rejects(conn.recv(), coded('ERR_TLS_TRUNCATED'))
      await assert.rejects(conn.recv(), coded('ERR_TLS_TRUNCATED'))
    })

    test(`recv() rejects with ERR_TLS_TRUNCATED or ECONNRESET when the peer is killed: ${version} (H92)`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const child = opensslCalls(t, address)
      const conn = await welcome(t, server)
      child.write('not all\n')
      assert.equal(await line(conn), 'not all\n')
      await child.stop()
      await assert.rejects(conn.recv(), { code: /^(ERR_TLS_TRUNCATED|ECONNRESET)$/ })
    })
  }
})
