import assert from 'node:assert/strict'
import { test } from 'node:test'
import { vsock } from 'berkeley'
import { leavesNoFd, within } from '../util/index.js'
import { cannotRun, Place } from './programs.js'

leavesNoFd()

test('ping: without a privilege a host is pinged if the group may, and the error says what to set if not', {
  skip: cannotRun('sysctl'),
}, async (t) => {
  const setup = "sysctl -qw net.ipv4.ping_group_range='0 2147483647'"
  const place = await Place.of(t, 'ping.md', setup)
  const { code, stdout, stderr } = await within(place.program('ping.ts', '127.0.0.1').ended, 'the program')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^(64 bytes from 127\.0\.0\.1: seq=[1-4] [0-9.]+ ms\n){4}$/)
  assert.equal((await place.run('sysctl', ['-qw', 'net.ipv4.ping_group_range=1 0'])).code, 0)
  const refused = await within(place.program('ping.ts', '127.0.0.1').ended, 'the program')
  assert.match(refused.stderr, /EACCES.*net\.ipv4\.ping_group_range/)
  assert.equal((await place.run('sysctl', ['-qw', 'net.ipv4.ping_group_range=0 2147483647'])).code, 0)
  assert.equal((await place.run('ip', ['route', 'add', 'blackhole', '192.0.2.0/24'])).code, 0)
  const lost = await within(place.program('ping.ts', '192.0.2.1').ended, 'the program')
  assert.match(lost.stderr, /EINVAL|ENETUNREACH|EHOSTUNREACH/)
})

test('sniffer: the datagrams on lo are seen once each, and nothing that the filter does not want', {
  skip: cannotRun('socat', 'nc'),
}, async (t) => {
  const place = await Place.of(t, 'sniffer.md')
  const child = place.program('sniffer.ts')
  await child.waitForOutput(/listening on lo/)
  await place.run('nc', ['127.0.0.1', '9'])
  const send = (text: string, port: number) =>
    place.run('socat', ['-u', '-', `UDP:127.0.0.1:${port},sourceport=5400`], text)
  await send('hello', 5401)
  await send('hello again', 5402)
  await child.waitForOutput(/127\.0\.0\.1:5400 -> 127\.0\.0\.1:5402, 11 bytes/)
  child.process.kill('SIGINT')
  const { code, stdout, stderr } = await within(child.ended, 'the end')
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal(
    stdout,
    'listening on lo\n127.0.0.1:5400 -> 127.0.0.1:5401, 5 bytes\n127.0.0.1:5400 -> 127.0.0.1:5402, 11 bytes\n',
  )
})

test('links: a link is told when it comes, gets a carrier and goes', { skip: cannotRun('ip') }, async (t) => {
  const place = await Place.of(t, 'links.md')
  const child = place.program('links.ts')
  await child.waitForOutput(/waiting/)
  const ip = async (...args: string[]): Promise<void> => assert.equal((await place.run('ip', args)).code, 0)
  await ip('link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there')
  await child.waitForOutput(/^[0-9]+ here no carrier$/m)
  await ip('link', 'set', 'here', 'up')
  await ip('link', 'set', 'there', 'up')
  await child.waitForOutput(/^[0-9]+ here carrier$/m)
  await ip('link', 'del', 'here')
  await child.waitForOutput(/^[0-9]+ here is gone$/m)
  assert.equal(child.stderr, '')
})

const VMADDR_CID_LOCAL = 1

/** Why there is no vsock within this machine. */
async function noVsock(): Promise<string | false> {
  try {
    await using server = await vsock.listen({ port: 5001 })
    await using _ = await vsock.connect({ cid: VMADDR_CID_LOCAL, port: 5001 }, { timeout: 1000 })
    return server.fd() < 0 && 'the server is closed'
  } catch (error) {
    return `this kernel has no loopback of vsock: ${(error as Error).message}`
  }
}

test('vsock: the client gets its line back, or an error that the page explains', {
  skip: cannotRun(),
}, async (t) => {
  const place = await Place.of(t, 'vsock.md')
  const reason = await noVsock()
  if (reason !== false) {
    const { code, stderr } = await within(place.program('vsock-echo.ts', 'client', '1').ended, 'the client')
    assert.equal(code, 1)
    assert.match(stderr, /EAFNOSUPPORT|ENODEV|ECONNRESET|ETIMEDOUT/)
    return t.skip(reason)
  }
  await place.program('vsock-echo.ts', 'server').waitForOutput(/listening/)
  assert.equal((await within(place.program('vsock-echo.ts', 'client', '1').ended, 'the client')).stdout, 'hello\n')
})
