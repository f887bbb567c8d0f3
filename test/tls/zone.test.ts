// The zone of an address says by which interface this machine reaches it: certificates and servers know nothing of it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect, listen } from 'berkeley'
import { closing, leavesNoFd, withoutIpv6 } from '../util/index.js'
import { talk } from './common.js'
import { ip, leaf, root } from './pki.js'

leavesNoFd()

const authority = root()
const loopback = leaf(authority, { names: [ip('00000000 00000000 00000000 00000001')] })
const other = leaf(authority, { names: [ip('20010db8 00000000 00000000 00000001')] })

describe('a host with a zone (H111)', { skip: withoutIpv6() }, () => {
  test('a certificate for the address is valid for it with a zone, and the server is not told of the zone', async (t) => {
    const tlscfg = { cert: loopback.pem, key: loopback.keyPem }
    const server = closing(t, await listen({ host: '::1', port: 0, tlscfg }))
    const { port } = server.getsockname()
    await talk(t, server, connect({ host: '::1%1', port, tlscfg: { ca: authority.pem } }))
    const client = connect({ host: '::1%1', port, tlscfg: { ca: authority.pem } })
    const conn = closing(t, await server.accept())
    await conn.handshake()
    assert.equal(conn.servername, undefined)
    closing(t, await client)
  })

  test('a certificate for another address is refused whatever the zone', async (t) => {
    const tlscfg = { cert: other.pem, key: other.keyPem }
    const server = closing(t, await listen({ host: '::1', port: 0, tlscfg }))
    const client = connect({ host: '::1%1', port: server.getsockname().port, tlscfg: { ca: authority.pem } })
    const conn = closing(t, await server.accept())
    await Promise.all([
      assert.rejects(client, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
      assert.rejects(conn.handshake()),
    ])
  })
})
