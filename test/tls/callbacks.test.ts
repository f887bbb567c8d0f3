import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect, listen } from 'berkeley'
import { closing, leavesNoFd } from '../util/index.js'
import { ends, tlscfg, trust, turn } from './common.js'

leavesNoFd()

describe('callbacks', () => {
  test('a keylog function that throws or receives on another socket does no harm', async (t) => {
    const [other, sender] = await ends(t)
    await sender.send('of the other')
    const heard: Promise<Buffer | null>[] = []
    const keylog = (): void => {
      if (heard.length === 0) heard.push(other.recv())
      throw new Error('disk full')
    }
    const warnings: string[] = []
    const note = ({ message }: Error): number => warnings.push(message)
    process.on('warning', note)
    t.after(() => process.off('warning', note))
    const [server, client] = await ends(t, {}, { keylog })
    await client.send('of this one')
    assert.equal(String(await server.recv()), 'of this one')
    assert.equal(String(await heard[0]), 'of the other')
    await turn()
    assert.match(String(warnings[0]), /tlscfg\.keylog: disk full/)
  })

  test('an SNICallback that closes the socket ends only that socket', async (t) => {
    const listener = closing(
      t,
      await listen({
        host: '127.0.0.1',
        tlscfg: {
          ...tlscfg,
          SNICallback: () => {
            void accepted.close()
            return undefined
          },
        },
      }),
    )
    const { port } = listener.getsockname()
    const refused = assert.rejects(connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: trust }))
    const accepted = await listener.accept()
    await assert.rejects(accepted.handshake(), { code: 'ECANCELED' })
    await refused
  })
})
