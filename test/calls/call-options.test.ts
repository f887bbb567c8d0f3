// The options of one call: a timeout of its own, a signal, and its arguments by name.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect, dgram, MSG_PEEK, MsgHdr, seqpacket, stream } from 'berkeley'
import { closing, closingAll, leavesNoFd, tempFolder } from '../util/index.js'
import { waitingVerbs } from './verbs.js'

leavesNoFd()

/** Longer than any test takes. */
const LONG_MS = 600_000

const isTimeout = { name: 'TimeoutError', code: 'ETIMEDOUT' }

/** Options that every call refuses, and how. */
const WRONG: [options: object, refusal: object][] = [
  ...['1', null, 1n, {}].map((timeout) => refused({ timeout }, 'ERR_INVALID_ARG_TYPE', /"options.timeout"/)),
  ...[-1, Number.NaN, 2 ** 31, Infinity].map((timeout) =>
    refused({ timeout }, 'ERR_OUT_OF_RANGE', /"options.timeout"/),
  ),
  ...[{}, null, new EventTarget()].map((signal) => refused({ signal }, 'ERR_INVALID_ARG_TYPE', /"options.signal"/)),
  refused({ timout: 1 }, 'ERR_INVALID_ARG_VALUE', /has no property "timout"/),
]

function refused(options: object, code: string, message: RegExp): [object, object] {
  return [options, { code, message }]
}

describe('options of a call', () => {
  test('timeout ends the one call, in place of the deadline of the socket', async (t) => {
    for (const { name, sock, named, trailing } of await waitingVerbs(t)) {
      sock.deadlines(LONG_MS, LONG_MS)
      for (const call of [named, trailing]) {
        await assert.rejects(call({ timeout: 1 }), isTimeout, name)
        await assert.rejects(call({ timeout: 0.5, signal: undefined }), isTimeout, name)
      }
      assert.deepEqual(sock.deadlines(), [LONG_MS, LONG_MS])
    }
  })

  test('timeout 0 lets the one call wait without limit, whatever the deadline of the socket is', async (t) => {
    for (const { name, sock, named, trailing } of await waitingVerbs(t)) {
      sock.deadlines(2, 2)
      const controller = new AbortController()
      const { signal } = controller
      const endless = [named({ timeout: 0, signal }), trailing({ timeout: 0, signal })]
      // A later call of the same direction, which is behind them: its deadline passes first.
      await assert.rejects(trailing(), isTimeout, name)
      controller.abort()
      for (const call of endless) await assert.rejects(call, { name: 'AbortError' }, name)
    }
  })

  test('a signal ends the one call, or keeps it from beginning', async (t) => {
    for (const { name, named, trailing } of await waitingVerbs(t))
      for (const call of [named, trailing]) {
        const controller = new AbortController()
        const waiting = call({ signal: controller.signal, timeout: LONG_MS })
        controller.abort(name)
        await assert.rejects(waiting, { name: 'AbortError', cause: name }, name)
        await assert.rejects(call({ signal: controller.signal }), { name: 'AbortError' }, name)
      }
  })

  test('wrong options reject, and so do unknown ones', async (t) => {
    for (const { name, named, trailing, names } of await waitingVerbs(t)) {
      for (const call of [named, trailing])
        for (const [options, refusal] of WRONG) await assert.rejects(call(options), refusal, name)
      for (const wrong of names.filter((one) => one !== 'ai'))
        await assert.rejects(named({ [wrong]: 'x' }), { code: 'ERR_INVALID_ARG_TYPE' }, `${name} ${wrong}`)
      // Behind positional arguments they would say twice what was said.
      for (const twice of names)
        await assert.rejects(trailing({ [twice]: 1 }), { code: 'ERR_INVALID_ARG_VALUE' }, `${name} ${twice}`)
    }
  })

  test('nothing may stand behind an object of options', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    const [d] = closingAll(t, await dgram.unix.pair())
    const options = { timeout: 1 }
    const more = { code: 'ERR_INVALID_ARG_VALUE', message: /last argument/ }
    type Loose = (...args: unknown[]) => Promise<unknown>
    await assert.rejects((a.recv as Loose).call(a, options, MSG_PEEK), more)
    await assert.rejects((a.recv as Loose).call(a, options, 0, options), more)
    await assert.rejects((a.send as Loose).call(a, 'x', options, options), more)
    await assert.rejects((a.sendfd as Loose).call(a, 0, options, 1), more)
    await assert.rejects((a.sendfile as Loose).call(a, 0, { bytes: 1 }, 1), more)
    await assert.rejects((d.recvmany as Loose).call(d, options, 65536), more)
  })
})

