import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { SystemError, stream, TimeoutError } from 'berkeley'
import { Audience, IPV4 } from '../../examples/tour/multicast.js'
import { Ball } from '../../examples/tour/players.js'
import { takeSteps } from '../../examples/tour/run.js'
import { Screen } from '../../examples/tour/screen.js'
import { expiry } from '../../examples/tour/stalled.js'
import type { Step } from '../../examples/tour/step.js'
import { Load, runClient } from '../../examples/tour/tcp-echo.js'
import { failsWith, Mismatch, rejectsWith, same } from '../../examples/tour/verify.js'
import { available, closing, leavesNoFd, root, run, start, tempFolder } from '../util/index.js'

leavesNoFd()

const TOUR = join(root, 'build', 'examples', 'tour.js')
const WIDTH = 80
const NARROW = 40

/** The tour takes some twelve seconds, most of them to measure; here two of them share the machine with other tests. */
const TOUR_PATIENCE_MS = 90_000

/** Escape characters as a sign that can be read, here and in what a failing test says. */
const readable = (text: string): string => text.replaceAll('\x1b', '␛')
const ESCAPE_CODE = /␛\[[0-9;]*[A-Za-z]/g

/** What the last line of each step says, whatever the figures. */
const LAST_LINES = [
  /^ {3}✓ 200 clients, [\d.]+ MB there and back in [\d.]+ s: [\d.]+ MB\/s each way$/m,
  /^ {3}✓ path and abstract name: the peer was known, and close\(\) removed the file$/m,
  /^ {3}✓ the child read 1,000,000 bytes without a path: same SHA-256 on both sides$/m,
  /^ {3}✓ IPv4, (IPv6, )?unix: senders known, empty ones kept, nothing cut in silence$/m,
  /^ {3}✓ IPv4(, IPv6)?: heard whom the member asked for, and nobody else$/m,
  /^ {3}✓ 2,000 records, 200 of them empty, [\d.]+ MB: every boundary kept, then the end$/m,
  /^ {3}✓ \d+ rows of \d+ options; what was set was read back$/m,
  /^ {3}✓ 268\.4 MB in [\d.]+ s: [\d.]+ MB\/s, same SHA-256 on both sides$/m,
  /^ {3}✓ 16 calls: none ended early, none over [\d.]+ ms late, nothing was lost$/m,
  /^ {3}✓ [\d,]+ connections in [\d.]+ s, every one answered, 0 refused$/m,
  /^ {3}✓ [\d,]+ round trips in [\d.]+ s, every byte came back$/m,
]

/** Temporary files of the tour go into a folder of the test, which then sees whether they are gone. */
function environment(tmp: string): NodeJS.ProcessEnv {
  const { NO_COLOR: _, ...env } = process.env
  return { ...env, TMPDIR: tmp, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' }
}

function assertFits(text: string, width = WIDTH): void {
  for (const line of text.split(/[\r\n]+/)) assert.ok(line.length <= width, `${line.length} columns: ${line}`)
}

/** A screen and what was written to it. */
function screenOf(output: { isTTY?: boolean; columns?: number } = {}, env: NodeJS.ProcessEnv = {}) {
  const said = { text: '' }
  const write = (text: string): void => {
    said.text += readable(text)
  }
  return { screen: new Screen({ write, ...output }, { LANG: 'C.UTF-8', ...env }), said }
}

describe('the whole tour', { concurrency: true }, () => {
  test('the tour prints plain lines into a pipe, verifies every step, and leaves nothing', async (t) => {
    const tmp = tempFolder(t)
    const { code, stdout, stderr } = await run(process.execPath, [TOUR], {
      env: environment(tmp),
      patience: TOUR_PATIENCE_MS,
    })
    assert.equal(code, 0, stdout + stderr)
    assert.equal(stderr, '')
    assert.doesNotMatch(readable(stdout), /[␛\r╌]/)
    assertFits(stdout)
    for (const line of LAST_LINES) assert.match(stdout, line)
    assert.match(stdout, /^Verified 11 steps in [\d.]+ s\. No socket was left open\.$/m)
    assert.deepEqual(readdirSync(tmp), [])
  })

  test('the tour shows colours and a progress line that fits on a terminal', {
    skip: available('script'),
  }, async (t) => {
    const tmp = tempFolder(t)
    const command = `stty cols ${WIDTH} rows 24 && exec "${process.execPath}" "${TOUR}"`
    const { code, stdout } = await run('script', ['-qec', command, '/dev/null'], {
      env: environment(tmp),
      patience: TOUR_PATIENCE_MS,
    })
    assert.equal(code, 0, stdout)
    const written = readable(stdout)
    assert.match(written, /␛\[32m✓ ␛\[0m/)
    assert.match(written, /\r␛\[K {3}␛\[36m[━╌]{30}␛\[0m {4}0 % {2}0\.0 MB of/)
    const text = written.replace(ESCAPE_CODE, '')
    assertFits(text)
    for (const line of LAST_LINES) assert.match(text.replaceAll('\r', '\n'), line)
    assert.deepEqual(readdirSync(tmp), [])
  })

  for (const step of ['3', '8', '10'])
    test(`Ctrl-C in step ${step} ends the tour with status 130 and leaves no file and no child`, async (t) => {
      const tmp = tempFolder(t)
      const tour = start(t, process.execPath, [TOUR, step, '11'], { env: environment(tmp) })
      await tour.waitForOutput(new RegExp(`^${step} `, 'm'))
      tour.process.kill('SIGINT')
      // A child of the tour would hold stderr open, and this would not settle.
      const { code, stdout } = await tour.ended
      assert.equal(code, 130)
      assert.match(stdout, /\nEnded by SIGINT\.\n$/)
      assert.deepEqual(readdirSync(tmp), [])
    })

  test('the tour fits every line on a narrow terminal without colours', { skip: available('script') }, async (t) => {
    const tmp = tempFolder(t)
    const command = `stty cols ${NARROW} rows 24 && exec "${process.execPath}" "${TOUR}" 2 3 4 5 6 7 8 9 10`
    const { code, stdout } = await run('script', ['-qec', command, '/dev/null'], {
      env: { ...environment(tmp), NO_COLOR: '1' },
      patience: TOUR_PATIENCE_MS,
    })
    assert.equal(code, 0, stdout)
    const written = readable(stdout)
    assert.doesNotMatch(written, /␛\[[\d;]*m/)
    assertFits(written.replace(ESCAPE_CODE, ''), NARROW)
    assert.match(written, /\nVerified 9 steps in/)
    assert.deepEqual(readdirSync(tmp), [])
  })
})

test('the tour runs some steps only, and refuses one that does not exist', async () => {
  const some = await run(process.execPath, [TOUR, '4', '2'], { env: environment('/tmp') })
  assert.equal(some.code, 0, some.stdout + some.stderr)
  assert.deepEqual(some.stdout.match(/^\d(?= {2})/gm), ['2', '4'])
  const none = await run(process.execPath, [TOUR, '12'])
  assert.equal(none.code, 2)
  assert.match(none.stderr, /^usage: tour \[step \.\.\.\]/)
})

const unableToIsolate = available('unshare') || available('ip') || (process.getuid?.() !== 0 && 'namespaces need root')

test('multicast over IPv6 works on an interface that brings back what it sends', {
  skip: unableToIsolate,
}, async (t) => {
  const setup = [
    'ip link set lo up',
    'ip link add tour0 type veth peer name tour1',
    'ip link set tour0 up',
    'ip link set tour1 up',
    'ip addr add fd00::5/64 dev tour0 nodad',
    'exec "$@"',
  ]
  const inner = ['-ec', setup.join('; '), 'sh', process.execPath, TOUR, '5']
  const { code, stdout, stderr } = await run('unshare', ['--net', 'sh', ...inner], { env: environment(tempFolder(t)) })
  assert.equal(code, 0, stdout + stderr)
  assert.match(
    stdout,
    /^ {3}IPv6 ff01::42:99 on tour0\n.*\n +nothing +nobody\n +every source +fd00::5\n +fd00::5 +fd00::5\n/m,
  )
  assert.match(stdout, /^ {3}✓ IPv4, IPv6: /m)
})

describe('verification', () => {
  test('the tour finds out a server that changes one byte', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const forge = (async (): Promise<void> => {
      await using conn = await server.accept()
      let at = 0
      for (let data = await conn.recv(); data !== null; data = await conn.recv()) {
        if (at <= 100_000 && 100_000 < at + data.length) data[100_000 - at]! ^= 1
        at += data.length
        await conn.send(data)
      }
    })()
    let arrived = 0
    const client = runClient(server.getsockname().port as number, 7, (bytes) => {
      arrived += bytes
    })
    const { bytes } = new Load(7)
    const saying = new RegExp(`^${bytes} bytes with SHA-256 [0-9a-f]{64}$`)
    await assert.rejects(client, (error) => {
      assert.ok(error instanceof Mismatch)
      assert.equal(error.what, 'what came back to client 7')
      assert.match(error.expected, saying)
      assert.match(error.actual, saying)
      assert.notEqual(error.actual, error.expected)
      return true
    })
    assert.equal(arrived, bytes)
    await forge
  })

  test('the tour verifies every byte of a round trip and finds out a wrong one and the end', () => {
    const ball = new Ball()
    const message = ball.throw()
    assert.equal(ball.isBack(Buffer.from(message.subarray(0, 10))), false)
    assert.equal(ball.isBack(Buffer.from(message.subarray(10))), true)
    assert.equal(ball.trips, 1)
    const wrong = Buffer.from(ball.throw())
    wrong[63]! ^= 1
    assert.throws(() => ball.isBack(wrong), Mismatch)
    assert.throws(() => ball.isBack(null), Mismatch)
    const old = Buffer.from(message)
    assert.equal(ball.isBack(old), true)
    ball.throw()
    assert.throws(() => ball.isBack(old), Mismatch)
  })

  test('the tour verifies values, bytes and errors', () => {
    same('numbers', 1, 1)
    same('bytes', Buffer.from('ab'), Buffer.from('ab'))
    assert.throws(() => same('bytes', Buffer.from('ac'), Buffer.from('ab')), {
      message: 'bytes: expected <Buffer 61 62>, came <Buffer 61 63>',
    })
    assert.throws(() => same('the end', null, Buffer.alloc(0)), Mismatch)
    const fail = (): never => {
      throw Object.assign(new Error(), { code: 'EPIPE', bytes: 3 })
    }
    assert.equal(failsWith('a call', 'EPIPE', fail)['bytes'], 3)
    assert.throws(() => failsWith('a call', 'EMSGSIZE', fail), { expected: 'EMSGSIZE', actual: 'EPIPE' })
    assert.throws(() => failsWith('a call', 'EMSGSIZE', () => 'cut'), { actual: 'no error but cut' })
  })

  test('the tour verifies errors of asynchronous calls', async () => {
    const failure = Promise.reject(Object.assign(new Error(), { code: 'EPIPE', bytes: 3 }))
    assert.equal((await rejectsWith('a call', 'EPIPE', failure))['bytes'], 3)
    await assert.rejects(rejectsWith('a call', 'EMSGSIZE', failure), { expected: 'EMSGSIZE', actual: 'EPIPE' })
    await assert.rejects(rejectsWith('a call', 'EPIPE', Promise.resolve(7)), { actual: 'no error but 7' })
  })
})

describe('deadlines and groups', () => {
  test('the tour finds out a deadline that ends a call early, by another error, or not at all', async () => {
    const early = expiry('recv', 1000, () => Promise.reject(new TimeoutError('recv')))
    await assert.rejects(early, { what: 'recv with a deadline of 1000 ms', expected: '1000 to 2000 ms' })
    const unreachable = new SystemError('ETIMEDOUT', -110, 'recv')
    await assert.rejects(
      expiry('recv', 0, () => Promise.reject(unreachable)),
      { expected: 'true', actual: 'false' },
    )
    await assert.rejects(
      expiry('recv', 0, async () => 'data'),
      { expected: 'ETIMEDOUT', actual: 'no error but data' },
    )
  })

  test('the tour finds out a datagram that should not have come', async () => {
    await using audience = await Audience.create(IPV4)
    audience.member.mcastjoin(IPV4.group, IPV4.device)
    await assert.rejects(audience.hears('127.0.0.1'), {
      expected: "[ '127.0.0.1' ]",
      actual: "[ '127.0.0.1', '127.0.0.2' ]",
    })
  })
})

describe('failing steps', () => {
  const good: Step = { title: 'good', run: async () => 'fine' }
  const bad: Step = { title: 'bad', run: async () => same('the answer', 41, 42) as never }
  const broken: Step = { title: 'broken', run: () => Promise.reject(new TypeError('no such thing')) }
  const endless: Step = { title: 'endless', run: () => new Promise(() => {}) }

  test('a tour says which step failed, what was expected and what came, continues, and ends with status 1', async () => {
    const { screen, said } = screenOf()
    assert.equal(
      await takeSteps(
        new Map([
          [1, good],
          [2, bad],
          [3, good],
        ]),
        screen,
      ),
      1,
    )
    assert.match(said.text, /\n2 {2}bad\n {3}✗ the answer\n {3}expected: 42\n {3}came: {5}41\n/)
    assert.match(said.text, /\n3 {2}good\n {3}✓ fine\n/)
    assert.match(said.text, /\nNot verified: 2 \(bad\)\. [\d.]+ s\.\n$/)
  })

  test('a tour shows the place of a mistake in the program', async () => {
    const { screen, said } = screenOf()
    assert.equal(await takeSteps(new Map([[1, broken]]), screen), 1)
    assert.match(said.text, /expected: no error\n {3}came: {5}no such thing\n {3}at .*tour\.test/)
  })

  test('a tour does not wait for ever', async () => {
    const { screen, said } = screenOf()
    assert.equal(await takeSteps(new Map([[1, endless]]), screen, 20), 1)
    assert.match(said.text, /✗ the time that the step takes\n {3}expected: less than 0\.02 s\n/)
  })

  test('a tour fails for a socket that a step leaves open', async (t) => {
    const leaking: Step = {
      title: 'leaking',
      run: async () => {
        closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
        return 'fine'
      },
    }
    const { screen, said } = screenOf()
    assert.equal(await takeSteps(new Map([[1, leaking]]), screen), 1)
    assert.match(said.text, /✗ sockets that are still open\n {3}expected: 0\n {3}came: {5}1\n/)
  })
})

describe('the screen', () => {
  const LONG = 'a text that is so long that it takes several lines on any terminal that is worth the name, or more'

  function fill(screen: Screen): void {
    screen.title(LONG)
    screen.heading(1, LONG)
    screen.heading(10, LONG)
    screen.line(LONG, 'label')
    screen.line('x'.repeat(200))
    screen.progress(0.5, LONG)
    screen.table(
      [{ title: 'one' }, { title: 'two', align: 'right', optional: true }, { title: 'three' }],
      [[LONG, LONG, LONG]],
    )
    screen.failed(LONG, LONG, LONG)
    screen.done(LONG)
    screen.summary(true, LONG)
  }

  for (const columns of [132, 80, 59, 40, 20])
    test(`the screen fits into ${columns} columns`, () => {
      const { screen, said } = screenOf({ isTTY: true, columns })
      fill(screen)
      assertFits(said.text.replace(ESCAPE_CODE, ''), Math.min(columns, WIDTH))
    })

  test('the screen respects NO_COLOR, TERM=dumb and locales without UTF-8', () => {
    const colourless = screenOf({ isTTY: true }, { NO_COLOR: '1' })
    fill(colourless.screen)
    assert.doesNotMatch(colourless.said.text, /␛\[[\d;]*m/)
    const dumb = screenOf({ isTTY: true }, { TERM: 'dumb' })
    fill(dumb.screen)
    assert.doesNotMatch(dumb.said.text, /[␛\r]/)
    const ascii = screenOf({ isTTY: true }, { LC_ALL: 'C' })
    fill(ascii.screen)
    assert.match(ascii.said.text, /^[\p{ASCII}␛]*$/u)
  })

  test('a narrow table keeps the columns that matter', () => {
    const columns = [
      { title: 'method' },
      { title: 'constant', optional: true },
      { title: 'value', align: 'right' as const },
    ]
    const row = ['tcpnodelay()', 'TCP_NODELAY_WITH_A_LONG_NAME', 'true']
    const wide = screenOf()
    wide.screen.table(columns, [row])
    assert.match(wide.said.text, /^ {3}method {8}constant {22}value\n {3}tcpnodelay\(\) {2}TCP_\w+ {3}true\n$/)
    const narrow = screenOf({ columns: 40 })
    narrow.screen.table(columns, [row])
    assert.match(narrow.said.text, /^ {3}method {8}value\n {3}tcpnodelay\(\) {3}true\n$/)
  })

  test('the progress line is drawn in place, and removed when something else is printed', () => {
    const { screen, said } = screenOf({ isTTY: true, columns: 80 }, { NO_COLOR: '1' })
    screen.progress(0.5, 'half')
    screen.progress(0.6, 'too soon to be drawn again')
    screen.done('all')
    assert.equal(said.text, `\r␛[K   ${'━'.repeat(15)}${'╌'.repeat(15)}   50 %  half\r␛[K   ✓ all\n`)
  })
})
