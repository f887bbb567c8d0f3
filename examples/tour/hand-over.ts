// Step 10: a server goes to another process while it is at work. The child gets its listening socket, and then the
// parent closes its own descriptor of it; connections in the backlog wait for the next accept.
import { EventEmitter, once } from 'node:events'
import { SystemError, seqpacket, stream } from 'berkeley'
import { readText } from './echo.js'
import { everyone } from './everyone.js'
import { count, seconds } from './figures.js'
import { Child } from './leftovers.js'
import { servePid } from './pid-server.js'
import type { Screen } from './screen.js'
import { Mismatch, rejectsWith, same } from './verify.js'

const HOST = '127.0.0.1'
const PATIENCE_MS = 10_000
const CLIENTS = 8

/** As many connections at least are answered by each process while it is the only one. */
const ANSWERS = 500

/** What the child did. */
export interface Account {
  readonly pid: number
  readonly fd: number
  readonly answered: number
}

/** How often each process answered. Reports every answer, with an event. */
class Tally extends EventEmitter {
  readonly #answers = new Map<string, number>()
  /** Connections that were refused, or broke. */
  readonly failures: string[] = []
  over = false

  add(pid: string): void {
    this.#answers.set(pid, this.of(pid) + 1)
    this.emit('answer')
  }

  of(pid: string): number {
    return this.#answers.get(pid) ?? 0
  }

  get total(): number {
    return [...this.#answers.values()].reduce((total, each) => total + each, 0)
  }

  /** Waits until that process has answered so many more. */
  async more(pid: string, answers: number): Promise<void> {
    const enough = this.of(pid) + answers
    while (this.of(pid) < enough) await once(this, 'answer')
  }
}

/** One connection after the other, until it is over or one of them fails. */
async function keepAsking(port: number, tally: Tally): Promise<void> {
  while (!tally.over && tally.failures.length === 0)
    try {
      await using client = await stream.inet.Client.create({ host: HOST, port }, true, PATIENCE_MS)
      client.deadlines(PATIENCE_MS)
      tally.add(await readText(client))
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
      tally.failures.push(error.message)
    }
}

/** Lets the child do the work from here on, and closes the server on this side as soon as it does. */
async function handOver(server: stream.inet.Server, to: seqpacket.unix.Socket): Promise<void> {
  await to.sendfd(server.fd())
  same('the answer of the child', `${await to.recv()}`, 'listening')
  await server.close()
}

/** First the parent answers, then both, then the child; meanwhile the clients never stop to ask. */
async function change(
  server: stream.inet.Server,
  child: Child,
  to: seqpacket.unix.Socket,
  tally: Tally,
): Promise<void> {
  await tally.more(`${process.pid}`, ANSWERS)
  await handOver(server, to)
  await tally.more(`${child.pid}`, ANSWERS)
}

/** Tells the child that this was all, and reads what it did. */
async function settle(child: Child, to: seqpacket.unix.Socket): Promise<Account> {
  to.closew()
  const answer = await to.recv()
  if (answer === null) throw new Mismatch('the answer of the child', 'how many connections it answered', 'nothing')
  const account: Account = JSON.parse(answer.toString())
  same('the exit status of the child', await child.ending(), 0)
  same('the process that took over', account.pid, child.pid)
  return account
}

export const title = 'A server that goes to another process while it is at work'

export async function run(screen: Screen): Promise<string> {
  const name = `berkeley-tour-hand-over-${process.pid}`
  await using meeting = await seqpacket.unix.Server.create({ path: `\0${name}` })
  meeting.deadlines(PATIENCE_MS)
  meeting.listen()
  await using child = new Child('successor.js', name)
  await using conn = await meeting.accept()
  conn.deadlines(PATIENCE_MS, PATIENCE_MS)

  await using server = await stream.inet.Server.create({ host: HOST })
  server.listen()
  const { port = 0 } = server.getsockname()
  const own = server.fd()
  const tally = new Tally()
  const serving = servePid(server)
  const begin = performance.now()
  const clients = Array.from({ length: CLIENTS }, () => keepAsking(port, tally))
  try {
    // Clients end early only when something failed: then no answer would come that is waited for.
    await Promise.race([change(server, child, conn, tally), everyone(clients)])
  } finally {
    tally.over = true
    await everyone(clients)
  }
  const took = performance.now() - begin
  same('connections that were refused or broke', tally.failures, [])

  const account = await settle(child, conn)
  same('connections that the parent answered', await serving, tally.of(`${process.pid}`))
  same('connections that the child answered', account.answered, tally.of(`${account.pid}`))
  same('connections of both', tally.total, (await serving) + account.answered)
  const late = stream.inet.Client.create({ host: HOST, port }, true, PATIENCE_MS)
  await rejectsWith('a connection after the child has closed the server too', 'ECONNREFUSED', late)

  screen.line(`descriptor ${own} of process ${process.pid} answered ${count(await serving, 'connection')}`)
  screen.line(`descriptor ${account.fd} of process ${account.pid} answered ${count(account.answered, 'connection')}`)
  return `${count(tally.total, 'connection')} in ${seconds(took)}, every one answered, 0 refused`
}
