// hot-shots and winston-syslog, which load npm's unix-dgram, over berkeley/unix-dgram.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { dgram } from 'berkeley'
import { closing, leavesNoFd, script, start, tempFolder, within } from '../util/index.js'
import { LIBRARIES, missing } from './libraries.js'

leavesNoFd()

type Test = Parameters<typeof tempFolder>[0]

/** A receiver of datagrams, and its path. */
async function receiver(t: Test): Promise<[dgram.unix.Socket, string]> {
  const path = join(tempFolder(t), 'receiver')
  const socket = closing(t, await dgram.unix.Socket.create({ path }))
  await socket.bind()
  return [socket, path]
}

const next = async (socket: dgram.unix.Socket): Promise<string> =>
  String(await within(socket.recv({ timeout: 10_000 }), 'a datagram'))

describe('hot-shots over a unix datagram socket', { skip: missing('hot-shots') }, () => {
  test('metrics arrive, and closing ends the process', async (t) => {
    const [socket, path] = await receiver(t)
    const child = start(
      t,
      process.execPath,
      script(`
      import StatsD from 'hot-shots'
      const client = new StatsD({ protocol: 'uds', path: ${JSON.stringify(path)}, maxBufferSize: 0 })
      client.increment('requests')
      client.gauge('load', 0.5, ['host:x'], (error) => {
        console.log('sent', error ?? 'without error')
        client.close((error) => console.log('closed', error ?? 'without error'))
      })
    `),
      { cwd: LIBRARIES },
    )
    assert.equal(await next(socket), 'requests:1|c')
    assert.equal(await next(socket), 'load:0.5|g|#host:x')
    const { stdout, stderr, code } = await within(child.ended, 'the end')
    assert.deepEqual([code, stdout], [0, 'sent without error\nclosed without error\n'], stderr)
  })

  test('a full queue is congestion, after which it tries again', async (t) => {
    const [socket, path] = await receiver(t)
    const child = start(
      t,
      process.execPath,
      script(`
      import StatsD from 'hot-shots'
      const client = new StatsD({
        protocol: 'uds', path: ${JSON.stringify(path)}, maxBufferSize: 0, udsRetryOptions: { retries: 20, retryDelayMs: 5 },
      })
      let [sent, failed] = [0, 0]
      const count = 400
      for (let i = 0; i < count; i++)
        client.increment('n' + i, (error) => {
          if (error) failed++
          if (++sent < count) return
          console.log(JSON.stringify({ failed }))
          client.close()
        })
      console.log('all handed over')
    `),
      { cwd: LIBRARIES },
    )
    await child.waitForOutput(/all handed over/)
    const names = new Set<string>()
    while (names.size < 400) names.add(await next(socket))
    const { stdout, stderr } = await within(child.ended, 'the end')
    assert.match(stdout, /\{"failed":0\}/, stderr)
  })

  test('a receiver that goes away is an error of the callback', async (t) => {
    const [socket, path] = await receiver(t)
    const child = start(
      t,
      process.execPath,
      script(`
      import StatsD from 'hot-shots'
      const client = new StatsD({ protocol: 'uds', path: ${JSON.stringify(path)}, maxBufferSize: 0, errorHandler() {} })
      console.log('ready')
      process.stdin.once('data', () => {
        client.increment('late', (error) => {
          console.log(error.message)
          client.close()
          process.stdin.destroy()
        })
      })
    `),
      { cwd: LIBRARIES },
    )
    await child.waitForOutput(/ready/)
    await socket.close()
    child.write('go\n')
    const { stdout, stderr } = await within(child.ended, 'the end')
    assert.match(stdout, /send -111/, stderr)
  })
})

describe('winston-syslog over a unix datagram socket', { skip: missing('winston-syslog') }, () => {
  for (const protocol of ['unix', 'unix-connect'])
    test(`messages arrive by ${protocol}`, async (t) => {
      const [socket, path] = await receiver(t)
      const child = start(
        t,
        process.execPath,
        script(`
        import winston from 'winston'
        import { Syslog } from 'winston-syslog'
        const transport = new Syslog({ protocol: ${JSON.stringify(protocol)}, path: ${JSON.stringify(path)}, app_name: 'test' })
        const logger = winston.createLogger({ levels: winston.config.syslog.levels, transports: [transport] })
        for (const text of ['one', 'two', 'three']) logger.warning(text)
        transport.on('closed', () => console.log('closed'))
        process.stdin.once('data', () => {
          transport.close()
          process.stdin.destroy()
        })
      `),
        { cwd: LIBRARIES },
      )
      for (const text of ['one', 'two', 'three']) assert.match(await next(socket), new RegExp(`^<\\d+>.*test.*${text}`))
      child.write('close\n')
      const { stdout, stderr, code } = await within(child.ended, 'the end')
      assert.deepEqual([code, stdout.includes('closed')], [0, true], stderr)
    })
})
