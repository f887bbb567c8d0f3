// The one socket that is active alone is watched by the event loop itself, and not within the epoll set.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { AGAIN, type Socket as LowSocket, MSG_DONTWAIT, MSG_OOB, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { EpollPoller } from '#internal/engine/epoll.js'
import { type LoneRegistry, LoneSocket, type LoneWatch } from '#internal/engine/lone-socket.js'
import { HAS_TAKEN, type ReadyListener, type Watch } from '#internal/engine/poller.js'
import { closing, eventually, isOpen, leavesNoFd, openFds, runScript, within } from '../../util/index.js'

leavesNoFd()

/** So many batches in a row are enough. */
const ENOUGH = 100

describe('LoneSocket decides from what batches are of', () => {
  class FakeWatch implements LoneWatch {
    isPlain = true
  }

  class Registry implements LoneRegistry<FakeWatch> {
    readonly done: string[] = []
    readonly names = new Map<FakeWatch, string>()
    refuses = false

    setApart(watch: FakeWatch): boolean {
      this.done.push(`${this.names.get(watch)} apart`)
      return !this.refuses
    }

    putBack(watch: FakeWatch): void {
      this.done.push(`${this.names.get(watch)} back`)
    }
  }

  function made(): { registry: Registry; lone: LoneSocket<FakeWatch>; a: FakeWatch; b: FakeWatch } {
    const registry = new Registry()
    const [a, b] = [new FakeWatch(), new FakeWatch()]
    registry.names.set(a, 'a').set(b, 'b')
    return { registry, lone: new LoneSocket(registry), a, b }
  }

  const times = (count: number, act: (i: number) => void): void => {
    for (let i = 0; i < count; i++) act(i)
  }

  test('after many batches in a row of one socket it is set apart, once', () => {
    const { registry, lone, a } = made()
    times(20, () => lone.noteOne(a))
    assert.deepEqual(registry.done, [])
    times(1000, () => lone.noteOne(a))
    assert.deepEqual(registry.done, ['a apart'])
    assert.ok(lone.is(a))
  })

  test('batches of others, or of several, begin the count anew', () => {
    const { registry, lone, a, b } = made()
    times(1000, (i) => {
      times(30, () => lone.noteOne(a))
      if (i % 2 === 0) lone.noteOne(b)
      else lone.noteOthers()
    })
    assert.deepEqual(registry.done, [])
  })

  test('what waits for more than data is not set apart', () => {
    const { registry, lone, a } = made()
    a.isPlain = false
    times(1000, () => lone.noteOne(a))
    assert.deepEqual(registry.done, [])
    a.isPlain = true
    lone.noteOne(a)
    assert.deepEqual(registry.done, ['a apart'])
  })

  test('a few events of others do not matter, as many as its own do', () => {
    const { registry, lone, a, b } = made()
    times(ENOUGH, () => lone.noteOne(a))
    times(1000, (i) => {
      lone.noteOne(a)
      if (i % 10 === 0) lone.noteOne(b)
    })
    assert.deepEqual(registry.done, ['a apart'])
    times(20, () => {
      lone.noteOne(a)
      lone.noteOthers()
    })
    assert.deepEqual(registry.done, ['a apart', 'a back'])
    assert.equal(lone.is(a), false)
  })

  test('another one that is alone from now on takes its place', () => {
    const { registry, lone, a, b } = made()
    times(ENOUGH, () => lone.noteOne(a))
    times(ENOUGH, () => lone.noteOne(b))
    assert.deepEqual(registry.done, ['a apart', 'a back', 'b apart'])
    assert.ok(lone.is(b))
  })

  test('where one cannot be set apart it is asked for seldom', () => {
    const { registry, lone, a } = made()
    registry.refuses = true
    times(10_000, () => lone.noteOne(a))
    assert.equal(lone.is(a), false)
    assert.ok(registry.done.length < 10, `${registry.done}`)
  })

  test('a watch that ends is forgotten', () => {
    const { registry, lone, a } = made()
    times(ENOUGH, () => lone.noteOne(a))
    lone.forget(a)
    assert.equal(lone.is(a), false)
    times(ENOUGH, lone.noteOthers.bind(lone))
    assert.deepEqual(registry.done, ['a apart'])
  })
})

