// x11 with Xvfb.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { createConnection } from 'berkeley'
import { leavesNoFd } from '../util/index.js'
import { called, event, library, type Test, unavailable } from './common.js'
import { beforeAll, displayOf, XVFB, xvfb } from './servers.js'

leavesNoFd()

const x11 = library('x11')

const Z_PIXMAP = 2
const ALL_PLANES = 0xffffffff

/** Of the four bytes of a pixel the last means nothing. */
function clearUnused(image: Buffer): void {
  for (let i = 3; i < image.length; i += 4) image[i] = 0
}

describe('x11', { skip: unavailable(['x11'], XVFB) }, () => {
  const server = beforeAll(xvfb)

  async function display(t: Test) {
    const number = displayOf(server())
    const stream = createConnection({ path: `\0/tmp/.X11-unix/X${number}` })
    t.after(async () => {
      const closed = stream.destroyed || event(stream, 'close')
      stream.destroy()
      await closed
    })
    const made = await called<Record<string, unknown>>((done) => {
      x11.createClient({ display: `:${number}`, stream }, done).on('error', () => undefined)
    })
    // biome-ignore lint/suspicious/noExplicitAny: the types of a library that may be absent.
    const { client: X, screen } = made as any
    return { X, root: screen[0].root, depth: screen[0].root_depth, stream }
  }

  test('an image of 1 MB is put into a window, and read back', async (t) => {
    const { X, root, depth } = await display(t)
    const [window, gc] = [X.AllocID(), X.AllocID()]
    X.CreateWindow(window, root, 0, 0, 600, 400, 0, 0, 0, 0, { eventMask: x11.eventMask.Exposure })
    const exposed = event(X, 'event')
    X.MapWindow(window)
    await exposed
    X.CreateGC(gc, window)
    const image = randomBytes(600 * 400 * 4)
    clearUnused(image)
    X.PutImage(Z_PIXMAP, window, gc, 600, 400, 0, 0, 0, depth, image)
    const got = await called<{ data: Buffer }>((done) => X.GetImage(Z_PIXMAP, window, 0, 0, 600, 400, ALL_PLANES, done))
    const back = got.data.subarray(0, image.length)
    clearUnused(back)
    assert.ok(image.equals(back))
  })

  test('1000 requests in a row are answered in order', async (t) => {
    const { X } = await display(t)
    const names = Array.from({ length: 1000 }, (_, i) => `ATOM_${i}`)
    const atoms = await Promise.all(names.map((name) => called<number>((done) => X.InternAtom(false, name, done))))
    assert.equal(new Set(atoms).size, 1000)
    assert.equal(await called<string>((done) => X.GetAtomName(atoms[500], done)), 'ATOM_500')
  })

  test('a client that another one kills notices', async (t) => {
    const [victim, killer] = [await display(t), await display(t)]
    const window = victim.X.AllocID()
    victim.X.CreateWindow(window, victim.root, 0, 0, 10, 10)
    await called((done) => victim.X.GetGeometry(window, done))
    const ended = [event(victim.X, 'end'), event(victim.stream, 'close')]
    killer.X.KillClient(window)
    await Promise.all(ended)
  })

  test('terminate() ends the connection, and the server serves the next one', async (t) => {
    const { X, stream } = await display(t)
    const closed = event(stream, 'close')
    X.terminate()
    await closed
    const next = await display(t)
    assert.ok((await called<object>((done) => next.X.GetGeometry(next.root, done))) !== null)
  })
})
