// A close in the midst of every call: at once, or in any later moment, also by the continuation of another call. The call ends once, with
// ECANCELED or with what it came to before; the socket stays closed, and no descriptor stays open.
import type { Socket } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import { randomFrom, within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import { Bed } from './bed.js'
import { moment, Neighbour, type Random } from './moments.js'
import { BRINGS_NUMBER, pending, type Waiting } from './pending.js'

const LANES = 8
const CLOSES = 50_000
const PATIENCE_MS = 30_000

/** How many calls ended which way. */
class Tally {
  canceled = 0
  through = 0
}

/** What a call ended with: a code, or 'through'. Descriptors that it brought are closed. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    const value = await call
    if (value && typeof value === 'number' && numbers.has(call)) native.close(value)
    return 'through'
  } catch (error) {
    const { code, stack } = error as { code?: string; stack?: string }
    return code ?? `an error without a code: ${stack}`
  }
}

/** Calls whose values are descriptors. */
const numbers = new WeakSet<Promise<unknown>>()

type End = (sock: Socket) => unknown

const ends: readonly End[] = [
  (sock) => sock.close(),
  (sock) => sock.close(),
  (sock) => sock.close(true, true).catch(allow('ENOTCONN')),
  (sock) => Promise.all([sock.close(), sock.close()]),
  (sock) => sock[Symbol.asyncDispose](),
  giveAway,
]

/** Gives the descriptor to other code, which closes it; what cannot be given away is closed. */
function giveAway(sock: Socket): unknown {
  try {
    native.close(sock.detach())
    return undefined
  } catch (error) {
    if (!['EBADF', 'EOPNOTSUPP'].includes((error as { code: string }).code)) throw error
    return sock.close()
  }
}

/** Lets an error pass that is known. */
function allow(code: string): (error: { code: string }) => void {
  return (error) => {
    if (error.code !== code) throw error
  }
}

/** One call, one close. */
class Encounter {
  readonly #name: string
  readonly #random: Random
  readonly #neighbour: Neighbour
  readonly #bed = new Bed()

  constructor(name: string, random: Random, neighbour: Neighbour) {
    this.#name = name
    this.#random = random
    this.#neighbour = neighbour
  }

  async run(tally: Tally): Promise<void> {
    const waiting = await (pending[this.#name] as NonNullable<(typeof pending)[string]>)(this.#bed)
    const completes = waiting.complete !== undefined && this.#random(2) === 0
    const call = waiting.call()
    if (BRINGS_NUMBER.has(this.#name)) numbers.add(call)
    const outcome = outcomeOf(call)
    const completing = completes ? this.#complete(waiting) : undefined
    await this.#close(waiting.sock)
    this.#judge(await outcome, waiting, completes, tally)
    await this.#staysClosed(waiting.sock)
    await this.#bed.close()
    await completing
    await this.#staysClosed(waiting.sock)
  }

  async #close(sock: Socket): Promise<void> {
    if (this.#random(3) === 0) await this.#neighbour.event(this.#random)
    else await moment(this.#random)
    const done = (ends[this.#random(ends.length)] as End)(sock)
    this.#isClosed(sock)
    // The close_notify of TLS may find no room.
    await Promise.resolve(done).catch(this.#name === 'send over TLS' ? allow('ETIMEDOUT') : undefined)
  }

  async #complete(waiting: Waiting): Promise<void> {
    await moment(this.#random)
    // The peer may find that the socket is closed.
    await Promise.resolve(waiting.complete?.()).catch(() => {})
  }

  #judge(outcome: string, waiting: Waiting, completes: boolean, tally: Tally): void {
    const known = ['ECANCELED', ...(completes ? ['through', ...(waiting.fails ?? [])] : [])]
    // What shutdown(2) says of a call on another thread comes before the close; what completes by itself needs no help.
    if (this.#name === 'sendfile') known.push('EPIPE')
    if (waiting.unborn || this.#name === 'connect again') known.push('through')
    if (!known.includes(outcome)) this.#fail(`ended with ${outcome}, and not with ${known.join(' or ')}`)
    if (outcome === 'ECANCELED') tally.canceled++
    else tally.through++
  }

  #isClosed(sock: Socket): void {
    if (sock.fd() !== -1) this.#fail(`has left a socket with fd ${sock.fd()} that was closed`)
  }

  /** Also when everything that was on its way has arrived. */
  async #staysClosed(sock: Socket): Promise<void> {
    await new Promise((turn) => setImmediate(turn))
    this.#isClosed(sock)
    const code = await outcomeOf(sock.recv())
    if (code !== 'EBADF') this.#fail(`has left a closed socket whose recv() ends with ${code}`)
  }

  #fail(how: string): never {
    throw new Error(`${this.#name} ${how}`)
  }
}

const NAMES = Object.keys(pending)

async function lane(first: number, bounds: Bounds, random: Random, tally: Tally): Promise<void> {
  const neighbour = await Neighbour.create()
  for (let i = first; !bounds.over; i += LANES) {
    const name = i < NAMES.length ? NAMES[i] : NAMES[random(NAMES.length)]
    const encounter = new Encounter(name as string, random, neighbour)
    await within(encounter.run(tally), `the end of ${name}, or of its socket,`, PATIENCE_MS)
    bounds.count()
  }
  await neighbour.close()
}

async function main(terms: Terms): Promise<Figure[]> {
  const random = randomFrom(terms.seed)
  const bounds = new Bounds(terms, CLOSES)
  const tally = new Tally()
  await leavesNoFdOpen(() => Promise.all(Array.from({ length: LANES }, (_, i) => lane(i, bounds, random, tally))))
  return [
    ['closes during a call', bounds.done],
    ['kinds of calls', NAMES.length],
    ['calls ended by the close', tally.canceled],
    ['calls completed before the close', tally.through],
  ]
}

await program(main)