describe('arguments by name', () => {
  test('recv, recvinto and recvmsg take bufsize and flags by name', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    await a.send('hello', { flags: 0, timeout: 1000 })
    assert.equal(String(await b.recv({ bufsize: 2, flags: MSG_PEEK })), 'he')
    assert.equal(String(await b.recv({ flags: MSG_PEEK })), 'hello')
    const memory = Buffer.alloc(3)
    assert.equal(await b.recvinto(memory, { flags: MSG_PEEK }), 3)
    const msg = new MsgHdr()
    msg.addn(9)
    assert.equal(await b.recvmsg(msg, { flags: MSG_PEEK }), 5)
    assert.equal(String(await b.recv({})), 'hello')
    const out = new MsgHdr()
    out.add('x')
    assert.equal(await a.sendmsg(out, {}), 1)
  })

  test('sendfd and recvfd, recvfrom, recvmany and sendmany take theirs', async (t) => {
    const receiver = closing(t, await dgram.unix.Socket.create({ path: `${tempFolder(t)}/r` }))
    await receiver.bind()
    const sender = closing(t, await dgram.unix.Socket.create())
    const ai = receiver.getsockname()
    assert.equal(await sender.sendfd(sender.fd(), { ai }), 0)
    const twin = (await receiver.recvfd({ timeout: 1000 })) as number
    await (await dgram.unix.wrap(twin)).close()
    await sender.sendto('one', ai, {})
    assert.equal(String((await receiver.recvfrom({ bufsize: 3 }))[0]), 'one')
    assert.equal(
      await sender.sendmany(
        [
          { data: 'a', addr: ai },
          { data: 'b', addr: ai },
        ],
        { timeout: 1000 },
      ),
      2,
    )
    using first = await receiver.recvmany({ count: 1 })
    using rest = await receiver.recvmany({ bufsize: 1 })
    assert.deepEqual([first.length, rest.length, String(rest.at(0)?.data)], [1, 1, 'b'])
  })

  test('connect takes its budget by name, and once', async (t) => {
    const path = `${tempFolder(t)}/s`
    for (const module of [stream, seqpacket]) {
      const server = closing(t, await module.unix.Server.create({ path: `${path}${module === stream}` }))
      server.listen(0)
      const { path: at } = server.getsockname() as { path: string }
      // The backlog of a unix socket is one more than it was asked for.
      const waiting = closing(t, await module.unix.Client.create({ path: at }))
      const client = closing(t, await module.unix.Client.create({ path: at }, false))
      await assert.rejects(client.connect({ timeout: 5 }), isTimeout)
      await assert.rejects(client.connect(5), isTimeout)
      await assert.rejects(client.connect(undefined, { timeout: 5 }), isTimeout)
      await assert.rejects(client.connect({ signal: AbortSignal.abort() }), { name: 'AbortError' })
      await assert.rejects(client.connect(5, { timeout: 5 }), { code: 'ERR_INVALID_ARG_VALUE' })
      await assert.rejects(client.connect({ timeout: 5 }, { timeout: 5 }), { code: 'ERR_INVALID_ARG_VALUE' })
      await assert.rejects(client.connect({ conndeadl: 5 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
      closing(t, await server.accept({ timeout: 1000 }))
      await client.connect({ timeout: 5000 })
      await waiting.close()
    }
    await assert.rejects(connect({ path: '/nowhere', timeout: 5, signl: 1 } as never), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
  })
})
