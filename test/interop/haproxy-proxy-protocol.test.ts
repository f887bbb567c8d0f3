// The PROXY protocol with haproxy: it says to us whose connection it passes on, and believes what we say.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AddrInfo, connect, listen, proxyProtocol, relay, type stream, tls } from 'berkeley'
import { tlscfg, trust } from '../tls/common.js'
import { leavesNoFd, tempFolder } from '../util/index.js'
import { bounded, missing, ownAddress, type Test, whole } from './common.js'
import { HAPROXY, startHaproxy } from './haproxy.js'

leavesNoFd()

const { header, PP2_TYPE, readHeader } = proxyProtocol

/** A server of ours behind haproxy, and the address of haproxy in front of it. */
async function behind(
  t: Test,
  words: string,
): Promise<[server: stream.inet.Server, front: { host: string; port: number }]> {
  const server = bounded(t, await listen({ host: '127.0.0.1' }))
  const front = ownAddress()
  await startHaproxy(t, tempFolder(t), 'tcp', [
    'listen test',
    `  bind ${front.host}:${front.port}`,
    `  server ours 127.0.0.1:${server.getsockname().port} ${words}`,
  ])
  return [server, front]
}

/** A haproxy that answers each request with the addresses that it was told. */
async function answering(t: Test): Promise<{ host: string; port: number }> {
  const front = ownAddress()
  await startHaproxy(t, tempFolder(t), 'http', [
    'frontend test',
    `  bind ${front.host}:${front.port} accept-proxy`,
    '  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port] %[fc_pp_authority]"',
  ])
  return front
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n'

async function ask(t: Test, front: { host: string; port: number }, bytes: Buffer): Promise<string> {
  const conn = bounded(t, await connect(front))
  await conn.send(Buffer.concat([bytes, Buffer.from(REQUEST)]))
  return String(await whole(conn)).replace(/^.*\r\n\r\n/s, '')
}

describe('the PROXY protocol with haproxy', { skip: missing(HAPROXY) }, () => {
  for (const [words, version] of [
    ['send-proxy', 1],
    ['send-proxy-v2', 2],
    ['send-proxy-v2 proxy-v2-options unique-id,crc32c', 2],
  ] as const)
    test(`${words}: it says who the client is, and its data follow`, async (t) => {
      const [server, front] = await behind(t, words)
      const client = bounded(t, await connect(front))
      await client.send('hello')
      const conn = bounded(t, await server.accept())
      const read = await readHeader(conn)
      const is = [read?.version, read?.command, String(read?.source), String(read?.destination)]
      assert.deepEqual(is, [version, 'PROXY', String(client.getsockname()), `${front.host}:${front.port}`])
      const types = words.includes('crc32c') ? [PP2_TYPE.CRC32C] : []
      assert.deepEqual(
        read?.tlvs.map(({ type }) => type).filter((type) => type === PP2_TYPE.CRC32C),
        types,
      )
      assert.equal(String(await conn.recv()), 'hello')
      await conn.send('answer')
      assert.equal(String(await client.recv()), 'answer')
    })

  test('send-proxy-v2 before TLS that it passes on', async (t) => {
    const [server, front] = await behind(t, 'send-proxy-v2')
    const connecting = connect({ ...front, servername: 'localhost', tlscfg: { ca: trust.ca } })
    const plain = bounded(t, await server.accept())
    assert.equal((await readHeader(plain))?.version, 2)
    const conn = bounded(t, await tls.wrap(plain, tls.Context.server(tlscfg)))
    const [client] = await Promise.all([connecting, conn.handshake()])
    await bounded(t, client).send('secret')
    assert.equal(String(await conn.recv()), 'secret')
  })

  test('its health checks are of its own', async (t) => {
    const [server] = await behind(t, 'send-proxy-v2 check inter 100ms')
    const read = await readHeader(bounded(t, await server.accept()))
    assert.deepEqual([read?.command, read?.source], ['LOCAL', undefined])
  })

  test('accept-proxy: it believes headers of either version', async (t) => {
    const front = await answering(t)
    const v4 = { source: AddrInfo.inet('192.0.2.1', 1025), destination: AddrInfo.inet('198.51.100.2', 443) }
    const v6 = { source: AddrInfo.inet6('2001:db8::1', 1), destination: AddrInfo.inet6('2001:db8::2', 65_535) }
    assert.equal(await ask(t, front, header({ version: 1, ...v4 })), '192.0.2.1 1025 198.51.100.2 443 ')
    assert.equal(await ask(t, front, header({ version: 1, ...v6 })), '2001:db8::1 1 2001:db8::2 65535 ')
    assert.equal(await ask(t, front, header({ ...v4, crc32c: true })), '192.0.2.1 1025 198.51.100.2 443 ')
    const tlvs = [{ type: PP2_TYPE.AUTHORITY, value: 'name.example' }]
    assert.equal(await ask(t, front, header({ ...v6, tlvs })), '2001:db8::1 1 2001:db8::2 65535 name.example')
    // In version 2 unknown addresses may be refused, and are.
    for (const unknown of [header({ version: 1 }), header({ command: 'LOCAL' })])
      assert.match(await ask(t, front, unknown), new RegExp(`^127\\.0\\.0\\.1 \\d+ ${front.host} ${front.port} $`))
  })

  test('a relay of ours says to it whose connection it passes on', async (t) => {
    const front = await answering(t)
    const entry = bounded(t, await listen({ path: join(tempFolder(t), 's') }))
    const client = bounded(t, await connect({ path: String(entry.getsockname().path) }))
    const conn = bounded(t, await entry.accept())
    const upstream = bounded(t, await connect(front))
    const source = AddrInfo.inet('203.0.113.7', 7)
    await upstream.send(header({ source, destination: AddrInfo.inet('203.0.113.8', 8) }))
    const relaying = relay(conn, upstream)
    await client.send(REQUEST)
    assert.match(String(await whole(client)), /203\.0\.113\.7 7 203\.0\.113\.8 8 $/)
    await client.end()
    assert.equal((await relaying).forth, REQUEST.length)
  })
})