const poller = new EpollPoller(false, 250)

/** Whether a socket only rests in an epoll set: then it is in that of libuv, too. */
function isAlone(sock: LowSocket): boolean {
  const sets = [...openFds()].filter(([, target]) => target === 'anon_inode:[eventpoll]')
  const info = sets.map(([set]) => readFileSync(`/proc/self/fdinfo/${set}`, 'utf8')).join('')
  const entries = [...info.matchAll(/^tfd:\s+(\d+) events:\s+([0-9a-f]+)/gm)]
  const events = entries
    .filter(([, fd]) => Number(fd) === sock.fd())
    .map(([, , mask]) => Number.parseInt(mask ?? '', 16))
  return events.length === 2 && events.some((mask) => (mask & sys.EPOLLIN) === 0)
}

/** One end that is watched, and takes all that comes as soon as it is reported. */
class Taker implements ReadyListener {
  readonly sock: LowSocket
  readonly peer: LowSocket
  readonly watch: Watch
  taken = ''
  /** Reports of something that was not taken. */
  reports = 0
  isTaking = true
  stickies = 0
  #next: (() => void) | undefined

  constructor(t: TestContext, [sock, peer]: readonly [LowSocket, LowSocket] = socket.pair(SOCK_STREAM, true)) {
    this.sock = closing(t, sock)
    this.peer = closing(t, peer)
    poller.ref()
    this.watch = poller.watch(sock.fd(), this)
    t.after(() => {
      this.watch.stop()
      poller.unref()
    })
  }

  ready(_readable: boolean, _writable: boolean, sticky: boolean): number {
    if (sticky) this.stickies++
    const data = this.isTaking ? this.sock.recv(100, MSG_DONTWAIT) : AGAIN
    if (data === AGAIN) this.reports++
    else this.taken += data
    this.#next?.()
    return data === AGAIN ? 0 : HAS_TAKEN
  }

  next(): Promise<void> {
    return within(
      new Promise((resolve) => {
        this.#next = resolve
      }),
      'a report',
    )
  }

  async exchange(text: string): Promise<void> {
    const next = this.next()
    this.peer.send(text, MSG_DONTWAIT)
    await next
  }

