// What a process does for days, in a second: nothing may pile up.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd, runScript } from '../util/index.js'

leavesNoFd()

/** A sanitizer keeps memory that was freed, in order to see which code uses it. */
const sanitized = /asan/.test(process.env['LD_PRELOAD'] ?? '') && 'a sanitizer holds freed memory back'

const header = `
  import { setTimeout as pause } from 'node:timers/promises'
  import { countFds } from './build/test/util/fds.js'
  import { CmsgHdr, MsgHdr, dgram, stream } from 'berkeley'
  import { socket, SOCK_STREAM } from 'berkeley/llsocket'
  const settled = async () => { for (let i = 0; i < 5; i++) { gc(); await pause(1) } }
  const MB = 1 << 20
  /** Runs it often, and then again: what it takes more the second time is what piles up. */
  const growth = async (round) => {
    await round()
    await settled()
    const before = process.memoryUsage()
    await round()
    await settled()
    const after = process.memoryUsage()
    const heap = (after.heapUsed + after.external - before.heapUsed - before.external) / MB
    const rss = (after.rss - before.rss) / MB
    console.log(heap < 4 && rss < 24 ? 'flat' : 'it grew by ' + heap + ' and ' + rss + ' MB')
  }
`

const rounds: [what: string, code: string][] = [
  [
    'conversations that wait for each message',
    `const [a, b] = await stream.unix.pair()
     await growth(async () => {
       for (let i = 0; i < 50_000; i++) {
         const waiting = b.recv()
         a.send('x')
         await waiting
       }
     })`,
  ],
  [
    'waits that end before their time',
    `const [a] = await stream.unix.pair()
     const tired = async () => {
       const abort = new AbortController()
       const waiting = a.recv(65536, 0, { signal: abort.signal }).catch(() => {})
       abort.abort()
       await waiting
     }
     const signal = new AbortController().signal
     const [c, d] = await stream.unix.pair()
     await growth(async () => {
       for (let i = 0; i < 20_000; i++) {
         await tired()
         const waiting = c.recv(65536, 0, { signal })
         d.send('x')
         await waiting
       }
     })`,
  ],
  [
    'connections that come and go',
    `const server = await stream.inet.Server.create({ host: '127.0.0.1' })
     server.listen()
     const { port } = server.getsockname()
     await growth(async () => {
       for (let i = 0; i < 2000; i++) {
         const [client, peer] = await Promise.all([stream.inet.Client.create({ host: '127.0.0.1', port }), server.accept()])
         client.linger(0)
         await client.close()
         await peer.recv().catch(() => {})
         await peer.close()
       }
     })
     await server.close()`,
  ],
  [
    'messages with descriptors and addresses',
    `const [a, b] = await stream.unix.pair()
     const udp = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 })
     await udp.bind()
     const own = udp.getsockname()
     await growth(async () => {
       for (let i = 0; i < 10_000; i++) {
         const out = new MsgHdr()
         out.add('x')
         out.control().push(CmsgHdr.rights(0, 1))
         await a.sendmsg(out)
         const msg = new MsgHdr()
         msg.addn(1)
         await b.recvmsg(msg)
         msg.control().clear()
         await udp.sendto('x', own)
         await udp.recvfrom()
       }
     })`,
  ],
]

describe('memory (H90)', { skip: sanitized }, () => {
  for (const [what, code] of rounds)
    test(`memory stays flat over ${what}`, { timeout: 100_000 }, async () => {
      const ending = await runScript(header + code, '--expose-gc')
      assert.deepEqual([ending.stdout, ending.code], ['flat\n', 0], ending.stderr)
    })
})

describe('late finalizers', () => {
  test('finalizers that run while the environment ends do no harm (H90)', async () => {
    const { stdout, stderr, code, signal } = await runScript(
      `
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      import { countFds } from './build/test/util/fds.js'
      const url = new URL('./build/test/lifecycle/work.js', 'file://' + process.cwd() + '/')
      const before = countFds()
      process.on('warning', () => {})
      for (let i = 0; i < 3; i++)
        for (const way of ['end', 'exit', 'terminate']) {
          const worker = new Worker(url, { workerData: 'lost: ' + way, execArgv: [], stderr: true })
          worker.stderr.resume()
          const ended = once(worker, 'exit')
          await once(worker, 'message')
          if (way === 'terminate') worker.terminate()
          await ended
        }
      for (let i = 0; i < 100 && countFds() > before; i++) await new Promise((turn) => setTimeout(turn, 5))
      console.log(countFds() - before)
    `,
      '--expose-gc',
    )
    assert.deepEqual([stdout.trim(), code, signal], ['0', 0, null], stderr)
  })
})
