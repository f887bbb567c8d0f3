// A listener that goes from process to process while clients connect without a pause: none is refused, and none goes without an answer.
import { fileURLToPath } from 'node:url'
import { connect, stream } from 'berkeley'
import { Child, within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'

const GENERATIONS = 100
const CLIENTS = 8
const PATIENCE_MS = 30_000
const PROGRAM = fileURLToPath(new URL('./generation.js', import.meta.url))

/** A process that serves, or is going to. */
class Generation {
  readonly #child: Child
  readonly #control: stream.unix.Socket

  private constructor(child: Child, control: stream.unix.Socket) {
    this.#child = child
    this.#control = control
  }

  static async start(...args: string[]): Promise<Generation> {
    const [ours, theirs] = await stream.unix.pair()
    const child = new Child(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'pipe', theirs.fd()] })
    await theirs.close()
    return new Generation(child, ours)
  }

  /** The port, once it accepts connections. */
  async serves(): Promise<number> {
    const [, port] = await this.#child.waitForOutput(/^serving on (\d+)$/m)
    return Number(port)
  }

  /** Its listener goes over this process to the next one. */
  async handTo(next: Generation): Promise<void> {
    this.#child.write('give\n')
    const fd = await within(this.#control.recvfd(), 'the listener', PATIENCE_MS)
    if (fd === null) throw new Error('no listener came')
    const listener = await stream.inet.Server.wrap(fd)
    await next.#control.sendfd(listener.fd())
    await listener.close()
  }

  /** Closes its listener, and ends when its last connection has ended. */
  async end(): Promise<void> {
    this.#child.endInput()
    const { code, signal, stderr } = await within(this.#child.ended, 'the end of a generation', PATIENCE_MS)
    if (code !== 0 || stderr !== '') throw new Error(`a generation ended with ${signal ?? code}: ${stderr}`)
    await this.#control.close()
  }
}

/** Connects, asks, closes, again and again. */
async function ask(port: number, running: { over: boolean }): Promise<number> {
  let answers = 0
  for (; !running.over; answers++) {
    const client = await connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS })
    client.deadlines(PATIENCE_MS, PATIENCE_MS)
    await client.send('who?')
    const answer = await client.recv()
    if (String(answer) !== 'who?') throw new Error(`instead of an answer came ${answer === null ? 'the end' : answer}`)
    await client.close()
  }
  return answers
}

async function main(terms: Terms): Promise<Figure[]> {
  const bounds = new Bounds(terms, GENERATIONS)
  const running = { over: false }
  const answers = await leavesNoFdOpen(async () => {
    let current = await Generation.start('first')
    const port = await current.serves()
    const clients = Promise.all(Array.from({ length: CLIENTS }, () => ask(port, running)))
    clients.catch(() => {}) // is reported below
    for (; !bounds.over; bounds.count()) {
      const next = await Generation.start()
      await current.handTo(next)
      await next.serves()
      await current.end()
      current = next
    }
    running.over = true
    const counts = await clients
    await current.end()
    return counts.reduce((sum, count) => sum + count, 0)
  })
  return [
    ['listening sockets handed over under load', bounds.done],
    ['connections meanwhile, none refused and each answered', answers],
  ]
}

await program(main)
