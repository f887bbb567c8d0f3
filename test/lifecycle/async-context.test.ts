// Which store of an AsyncLocalStorage the functions of a program see, and that no store is kept for ever.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { lookup as lookupOfNode } from 'node:dns'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { connect, dgram, listen, stream } from 'berkeley'
import type { Socket as LowSocket } from 'berkeley/llsocket'
import { nullFd } from '../stream/common.js'
import { tlscfg, trust } from '../tls/common.js'
import { closing, closingAll, leavesNoFd, root, run, within } from '../util/index.js'

leavesNoFd()

const user = new AsyncLocalStorage<string>()

/** The context that each function was called in. */
const seen = (): { note: () => void; users: (string | undefined)[] } => {
  const users: (string | undefined)[] = []
  return { note: () => void users.push(user.getStore()), users }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Moves data in an empty context, so that an event of the poller finds no store of a test. */
async function stir(): Promise<void> {
  const [a, b] = await stream.unix.pair()
  const received = a.recv()
  await b.send('x')
  await received
  await Promise.all([a.close(), b.close()])
}

describe('the asynchronous context of functions of the program (H105)', () => {
  test('a wait hook runs in that of its call', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    const { note, users } = seen()
    user.run('setter', () => a.onwaitrecv(note))
    const calls = ['alice', 'bob'].map((name) => user.run(name, () => a.recv(1)))
    for (const call of calls) {
      await b.send('x')
      await call
      await turn()
    }
    assert.ok(users.includes('alice') && users.includes('bob'), String(users))
    assert.ok(!users.includes('setter') && !users.includes(undefined), String(users))
  })

  test('what follows a call runs in that of the call', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    const followed = async (name: string): Promise<[string, string | undefined]> => {
      await a.readable()
      for await (const [data] of a) return [name + String(data).length, user.getStore()]
      return ['', '']
    }
    const calls = ['alice', 'bob'].map((name) => user.run(name, () => followed(name)))
    await stir()
    await b.send('x')
    await b.send('y')
    assert.deepEqual(await Promise.all(calls), [
      ['alice1', 'alice'],
      ['bob1', 'bob'],
    ])
  })

  test('prepare and createConnection() run in that of connect() and accept()', async (t) => {
    const { note, users } = seen()
    class Server extends stream.inet.Server {
      override createConnection(sock: LowSocket): stream.inet.Socket {
        note()
        return super.createConnection(sock)
      }
    }
    const server = closing(t, await user.run('owner', () => Server.create({ host: '127.0.0.1' })))
    server.listen()
    const { port } = server.getsockname()
    const accepting = user.run('acceptor', () => server.accept())
    const client = user.run('client', () => connect({ host: 'localhost', port, prepare: note }))
    closing(t, await client)
    closing(t, await accepting)
    assert.deepEqual(new Set(users), new Set(['client', 'acceptor']))
  })

  test('SNICallback, keylog and onsession run in that of whoever made the session', async (t) => {
    const callbacks = { sni: seen(), keylog: seen(), onsession: seen() }
    const SNICallback = async (): Promise<undefined> => {
      callbacks.sni.note()
      await turn()
      callbacks.sni.note()
    }
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, SNICallback } }))
    const { port } = server.getsockname()
    const client = { ...trust, keylog: callbacks.keylog.note, onsession: callbacks.onsession.note }
    for (const name of ['alice', 'bob']) {
      const connecting = user.run(`${name} the client`, () => connect({ host: '127.0.0.1', port, tlscfg: client }))
      const accepted = closing(t, await user.run(`${name} the server`, () => server.accept()))
      await user.run('somebody else', () => accepted.handshake())
      const connected = closing(t, await connecting)
      await user.run('somebody else', () => accepted.send('x'))
      await user.run('somebody else', () => connected.recv())
      await turn()
    }
    const { sni, keylog, onsession } = callbacks
    assert.deepEqual(sni.users, ['alice the server', 'alice the server', 'bob the server', 'bob the server'])
    assert.deepEqual(new Set(keylog.users), new Set(['alice the client', 'bob the client']))
    assert.deepEqual(new Set(onsession.users), new Set(['alice the client', 'bob the client']))
  })

  test('every other function of TLS runs in that of whoever made the session, too', async (t) => {
    const callbacks = { alpn: seen(), verify: seen(), failed: seen(), psk: seen(), own: seen() }
    const { alpn, verify, failed, psk, own } = callbacks
    const choose = ({ protocols }: { protocols: readonly string[] }): string | undefined => {
      alpn.note()
      return protocols[0]
    }
    const onhandshakeerror = failed.note
    const server = closing(
      t,
      await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, ALPNCallback: choose, onhandshakeerror } }),
    )
    const refuse = (): boolean => {
      verify.note()
      return false
    }
    const client = { ...trust, ALPNProtocols: ['a'], verify: refuse }
    const connecting = user.run('the client', () =>
      connect({ host: '127.0.0.1', port: server.getsockname().port, tlscfg: client }),
    )
    const refused = assert.rejects(connecting)
    const accepted = closing(t, await user.run('the server', () => server.accept()))
    await user.run('somebody else', () => accepted.handshake().catch(() => undefined))
    await refused
    await user.run('somebody else', () => accepted.recv().catch(() => undefined))
    await turn()
    assert.deepEqual([alpn.users, verify.users, failed.users], [['the server'], ['the client'], ['the server']])

    const key = Buffer.alloc(32, 'k')
    const find = (): Buffer => {
      psk.note()
      return key
    }
    const have = (): { psk: Buffer; identity: string } => {
      own.note()
      return { psk: key, identity: 'me' }
    }
    const keyed = closing(t, await listen({ host: '127.0.0.1', tlscfg: { pskCallback: find } }))
    const connected = user.run('the client', () =>
      connect({ host: '127.0.0.1', port: keyed.getsockname().port, tlscfg: { pskCallback: have } }),
    )
    const peer = closing(t, await user.run('the server', () => keyed.accept()))
    await user.run('somebody else', () => peer.handshake())
    closing(t, await connected)
    assert.deepEqual([new Set(psk.users), new Set(own.users)], [new Set(['the server']), new Set(['the client'])])
  })

  test('handlers and error functions of serve(), functions of forEach() and lookup run in that of their call', async (t) => {
    const { note, users } = seen()
    const server = await listen({ host: '127.0.0.1' })
    const ending = new AbortController()
    const handler = async (conn: stream.inet.Socket): Promise<void> => {
      note()
      await conn.recv()
      note()
      throw new Error('a bug')
    }
    const serving = user.run('the call', () => server.serve(handler, { signal: ending.signal, onError: note }))
    const lookup = (host: string, options: object, done: (...args: never[]) => void): void => {
      note()
      lookupOfNode(host, options as never, done as never)
    }
    const { port } = server.getsockname()
    const client = closing(
      t,
      await user.run('the call', () => connect({ host: 'localhost', port, lookup: lookup as never })),
    )
    const ended = user.run('the call', () => client.forEach(note))
    await user.run('somebody else', () => client.send('x'))
    await within(ended, 'the end')
    const [a, b] = closingAll(t, await stream.unix.pair())
    const loop = user.run('the call', () => a.forEach(note))
    await user.run('somebody else', () => b.send('x'))
    await user.run('somebody else', () => b.close())
    await within(loop, 'the end of the loop')
    ending.abort()
    await within(serving, 'the end of the server')
    assert.ok(users.length >= 5, String(users))
    assert.deepEqual(new Set(users), new Set(['the call']))
  })

  test('events of a stream run in that of whoever made the stream', async (t) => {
    const fd = nullFd(t)
    const [a, b] = closingAll(t, await stream.unix.pair())
    const { note, users } = seen()
    const duplex = user.run('maker', () => a.duplex())
    const other = b.duplex()
    const heard = new Promise<void>((resolve) => {
      duplex.on('fds', (fds: number[]) => {
        note()
        for (const one of fds) closeSync(one)
      })
      duplex.on('timeout', note)
      duplex.on('end', resolve)
      user.run('reader', () => duplex.on('data', note))
    })
    other.writeWithFds('x', [fd])
    await turn()
    duplex.pause()
    await turn()
    user.run('another reader', () => duplex.resume())
    user.run('another reader', () => duplex.setTimeout(1))
    other.write('y')
    while (users.length < 4) await new Promise((later) => setTimeout(later, 2))
    other.end()
    await within(heard, 'the end')
    assert.deepEqual(new Set(users), new Set(['maker']))
    for (const one of [duplex, other]) one.destroy()
  })
})

