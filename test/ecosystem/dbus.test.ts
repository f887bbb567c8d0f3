// dbus-native with dbus-daemon: clients that pass descriptors to each other.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { createConnection } from 'berkeley'
import { leavesNoFd, within } from '../util/index.js'
import { called, event, library, type Test, unavailable } from './common.js'
import { beforeAll, DBUS, dbus } from './servers.js'

leavesNoFd()

const { createClient } = library('dbus-native')

const PATH = '/test'
const INTERFACE = 'test.Files'

type Message = { fds?: number[] }

describe('dbus-native', { skip: unavailable(['dbus-native'], DBUS) }, () => {
  const server = beforeAll(dbus)

  /** A client that the daemon knows, and that is gone when the test is over. */
  async function client(t: Test) {
    const stream = createConnection({ path: server().path('s') })
    const bus = createClient({ stream, defaultTimeout: 5000 })
    bus.connection.on('error', () => undefined)
    t.after(async () => {
      const closed = stream.destroyed || event(stream, 'close')
      stream.destroy()
      await closed
    })
    await called((done) => bus.getId(done))
    return { bus, stream }
  }

  /** A service that echoes, and reads files. */
  async function service(t: Test) {
    const { bus, stream } = await client(t)
    bus.setMethodCallHandler(PATH, INTERFACE, 'Echo', [(text: string) => text, 's'])
    const read = (_: number, message: Message): string => {
      const [fd] = message.fds as [number]
      const text = readFileSync(fd, 'utf8')
      closeSync(fd)
      return text
    }
    bus.setMethodCallHandler(PATH, INTERFACE, 'Read', [read, 's'])
    return { destination: bus.name as string, stream }
  }

  test('calls go to another client, 500 at a time and of 1 MB', async (t) => {
    const { destination } = await service(t)
    const { bus } = await client(t)
    const echo = (text: string): Promise<string> => {
      const call = { destination, path: PATH, interface: INTERFACE, member: 'Echo', signature: 's', body: [text] }
      return called((done) => bus.invoke(call, done))
    }
    const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => echo(`${i}`)))
    assert.deepEqual(
      answers,
      answers.map((_, i) => `${i}`),
    )
    const long = 'x'.repeat(1_000_000)
    assert.equal(await echo(long), long)
  })

  test('descriptors are passed to another client, each with its call', async (t) => {
    const { destination } = await service(t)
    const { bus } = await client(t)
    assert.equal(bus.connection.canPassFds, true)
    const asked = Array.from({ length: 20 }, async (_, i) => {
      const path = server().path(`file-${i}`)
      writeFileSync(path, `file ${i}`)
      const fd = openSync(path, 'r')
      const call = {
        destination,
        path: PATH,
        interface: INTERFACE,
        member: 'Read',
        signature: 'h',
        body: [0],
        fds: [fd],
      }
      const text = await called((done) => bus.invoke(call, done))
      closeSync(fd)
      assert.equal(text, `file ${i}`)
    })
    await Promise.all(asked)
  })

  test('signals arrive', async (t) => {
    const [{ bus: one }, { bus: other }] = [await client(t), await client(t)]
    await called((done) => other.addMatch(`type='signal',interface='${INTERFACE}'`, done))
    const heard = event<[unknown[]]>(other.signals, other.mangle(PATH, INTERFACE, 'Changed'))
    one.sendSignal(PATH, INTERFACE, 'Changed', 's', ['now'])
    assert.deepEqual((await heard)[0], ['now'])
  })

  test('calls that wait fail when the daemon is killed, and new clients connect to the next one', async (t) => {
    const { bus, stream } = await client(t)
    const call = { destination: bus.name, path: PATH, interface: INTERFACE, member: 'Never', signature: '', body: [] }
    bus.setMethodCallHandler(PATH, INTERFACE, 'Never', [() => new Promise(() => undefined), ''])
    const lost = assert.rejects(called((done) => bus.invoke(call, done)))
    const closed = event(stream, 'close')
    await server().stop('SIGKILL')
    await Promise.all([lost, closed])
    await server().again()
    const { bus: next } = await client(t)
    assert.ok(
      (
        await within(
          called<string>((done) => next.getId(done)),
          'the answer',
        )
      ).length > 0,
    )
  })
})
