import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { connect, listen, seqpacket, stream } from 'berkeley'
import { closing, leavesNoFd, tempFolder } from '../util/index.js'

leavesNoFd()

describe('listen() and connect()', () => {
  test('listen() and connect() choose the class by their options', async (t) => {
    const folder = tempFolder(t)
    const tcp = closing(t, await listen({ host: '127.0.0.1', port: 0, backlog: 5 }))
    assert.ok(tcp instanceof stream.inet.Server && tcp.acceptconn())
    const path = join(folder, 's')
    const unix = closing(t, await listen({ path }))
    assert.ok(unix instanceof stream.unix.Server)
    const records = closing(t, await listen({ path: join(folder, 'r'), type: 'seqpacket' }))
    assert.ok(records instanceof seqpacket.unix.Server)
    const { port } = tcp.getsockname()
    assert.ok(closing(t, await connect({ host: '127.0.0.1', port, timeout: 1000 })) instanceof stream.inet.Client)
    assert.ok(closing(t, await connect({ path })) instanceof stream.unix.Client)
    const record = closing(t, await connect({ pathname: join(folder, 'r'), type: 'seqpacket' }))
    await record.send('x')
    assert.equal(String(await closing(t, await records.accept()).recv()), 'x')
  })

  test('listen() and connect() refuse options that contradict each other', async () => {
    await assert.rejects(listen({ port: 0, type: 'seqpacket' } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(connect({ path: '/x', type: 'dgram' } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(connect({ path: '/x', port: 1 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(listen(null as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(listen({ port: 0, backlog: 'x' } as never), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})

test('an unknown option of listen() and connect() is answered with each name that there is, once', async () => {
  for (const call of [listen, connect] as ((options: never) => Promise<unknown>)[]) {
    const { message } = await call({ prot: 80 } as never).then(
      () => assert.fail('it has succeeded'),
      (error: Error) => error,
    )
    const names = /"prot" \(it may have (.*)\)/.exec(message)?.[1]?.split(', ') ?? []
    assert.ok(names.includes('port') && names.includes('path'), message)
    assert.deepEqual(names, [...new Set(names)])
  }
})
