// What is lost without close(): closed once, with a warning that names it; and nothing that was given away.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Ending, leavesNoFd, runScript } from '../util/index.js'

leavesNoFd()

/** Runs with a collector at hand: `collected(n)` waits until the count of open descriptors is back at n. */
function withCollector(body: string): Promise<Ending> {
  return runScript(
    `
    import { setTimeout as pause } from 'node:timers/promises'
    import { closeSync, openSync } from 'node:fs'
    import { countFds } from './build/test/util/fds.js'
    import { AddrInfo, CmsgHdr, MsgHdr, SOCK_STREAM, socket } from 'berkeley/llsocket'
    const warnings = []
    process.removeAllListeners('warning').on('warning', (warning) => warnings.push(warning))
    async function collected(count) {
      for (let i = 0; i < 300 && countFds() > count; i++) { gc(); await pause(5) }
      // The warnings come on the next turn.
      await pause(0)
      return countFds()
    }
    const say = (...words) => console.log(...words)
    ${body}
    `,
    '--expose-gc',
  )
}

function said({ stdout, stderr, code, signal }: Ending, ...lines: string[]): void {
  assert.deepEqual([stdout.trim().split('\n'), code, signal], [lines, 0, null], stderr)
}

describe('a lost socket', () => {
  it('a lost socket is closed with a warning that names it (H18)', async () => {
    const ending = await withCollector(`
      const before = countFds()
      const fds = (() => socket.pair(SOCK_STREAM).map((s) => s.fd()))()
      say(countFds() - before)
      say((await collected(before)) - before)
      say(warnings.length, new Set(warnings.map((w) => w.name + ' ' + w.code)))
      say(fds.every((fd) => warnings.some((w) => w.message.includes('Socket (fd ' + fd + ')'))))
    `)
    said(ending, '2', '0', "2 Set(1) { 'ResourceWarning BERKELEY_LOST_FD' }", 'true')
  })

  it('each of a thousand lost sockets is closed once (H18)', async () => {
    const ending = await withCollector(`
      const before = countFds()
      for (let i = 0; i < 1000; i++) { socket.pair(SOCK_STREAM); if (i % 100 === 99) await collected(before) }
      say((await collected(before)) - before, warnings.length)
    `)
    said(ending, '0 2000')
  })

  it('a lost socket is closed after it has waited, and not while it waits (H18)', async () => {
    const ending = await withCollector(`
      const { stream } = await import('berkeley')
      const [warm, up] = await stream.unix.pair()
      setImmediate(() => up.send('x'))
      await warm.recv() // opens what the event loop needs, and keeps
      const before = countFds()
      let waiting, b
      await (async () => {
        const [a, other] = await stream.unix.pair()
        b = other
        const got = a.recv()
        await pause(1)
        await b.send('x')
        await got
        waiting = a.recv()
      })()
      for (let i = 0; i < 20; i++) { gc(); await pause(1) }
      say(countFds() - before, warnings.length)
      await b.send('y')
      say(String(await waiting))
      say((await collected(before + 1)) - before, warnings.length)
      await b.close()
      await Promise.all([warm.close(), up.close()])
    `)
    said(ending, '2 0', 'y', '1 1')
  })

  it('a lost socket that lingers is closed on another thread (H18, H31)', async () => {
    const ending = await withCollector(`
      const { stream } = await import('berkeley')
      const server = await stream.inet.Server.create({ host: '127.0.0.1' })
      server.listen()
      const { port } = server.getsockname()
      let worst = 0
      let last = performance.now()
      const clock = setInterval(() => { worst = Math.max(worst, performance.now() - last); last = performance.now() }, 5)
      const peer = await (async () => {
        const client = await stream.inet.Client.create({ host: '127.0.0.1', port })
        const peer = await server.accept()
        client.deadlines(0, 1)
        await client.send(Buffer.alloc(64 << 20)).catch(() => {}) // more than the peer's buffers take
        client.linger(3)
        return peer
      })()
      for (let i = 0; i < 300 && warnings.length === 0; i++) { gc(); await pause(5) }
      await pause(50)
      clearInterval(clock)
      say(warnings.length, worst < 1000)
      peer.linger(0)
      await peer.close()
      await server.close()
    `)
    said(ending, '1 true')
  })

  it('a lost socket whose number was reused does not close the new socket (H01)', async () => {
    const ending = await withCollector(`
      const before = countFds()
      const lost = (() => { const s = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM })); const fd = s.fd(); closeSync(fd); return fd })()
      const [a, b] = socket.pair(SOCK_STREAM, true)
      say(a.fd() === lost || b.fd() === lost)
      for (let i = 0; i < 20; i++) { gc(); await pause(1) }
      a.send('alive')
      say(String(b.recv()), warnings.length)
      a.close(); b.close()
      say(countFds() - before)
    `)
    said(ending, 'true', 'alive 0', '0')
  })

  it('a closed or detached socket causes no warning (H18)', async () => {
    const ending = await withCollector(`
      const fds = (() => { const [a, b] = socket.pair(SOCK_STREAM, true); b.close(); return [a.unwrap()] })()
      for (let i = 0; i < 20; i++) { gc(); await pause(1) }
      const before = countFds()
      closeSync(fds[0])
      say(before - countFds(), warnings.length)
    `)
    said(ending, '1 0')
  })

  it('a socket on which a call waits is not collected (H18)', async () => {
    const ending = await withCollector(`
      const { stream } = await import('berkeley')
      const b = await (async () => {
        const [a, b] = await stream.unix.pair()
        a.recv().then((data) => say(String(data), warnings.length))
        return b
      })()
      const before = countFds()
      for (let i = 0; i < 20; i++) { gc(); await pause(1) }
      say(countFds() - before)
      await b.send('still waiting')
      await b.close()
    `)
    said(ending, '0', 'still waiting 0')
  })

  it('a socket in use is not collected', async () => {
    const ending = await withCollector(`
      const [a, b] = socket.pair(SOCK_STREAM, true)
      for (let i = 0; i < 50; i++) { gc(); await pause(0); a.send('x'); b.recv() }
      say(warnings.length)
      a.close(); b.close()
    `)
    said(ending, '0')
  })
})

