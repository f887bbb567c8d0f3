// What OpenSSL holds is told to the garbage collector, which would find only the small objects that stand for it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd, runScript } from '../util/index.js'
import { certificate, tlscfg, trust } from './common.js'

leavesNoFd()

const config = JSON.stringify({
  server: { cert: String(tlscfg.cert), key: String(tlscfg.key) },
  client: { ca: String(trust.ca), servername: trust.servername },
})

/** Runs a program whose last line prints a JSON object, with the memory that it measures by `external()`. */
async function measured(body: string): Promise<Record<string, number>> {
  const code = `
    import { setTimeout as pause } from 'node:timers/promises'
    import { stream, tls } from 'berkeley'
    import { nativeTls } from '#internal/native/tls.js'
    const { externalMemory } = nativeTls()
    const { server, client } = ${config}
    /** After everything that can be collected is: the finalizers of a turn run in the next one. */
    const external = async () => {
      for (let i = 0; i < 3; i++) {
        globalThis.gc()
        await pause(1)
      }
      return externalMemory()
    }
    const [ofServer, ofClient] = [tls.Context.server(server), tls.Context.client(client)]
    async function pair() {
      const [a, b] = await stream.unix.pair()
      return Promise.all([tls.wrap(a, ofServer, { server: true }), tls.wrap(b, ofClient)])
    }
    const close = (socks) => Promise.all(socks.map((sock) => sock.close()))
    await close(await pair())
    ${body}`
  const { stdout, stderr } = await runScript(code, '--expose-gc')
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

const KB = 1024

describe('memory that is told to the garbage collector', () => {
  test('a session counts, its buffers while it is in use, and nothing of it after the close', async () => {
    const {
      used = 0,
      idle = 0,
      closed = 0,
    } = await measured(`
      const before = await external()
      const socks = []
      for (let i = 0; i < 50; i++) socks.push(...(await pair()))
      const used = (await external()) - before
      // The buffers of a session that was not used for a second are freed.
      const end = performance.now() + 10_000
      while (externalMemory() - before > used / 2 && performance.now() < end) await pause(10)
      const idle = (await external()) - before
      await close(socks)
      socks.length = 0
      console.log(JSON.stringify({ used, idle, closed: (await external()) - before }))
    `)
    assert.ok(used >= 100 * 40 * KB && used < 100 * 60 * KB, `${used / 100} bytes for a session in use`)
    assert.ok(idle >= 100 * 10 * KB && idle < 100 * 20 * KB, `${idle / 100} bytes for an idle one`)
    assert.ok(Math.abs(closed) < 150 * KB, `${closed} bytes after all were closed`)
  })

  test('a context counts with its certificates until it is collected', async () => {
    const { made = 0, gone = 0 } = await measured(`
      const before = await external()
      let contexts = []
      for (let i = 0; i < 100; i++) contexts.push(tls.Context.server(server))
      const made = (await external()) - before
      contexts = []
      console.log(JSON.stringify({ made, gone: (await external()) - before }))
    `)
    assert.ok(made > 100 * (16 * KB + 4 * certificate.pem.length), `${made / 100} bytes for a context`)
    assert.ok(Math.abs(gone) < 150 * KB, `${gone} bytes after all were collected`)
  })

  test('nothing adds up over many sessions and contexts, failed ones among them (H129)', async () => {
    const { grown = 0 } = await measured(`
      async function round() {
        for (let i = 0; i < 50; i++) {
          await close(await pair())
          try { tls.Context.server({ ...server, key: 'wrong' }) } catch {}
          const [a, b] = await stream.unix.pair()
          const secure = await tls.wrap(a, ofServer, { server: true })
          await b.send('no TLS')
          await secure.recv().catch(() => {})
          await close([secure, b])
        }
      }
      await round()
      const before = await external()
      for (let i = 0; i < 4; i++) await round()
      console.log(JSON.stringify({ grown: (await external()) - before }))
    `)
    assert.ok(Math.abs(grown) < 150 * KB, `${grown} bytes after 400 sessions and 200 contexts`)
  })
})