  /** Lets it be the only one that is active. */
  async standAlone(): Promise<void> {
    for (let i = 0; i < 10_000 && !isAlone(this.sock); i++) await this.exchange('.')
    assert.ok(isAlone(this.sock))
    this.taken = ''
    this.reports = 0
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a socket that is alone', () => {
  test('is watched by the event loop, and reported as before', async (t) => {
    const one = new Taker(t)
    await one.standAlone()
    for (let i = 0; i < 10; i++) await one.exchange(`${i}`)
    assert.equal(one.taken, '0123456789')
    assert.equal(one.reports, 0)
  })

  test('is one among others when they are active too, and nothing is lost', async (t) => {
    const one = new Taker(t)
    const others = [new Taker(t), new Taker(t)]
    await one.standAlone()
    let sent = ''
    for (let i = 0; i < 300; i++) {
      for (const { peer } of [one, ...others]) peer.send(`${i} `, MSG_DONTWAIT)
      sent += `${i} `
      await turn()
    }
    await eventually(() => [one, ...others].every(({ taken }) => taken === sent), 'all of it')
    assert.equal(isAlone(one.sock), false)
  })

  test('does not wake the loop again and again when nobody takes what has come, and is reported later (H175)', async (t) => {
    const one = new Taker(t)
    await one.standAlone()
    one.isTaking = false
    await one.exchange('left')
    for (let i = 0; i < 20; i++) await turn()
    assert.ok(one.reports <= 2, `${one.reports} reports`)
    one.isTaking = true
    await one.exchange(', and more')
    assert.equal(one.taken, 'left, and more')
  })

  test('is watched for room as soon as that is asked for', async (t) => {
    const one = new Taker(t)
    await one.standAlone()
    const next = one.next()
    one.watch.awaitRoom(0)
    assert.equal(isAlone(one.sock), false)
    await next
  })

  test('reports the end of the connection, and not without end', async (t) => {
    const one = new Taker(t)
    await one.standAlone()
    const next = one.next()
    one.peer.close()
    await next
    for (let i = 0; i < 20; i++) await turn()
    assert.ok(one.stickies > 0 && one.stickies < 4, `${one.stickies} reports`)
  })

  test('closes when it is closed: no other descriptor keeps the connection (H177)', async (t) => {
    const one = new Taker(t)
    await one.standAlone()
    one.watch.stop()
    assert.equal(isAlone(one.sock), false)
    one.sock.close()
    assert.equal(one.peer.recv(1, MSG_DONTWAIT), null)
  })

  test('may stop within its own report, and in that of another one', async (t) => {
    for (const stopper of [0, 1]) {
      const both = [new Taker(t), new Taker(t)] as const
      await both[0].standAlone()
      const inner = both[stopper] as Taker
      const ready = inner.ready.bind(inner)
      inner.ready = (...args) => {
        both[0].watch.stop()
        return ready(...args)
      }
      const next = inner.next()
      for (const { peer } of both) peer.send('x', MSG_DONTWAIT)
      await next
      const before = both[0].taken
      for (let i = 0; i < 5; i++) await turn()
      assert.equal(both[0].taken, before)
      assert.equal(isAlone(both[0].sock), false)
    }
  })

  test('that other code closes does not end the process, and its number serves the next one (H05)', async (t) => {
    const one = new Taker(t)
    await one.standAlone()
    const number = one.sock.fd()
    closeSync(number)
    const [again, peer] = socket.pair(SOCK_STREAM, true)
    assert.ok([again.fd(), peer.fd()].includes(number))
    assert.throws(() => one.peer.send('for the former one', MSG_DONTWAIT), { code: 'EPIPE' })
    again.close()
    one.watch.stop()
    peer.close()
  })

  test('that other code closes leaves the set of libuv to the next one that has its number (H05)', async (t) => {
    const one = new Taker(t)
    await one.standAlone()
    const number = one.sock.fd()
    closeSync(number)
    const server = net.createServer((conn) => conn.on('data', (data) => conn.write(data))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
    await once(client, 'connect')
    assert.equal((client as unknown as { _handle: { fd: number } })._handle.fd === number || isOpen(number), true)
    one.watch.stop()
    client.write('to and fro')
    assert.equal(String((await once(client, 'data'))[0]), 'to and fro')
    client.destroy()
    server.close()
    await once(server, 'close')
    assert.throws(() => one.sock.close(), { code: 'EBADF' })
  })
})

describe('a socket that is alone, as programs see it', () => {
  const program = (body: string, module = 'berkeley'): string => `
    import { readFileSync, readdirSync } from 'node:fs'
    import { stream } from '${module}'
    const server = await stream.inet.Server.create({ host: '127.0.0.1' })
    server.listen()
    const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port })
    const conn = await server.accept()
    for (let i = 0; i < 1000; i++) {
      const data = conn.recv()
      client.write('x')
      await data
    }
    const fdinfo = (fd) => { try { return readFileSync('/proc/self/fdinfo/' + fd, 'utf8') } catch { return '' } }
    const setsWith = (fd) => readdirSync('/proc/self/fd').filter((set) => fdinfo(set).match(new RegExp('^tfd: *' + fd + ' ', 'm'))).length
    if (setsWith(conn.fd()) !== 2) console.log('not alone')
    ${body}`

  async function prints(code: string, stdout: string): Promise<void> {
    const ending = await runScript(code)
    assert.deepEqual([ending.stdout, ending.stderr, ending.code], [stdout, '', 0])
  }

  test('urgent data is reported to the call that waits for it', () =>
    prints(
      program(`
        const urgent = conn.urgent()
        const data = conn.recv()
        await client.send('!', ${MSG_OOB})
        await urgent
        console.log(String(await conn.recv(1, ${MSG_OOB})))
        await client.send('y')
        console.log(String(await data))
        await Promise.all([client.close(), conn.close(), server.close()])`),
      '!\ny\n',
    ))

  test('a reset is an error of the call that waits', () =>
    prints(
      program(`
        const data = conn.recv()
        client.linger(0)
        await Promise.all([client.close().catch(() => 0), data.catch((error) => console.log(error.code))])
        await Promise.all([conn.close(), server.close()])`),
      'ECONNRESET\n',
    ))

  test('a call with a deadline and an abort end as before, and what comes then is received', () =>
    prints(
      program(`
        await conn.recv({ timeout: 20 }).catch((error) => console.log(error.name))
        const abort = new AbortController()
        setImmediate(() => abort.abort())
        await conn.recv({ signal: abort.signal }).catch((error) => console.log(error.name))
        client.write('later')
        await new Promise((resolve) => setTimeout(resolve, 20))
        console.log(String(await conn.recv()))
        await Promise.all([client.close(), conn.close(), server.close()])`),
      'TimeoutError\nAbortError\nlater\n',
    ))

  test('it is in no set when it is given away (H177)', () =>
    prints(
      program(`
        const other = await stream.inet.wrap(conn.detach())
        console.log(setsWith(other.fd()))
        await Promise.all([client.close(), other.close(), server.close()])`),
      '0\n',
    ))

  test('what other code closes, and another socket has the number of, is left alone (H01, H05)', () =>
    prints(
      program(`
        const { closeSync } = await import('node:fs')
        const number = conn.fd()
        const old = conn.recv()
        old.then((data) => console.log('the old one got', String(data)), (error) => console.log(error.code))
        closeSync(number)
        const [x, y] = await stream.unix.pair()
        console.log([x.fd(), y.fd()].includes(number))
        const got = x.recv()
        await y.send('for the new one')
        client.write('for the old one')
        console.log(String(await got))
        await new Promise((resolve) => setTimeout(resolve, 50))
        await y.send('more')
        console.log(String(await x.recv()))
        process.exit()`),
      'true\nfor the new one\nmore\n',
    ))

  test('what other code closes, and a file has the number of, does not keep the loop busy (H05, H175)', () =>
    prints(
      program(`
        const { closeSync, openSync } = await import('node:fs')
        const number = conn.fd()
        conn.recv().catch((error) => console.log(error.code))
        closeSync(number)
        console.log(openSync('/dev/null') === number)
        client.write('for the old one')
        const before = process.cpuUsage()
        await new Promise((resolve) => setTimeout(resolve, 200))
        const { user, system } = process.cpuUsage(before)
        console.log(user + system < 100_000)
        await conn.close().catch((error) => console.log(error.code))
        await Promise.all([client.close(), server.close()])`),
      'true\ntrue\nECANCELED\nEBADF\n',
    ))

  test('the process ends while it is open, and by process.exit() from its own event', async () => {
    await prints(program(''), '')
    await prints(program(`client.write('x'); await conn.recv(); process.exit()`), '')
  })

  test('a worker ends while it is open, and leaves no descriptor (H177)', () =>
    prints(
      `import { readdirSync } from 'node:fs'
      import { Worker } from 'node:worker_threads'
      const body = ${JSON.stringify(program('', '#'))}.replace('#', import.meta.resolve('berkeley'))
      const count = () => readdirSync('/proc/self/fd').length
      let before
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(body)))
        console.log(await new Promise((resolve) => worker.on('exit', resolve).on('error', resolve)))
        before ??= count()
      }
      console.log(count() - before)`,
      '0\n0\n0\n0\n',
    ))
})