describe('lost descriptors', () => {
  it('lost descriptors of a message are closed with a warning that names them (H75)', async () => {
    const ending = await withCollector(`
      const [a, b] = socket.pair(SOCK_STREAM, true)
      const before = countFds()
      ;(() => {
        const out = new MsgHdr(); out.add('x'); out.control().push(CmsgHdr.rights(0, 1, 2)); a.sendmsg(out)
        const msg = new MsgHdr(); msg.addn(1); b.recvmsg(msg)
      })()
      say(countFds() - before)
      say((await collected(before)) - before, warnings.length)
      say(warnings.every((w) => /^a received descriptor \\(fd \\d+\\) was lost/.test(w.message)))
      a.close(); b.close()
    `)
    said(ending, '3', '0 3', 'true')
  })

  it('descriptors that were taken are not closed', async () => {
    const ending = await withCollector(`
      const [a, b] = socket.pair(SOCK_STREAM, true)
      const taken = (() => {
        a.sendfd(0)
        const msg = new MsgHdr(); msg.addn(1); b.recvmsg(msg)
        return msg.control().shift().take()
      })()
      a.sendfd(1)
      const fd = b.recvfd()
      for (let i = 0; i < 20; i++) { gc(); await pause(1) }
      closeSync(taken[0]); closeSync(fd)
      say(taken.length, warnings.length)
      a.close(); b.close()
    `)
    said(ending, '1 0')
  })
})

describe('memory', () => {
  it('memory does not grow with data that was received and dropped', async () => {
    const ending = await withCollector(`
      const [a, b] = socket.pair(SOCK_STREAM, true)
      const round = () => { for (let i = 0; i < 20_000; i++) { a.send('x'.repeat(100)); b.recv(); b.recv() } }
      round(); gc(); await pause(5); gc()
      const before = process.memoryUsage()
      round(); round(); gc(); await pause(5); gc()
      const after = process.memoryUsage()
      say(after.heapUsed + after.external - before.heapUsed - before.external < 4_000_000)
      a.close(); b.close()
    `)
    said(ending, 'true')
  })
})
