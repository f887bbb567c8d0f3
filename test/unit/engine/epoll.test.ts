import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { describe, test } from 'node:test'
import { SOCK_STREAM, socket } from 'berkeley/llsocket'
import { EpollPoller } from '#internal/engine/epoll.js'
import { leavesNoFd, openFds, runScript } from '../../util/index.js'
import { receivesAhead, reportsRest } from './epoll-suite.js'
import { keepsObligations, Listener, turns, withPair } from './poller-suite.js'

leavesNoFd()

const poller = new EpollPoller(false, 250)

keepsObligations('epoll', poller, 'epoll_ctl')
receivesAhead('epoll', poller)
reportsRest('epoll', poller)

/** The epoll sets of this process, with what each one watches. */
function epollSets(): Map<number, number[]> {
  const sets = new Map<number, number[]>()
  for (const [fd, target] of openFds()) {
    if (target !== 'anon_inode:[eventpoll]') continue
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    sets.set(
      fd,
      [...info.matchAll(/^tfd:\s+(\d+)/gm)].map(([, number]) => Number(number)),
    )
  }
  return sets
}

describe('the epoll set within that of libuv (H16)', () => {
  test('libuv watches one descriptor, however many sockets there are', async () => {
    const pairs = Array.from({ length: 100 }, () => socket.pair(SOCK_STREAM, true))
    poller.ref()
    const listener = new Listener()
    const watches = pairs.map(([a]) => poller.watch(a.fd(), listener, true))
    await turns(poller)
    const sets = epollSets()
    const fds = new Set(pairs.map(([a]) => a.fd()))
    const [ours, ...more] = [...sets].filter(([, watched]) => watched.some((fd) => fds.has(fd)))
    assert.ok(ours !== undefined && more.length === 0)
    assert.deepEqual(new Set(ours[1]), fds)
    assert.equal([...sets.values()].filter((watched) => watched.includes(ours[0])).length, 1)
    for (const watch of watches) watch.stop()
    assert.deepEqual(epollSets().get(ours[0]), [])
    for (const [a, b] of pairs) {
      a.close()
      b.close()
    }
    poller.unref()
  })

  test('the set is empty after each report, so that data which is not read does not wake the loop again', () =>
    withPair(poller, async (a, b) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener, true)
      const reported = listener.next()
      b.send('x')
      await reported
      await turns(poller)
      const before = performance.eventLoopUtilization()
      await new Promise((resolve) => setTimeout(resolve, 100))
      const { utilization } = performance.eventLoopUtilization(before)
      watch.stop()
      assert.ok(utilization < 0.5, `the loop was busy for ${utilization} of the time`)
    }))

  test('the set is closed before the loop is, after many turns, with busy polling too', async () => {
    const { stdout, stderr, code, signal } = await runScript(`
      import { stream } from 'berkeley'
      const server = await stream.inet.Server.create({ host: '127.0.0.1' })
      server.listen()
      const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port })
      const peer = await server.accept()
      // Raising it is for the administrator of the network.
      try { client.busypoll(50); peer.busypoll(50) } catch (error) { if (error.code !== 'EPERM') throw error }
      const echo = (async () => { for await (const data of peer) await peer.send(data) })()
      for (let i = 0; i < 20_000; i++) {
        await client.send('tick')
        if (String(await client.recv()) !== 'tick') throw new Error('wrong bytes')
      }
      client.closew()
      await echo
      console.log('done')
    `)
    assert.deepEqual([stdout, code, signal], ['done\n', 0, null], stderr)
  })
})
