// The players of step 11: clients of both libraries that send a message, wait until it is back, and send the next.
import { once } from 'node:events'
import { connect as connectNet, type Socket as NetSocket } from 'node:net'
import { stream } from 'berkeley'
import { count } from './figures.js'
import { Mismatch, same } from './verify.js'

export const HOST = '127.0.0.1'
export const BYTES = 64

/** The message of one connection. Each time it is another, so that no old answer can pass for a new one. */
export class Ball {
  readonly #message = Buffer.alloc(BYTES, 'round trip ')
  #returned = 0
  /** Round trips so far. */
  trips = 0

  throw(): Buffer {
    this.#returned = 0
    this.#message.writeUInt32LE(this.trips)
    return this.#message
  }

  /** Takes what came, and says whether that was all of the message. */
  isBack(data: Buffer | null): boolean {
    if (data === null) throw new Mismatch('an answer', count(BYTES, 'byte'), 'the end of the connection')
    const expected = this.#message.subarray(this.#returned, this.#returned + data.length)
    if (!expected.equals(data)) same('an answer', data, expected)
    this.#returned += data.length
    if (this.#returned < BYTES) return false
    this.trips++
    return true
  }
}

/** One connection of either library: throws its ball until the time is over. */
interface Player {
  play(ball: Ball, end: number): Promise<void>
  close(): Promise<void>
}

export class BerkeleyPlayer implements Player {
  readonly #client: stream.Socket

  private constructor(client: stream.Socket) {
    this.#client = client
  }

  static async create(port: number): Promise<Player> {
    return new BerkeleyPlayer(await stream.inet.Client.create({ host: HOST, port }))
  }

  async play(ball: Ball, end: number): Promise<void> {
    while (performance.now() < end) {
      await this.#client.send(ball.throw())
      while (!ball.isBack(await this.#client.recv())) {}
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

/** node:net as it is fastest: events, no promises. */
export class NetPlayer implements Player {
  readonly #socket: NetSocket

  private constructor(socket: NetSocket) {
    this.#socket = socket.setNoDelay(true)
  }

  static async create(port: number): Promise<Player> {
    const socket = connectNet(port, HOST)
    await once(socket, 'connect')
    return new NetPlayer(socket)
  }

  async play(ball: Ball, end: number): Promise<void> {
    const socket = this.#socket
    const over = new AbortController()
    const played = new Promise<void>((resolve, reject) => {
      const onData = (data: Buffer | null): void => {
        try {
          if (!ball.isBack(data)) return
          if (performance.now() < end) socket.write(ball.throw())
          else resolve()
        } catch (error) {
          reject(error)
        }
      }
      const onEnd = (): void => onData(null)
      socket.on('data', onData).on('end', onEnd).on('error', reject)
      over.signal.addEventListener('abort', () => {
        socket.off('data', onData).off('end', onEnd).off('error', reject)
      })
    })
    socket.write(ball.throw())
    await played.finally(() => over.abort())
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.destroy()
    await closed
  }
}

/** As many connections of one library as there are to be at once. */
export class Team {
  readonly rates: number[] = []
  trips = 0

  constructor(readonly players: readonly Player[]) {}

  async play(milliseconds: number): Promise<number> {
    const balls = this.players.map(() => new Ball())
    const begin = performance.now()
    await Promise.all(this.players.map((player, i) => player.play(balls[i]!, begin + milliseconds)))
    const trips = balls.reduce((total, ball) => total + ball.trips, 0)
    this.trips += trips
    return trips / ((performance.now() - begin) / 1000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.players.map((player) => player.close()))
  }
}

export async function teamOf(
  create: (port: number) => Promise<Player>,
  port: number,
  connections: number,
): Promise<Team> {
  return new Team(await Promise.all(Array.from({ length: connections }, () => create(port))))
}
