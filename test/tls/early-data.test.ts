// Data with the first message (0-RTT): there is none, and the error of asking for it says why.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { connect, listen, tls } from 'berkeley'
import { available, closing, leavesNoFd, start, tempFolder, thrownBy } from '../util/index.js'
import { tlscfg, trust } from './common.js'
import { bounded, ending, ownAddress, plainEnvironment, reach, welcome } from './interop/common.js'
import { opensslAddress } from './interop/counterparties.js'

leavesNoFd()

describe('options of 0-RTT (H150)', () => {
  for (const field of ['earlyData', 'maxEarlyData', 'enableEarlyData', 'allowEarlyData', 'zeroRTT', 'early_data'])
    test(`"${field}" is refused with the reason, on both sides and whatever its value`, () => {
      for (const isServer of [true, false])
        for (const value of [true, 16384, false, undefined]) {
          const error = thrownBy(() => new tls.Context({ ...(isServer ? tlscfg : {}), [field]: value }, isServer))
          assert.equal(error['code'], 'ERR_INVALID_ARG_VALUE')
          assert.match(error.message, new RegExp(`has "${field}": 0-RTT is not supported, because .* can be replayed`))
        }
    })
})

describe('0-RTT with openssl', { skip: available('openssl') }, () => {
  test('tickets of a server of ours allow no data with the first message, and none is taken', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    const { port } = server.getsockname()
    const folder = tempFolder(t)
    const [session, early] = [join(folder, 'session'), join(folder, 'early')]
    writeFileSync(early, 'replayed\n')
    const words = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost']
    const first = start(t, 'openssl', [...words, '-sess_out', session], { env: plainEnvironment() })
    const conn = bounded(t, await welcome(t, server))
    await conn.send('hello\n')
    await first.waitForOutput(/hello/)
    await conn.close()
    const { stdout } = await ending(first)
    assert.match(stdout, /Max Early Data: 0/)
    const again = start(t, 'openssl', [...words, '-sess_in', session, '-early_data', early], {
      env: plainEnvironment(),
    })
    const resumed = await welcome(t, server)
    assert.equal(resumed.isSessionReused(), true)
    const heard = resumed.recv()
    again.write('sent once\n')
    assert.equal(String(await heard), 'sent once\n')
  })

  test('a client of ours sends nothing with its first message, although the ticket allows it', async (t) => {
    const folder = tempFolder(t)
    const [cert, key] = [join(folder, 'cert'), join(folder, 'key')]
    writeFileSync(cert, tlscfg.cert)
    writeFileSync(key, tlscfg.key)
    const address = ownAddress()
    const words = ['-cert', cert, '-key', key, '-early_data', '-max_early_data', '1000', '-tls1_3']
    const child = start(t, 'openssl', ['s_server', ...opensslAddress('-accept', address), ...words], {
      env: plainEnvironment(),
    })
    const sessions: Buffer[] = []
    const waiting = { onsession: (session: Buffer) => sessions.push(session) }
    const conn = await reach(t, address, { ...trust, ...waiting })
    await conn.send('first\n')
    await child.waitForOutput(/first/)
    child.write('answer\n')
    assert.equal(String(await conn.recv()), 'answer\n')
    await conn.close()
    const [session] = sessions
    assert.ok(session)
    const again = await connect({ ...address, timeout: 5000, tlscfg: trust, session })
    closing(t, again)
    assert.equal(again.isSessionReused(), true)
    await again.send('second\n')
    await child.waitForOutput(/second/)
    assert.doesNotMatch(child.stdout, /Early data received/)
    assert.match(child.stdout, /No early data received/)
  })
})