describe('the store of an AsyncLocalStorage (H105)', () => {
  /** Runs a program that loads the package and uses it within a store, and says whether the store can be collected. */
  async function isCollected(use: string, meanwhile = ''): Promise<string> {
    const program = `
      const { AsyncLocalStorage } = require('node:async_hooks')
      const als = new AsyncLocalStorage()
      const kept = {}
      async function within() {
        const store = { memory: Buffer.alloc(1 << 20) }
        await als.run(store, async () => {
          const berkeley = require('berkeley')
          kept.berkeley = berkeley
          ${use}
        })
        return new WeakRef(store)
      }
      within().then(async (store) => {
        for (let i = 0; i < 150 && store.deref(); i++) {
          ${meanwhile}
          await new Promise((later) => setTimeout(later, 20))
          gc()
        }
        console.log(store.deref() ? 'kept' : 'collected')
        process.exit()
      })`
    const { stdout, stderr } = await run(process.execPath, ['--expose-gc', '-e', program], { cwd: root })
    return stdout.trim() || stderr
  }

  test('is not kept by the package that was loaded, nor by the first wait', async () => {
    const said = await isCollected(`
      const [a, b] = await berkeley.stream.unix.pair()
      const received = a.recv()
      await b.send('x')
      await received
      await Promise.all([a.close(), b.close()])`)
    assert.equal(said, 'collected')
  })

  test('is not kept by timeouts, signals, lookups and servers that are over', async () => {
    const said = await isCollected(`
      const server = await berkeley.listen({ host: 'localhost' })
      const accepted = server.accept()
      const client = await berkeley.connect({ host: 'localhost', port: server.getsockname().port, timeout: 5000 })
      const conn = await accepted
      conn.deadlines(5)
      await conn.recv().catch(() => {})
      const abort = new AbortController()
      const waits = [conn.hangup({ signal: abort.signal }), conn.readable({ signal: abort.signal })]
      abort.abort()
      await Promise.allSettled(waits)
      for (const sock of [server, client, conn]) await sock.close()`)
    assert.equal(said, 'collected')
  })

  test('is not kept by TLS of others that is in use all the time', async () => {
    const use = `
      const { cert, key, ...client } = JSON.parse(process.env.BERKELEY_PAIR)
      const pair = async () => {
        const server = await berkeley.listen({ host: '127.0.0.1', tlscfg: { cert, key } })
        const { port } = server.getsockname()
        const connecting = berkeley.connect({ host: '127.0.0.1', port, tlscfg: client })
        const accepted = await server.accept()
        await accepted.handshake()
        await server.close()
        return [accepted, await connecting]
      }
      kept.pair = pair
      for (const sock of await pair()) await sock.close()`
    const meanwhile = `
      kept.busy ??= await kept.pair()
      await kept.busy[0].send('x')
      await kept.busy[1].recv()`
    process.env['BERKELEY_PAIR'] = JSON.stringify({ ...tlscfg, ...trust })
    try {
      assert.equal(await isCollected(use, meanwhile), 'collected')
    } finally {
      delete process.env['BERKELEY_PAIR']
    }
  })
})
