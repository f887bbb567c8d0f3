// Certificates of clients after the handshake, with openssl and Python on the other side.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd, start } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import { line, missing, overTcp, ownAddress, plainEnvironment, reach, shows, trusts, welcome } from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')
const env = plainEnvironment()

describe('certificates after the handshake', { skip: missing('openssl') }, () => {
  test('a server of ours asks a client of openssl, which shows its certificate then', async (t) => {
    const person = authority.identity('client.example')
    const asks = { ...shows(authority.identity()), ca: authority.ca, requestCert: 'later' } as const
    const [server, address] = await overTcp.listen(t, asks)
    const own = ['-cert', person.certFile, '-key', person.keyFile, '-enable_pha']
    const child = start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address), ...own], { env })
    const conn = await welcome(t, server)
    assert.equal(conn.getPeerCertificate(), undefined)
    child.write('before\n')
    assert.equal(await line(conn), 'before\n')
    const certificate = await conn.requestCertificate()
    assert.equal(certificate?.subject, 'CN=client.example')
    assert.equal(conn.authorized, true)
    child.write('after\n')
    assert.equal(await line(conn), 'after\n')
  })

  test('a client of openssl that does not allow it is not asked', async (t) => {
    const asks = { ...shows(authority.identity()), ca: authority.ca, requestCert: 'later' } as const
    const [server, address] = await overTcp.listen(t, asks)
    const child = start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address)], { env })
    const conn = await welcome(t, server)
    await assert.rejects(conn.requestCertificate(), { code: 'EOPNOTSUPP' })
    child.write('goes on\n')
    assert.equal(await line(conn), 'goes on\n')
  })

  test('a client of ours shows its certificate when a server of openssl asks for it', async (t) => {
    const address = ownAddress()
    const { certFile, keyFile } = authority.identity()
    const words = ['-cert', certFile, '-key', keyFile, '-CAfile', authority.caFile, '-tls1_3']
    const child = start(t, 'openssl', ['s_server', ...opensslAddress('-accept', address), ...words], { env })
    const own = { ...shows(authority.identity('client.example')), postHandshakeAuth: true }
    const conn = await reach(t, address, { ...trusts(authority), ...own })
    const hearing = line(conn)
    await conn.send('before\n')
    await child.waitForOutput(/before/)
    child.write('c\n')
    await child.waitForOutput(/subject=CN = client\.example|depth=0 CN = client\.example/)
    child.write('after\n')
    assert.equal(await hearing, 'after\n')
  })
})

const PYTHON = `
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(sys.argv[2])
context.load_cert_chain(sys.argv[3], sys.argv[4])
context.post_handshake_auth = True
with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as raw:
    with context.wrap_socket(raw, server_hostname=sys.argv[5]) as sock:
        sock.sendall(b'before\\n')
        print(sock.recv(100).decode(), end='', flush=True)
        sock.sendall(b'after\\n')
`

test('a server of ours asks a client of Python', { skip: missing('openssl', 'python3') }, async (t) => {
  const asks = { ...shows(authority.identity()), ca: authority.ca, requestCert: 'later' } as const
  const [server, address] = await overTcp.listen(t, asks)
  const { port } = address as { port: number }
  const person = authority.identity('client.example')
  const files = [authority.caFile, person.certFile, person.keyFile]
  const child = start(t, 'python3', ['-c', PYTHON, String(port), ...files, NAME], { env })
  const conn = await welcome(t, server)
  assert.equal(await line(conn), 'before\n')
  const certificate = await conn.requestCertificate()
  assert.equal(certificate?.subject, 'CN=client.example')
  await conn.send('welcome\n')
  await child.waitForOutput(/welcome/)
  assert.equal(await line(conn), 'after\n')
})
