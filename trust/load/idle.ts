// Very many sockets with nothing to say, each with a receive that waits. Half of them are reset: each of those is told of once at most,
// and the others not at all.
import { setTimeout as pause } from 'node:timers/promises'
import { listen, type stream } from 'berkeley'
import { EpollPoller } from '#internal/engine/epoll.js'
import type { ReadyListener, Watch } from '#internal/engine/poller.js'
import { type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import { atMost, crowdOf, disperse } from './crowds.js'

const SOCKETS = 10_000
const QUIET_MS = 300

/** How often the poller told of each descriptor since it was asked to count. */
class Counter {
  readonly #counts = new Map<number, number>()

  /** Counts what every poller of this thread tells from now on. */
  constructor() {
    const { watch } = EpollPoller.prototype
    const count = (fd: number): void => void this.#counts.set(fd, (this.#counts.get(fd) ?? 0) + 1)
    EpollPoller.prototype.watch = function (
      this: EpollPoller,
      fd: number,
      listener: ReadyListener,
      room?: boolean,
    ): Watch {
      const counting: ReadyListener = {
        ready(...news) {
          count(fd)
          return listener.ready(...news)
        },
      }
      return watch.call(this, fd, counting, room)
    }
  }

  reset(): void {
    this.#counts.clear()
  }

  get highest(): number {
    return Math.max(0, ...this.#counts.values())
  }

  get sum(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }
}

/** How many of the receives have ended, and how. */
function listenTo(conns: readonly stream.inet.Socket[]): Map<string, number> {
  const outcomes = new Map<string, number>()
  const note = (how: string): void => void outcomes.set(how, (outcomes.get(how) ?? 0) + 1)
  for (const conn of conns)
    conn.recv().then(
      (data) => note(data === null ? 'end' : 'data'),
      (error: { code: string }) => note(error.code),
    )
  return outcomes
}

async function main(terms: Terms): Promise<Figure[]> {
  const counter = new Counter()
  const count = atMost(SOCKETS)
  const half = Math.ceil(count / 2)
  const cpu: number[] = []
  await leavesNoFdOpen(async () => {
    const server = await listen({ host: '127.0.0.1', backlog: 4096 })
    const [clients, conns] = await crowdOf(server, count)
    const outcomes = listenTo(conns)
    // A watch begins with news of what is ready already: room to send.
    await pause(QUIET_MS)
    counter.reset()
    const before = process.cpuUsage()
    const quiet = Math.min(terms.seconds / 2, 10) * 1000
    await pause(quiet)
    const { user, system } = process.cpuUsage(before)
    cpu.push((user + system) / 1000 / quiet)
    if (counter.sum > 0) throw new Error(`${counter.sum} wake-ups of sockets where nothing happened`)
    clients.write('reset\n')
    await clients.waitForOutput(/^reset$/m)
    for (let i = 0; i < 100 && (outcomes.get('ECONNRESET') ?? 0) < half; i++) await pause(50)
    await pause(QUIET_MS)
    if (outcomes.get('ECONNRESET') !== half || outcomes.size !== 1)
      throw new Error(`${half} were reset, and the receives ended so: ${JSON.stringify([...outcomes])}`)
    if (counter.highest > 1) throw new Error(`a socket was told of ${counter.highest} times`)
    if (counter.sum !== half) throw new Error(`${counter.sum} wake-ups for ${half} resets`)
    await Promise.all(conns.map((conn) => conn.close()))
    await disperse(clients)
    await server.close()
  })
  return [
    ['idle sockets', count],
    ['of them reset, with one wake-up each', half],
    ['CPU usage while idle', `${((cpu[0] ?? 0) * 100).toFixed(1)} %`],
  ]
}

await program(main)
