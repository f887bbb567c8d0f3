// Trust in an authority that is no root, or in one certificate, when openssl is at the other end.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { tls } from 'berkeley'
import { coded, leavesNoFd, start, tempFolder } from '../../util/index.js'
import { dns, intermediate, issue, leaf, root } from '../pki.js'
import { NAME } from './certificates.js'
import { type Address, bounded, ending, line, missing, overTcp, ownAddress, plainEnvironment, reach } from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const top = root()
const between = intermediate(top)
const server = leaf(between, { names: [dns(NAME)] })
const client = issue(between, { commonName: 'A person', purposes: ['clientAuth'] })

/** The names of files with these contents. */
function files<Name extends string>(t: TestContext, contents: Record<Name, string>): Record<Name, string> {
  const folder = tempFolder(t)
  const write = ([name, text]: [string, unknown]): [string, string] => {
    const path = join(folder, name)
    writeFileSync(path, String(text), { mode: 0o600 })
    return [name, path]
  }
  return Object.fromEntries(Object.entries(contents).map(write)) as Record<Name, string>
}

/** Starts a server that shows its certificate and the authority below the root. */
function opensslServes(t: TestContext): Address {
  const address = ownAddress()
  const { own, chain } = files(t, { own: server.pem + server.keyPem, chain: between.pem })
  const words = ['s_server', ...opensslAddress('-accept', address), '-cert', own, '-cert_chain', chain]
  start(t, 'openssl', [...words, '-rev', '-quiet'], { env: plainEnvironment() })
  return address
}

describe('partial chains', { skip: missing('openssl') }, () => {
  const trusted: [what: string, tlscfg: tls.Config][] = [
    ['the authority in between', { ca: between.pem }],
    ['the certificate of the server alone', { ca: server.pem }],
  ]
  for (const [what, tlscfg] of trusted) {
    test(`our client that trusts ${what} accepts a server in openssl with allowPartialTrustChain`, async (t) => {
      const config = { ...tlscfg, servername: NAME, allowPartialTrustChain: true }
      const conn = await reach(t, opensslServes(t), config)
      await conn.send('abc\n')
      assert.deepEqual([await line(conn), conn.authorized], ['cba\n', true])
    })

    test(`our client that trusts ${what} refuses a server in openssl without it`, async (t) => {
      const code = /^UNABLE_TO_(GET_ISSUER_CERT|GET_ISSUER_CERT_LOCALLY|VERIFY_LEAF_SIGNATURE)$/
      await assert.rejects(reach(t, opensslServes(t), { ...tlscfg, servername: NAME }), { code })
    })
  }

  for (const allowPartialTrustChain of [true, false])
    test(`our server that trusts the authority in between ${allowPartialTrustChain ? 'accepts' : 'refuses'} openssl as its client ${allowPartialTrustChain ? 'with' : 'without'} allowPartialTrustChain`, async (t) => {
      const asking = { requestCert: true, ca: between.pem, allowPartialTrustChain } as const
      const [listener, address] = await overTcp.listen(t, {
        cert: server.pem + between.pem,
        key: server.keyPem,
        ...asking,
      })
      const { own, trust } = files(t, { own: client.pem + client.keyPem, trust: between.pem })
      const words = [
        's_client',
        ...opensslAddress('-connect', address),
        '-cert',
        own,
        '-CAfile',
        trust,
        '-partial_chain',
      ]
      const child = start(t, 'openssl', [...words, '-verify_return_error'], { env: plainEnvironment() })
      const conn = bounded(t, await listener.accept())
      if (!allowPartialTrustChain) {
        await assert.rejects(conn.handshake(), coded('UNABLE_TO_GET_ISSUER_CERT'))
        return
      }
      await conn.handshake()
      assert.equal(conn.getPeerCertificate()?.subject, 'CN=A person')
      await conn.close()
      const { stdout } = await ending(child)
      assert.match(stdout, /Acceptable client certificate CA names\nCN ?= ?An intermediate/)
      assert.match(stdout, /Verification: OK/)
    })
})
