// Reads a trace of strace and holds every system call of ours against the rules.
import { type Call, type Event, LineReader } from './line.js'
import { descriptorOf, RULES, type Rule } from './rules.js'
import { type Thread, World } from './world.js'

/** The first call of a test that broke a rule, and what its process did before. */
export interface Complaint {
  readonly rule: string
  readonly what: string
  /** How many calls of the same test broke the same rule. */
  count: number
  readonly pid: number
  readonly test: string
  /** The number of the line in the trace. */
  readonly at: number
  readonly lines: readonly string[]
}

export interface Report {
  /** Processes that made a call of ours, and calls of ours. */
  readonly processes: number
  readonly calls: number
  /** How many calls each rule has looked at. */
  readonly looked: ReadonlyMap<string, number>
  /** What the exceptions allowed. */
  readonly permitted: number
  readonly complaints: readonly Complaint[]
}

/** What a test does on purpose. */
export interface Allowed {
  readonly rule: string
  readonly test: RegExp
  readonly reason: string
}

/** Lines with calls of ours that are shown with a complaint. */
const CONTEXT = 12

/** The rules that look at this end of a call, by its name: most calls interest few. */
const rulesFor = (call: Call): readonly Rule[] =>
  RULES.filter((rule) => rule.phase === call.phase && rule.concerns(call))

export class Checker {
  readonly #reader = new LineReader()
  readonly #world = new World()
  readonly #allowed: readonly Allowed[]
  readonly #recent = new Map<number, string[]>()
  /** Of threads whose birth was not seen yet: strace may tell of it later than of what they do. */
  readonly #early = new Map<number, string[]>()
  readonly #looked = new Map<string, number>(RULES.map(({ name }) => [name, 0]))
  readonly #processes = new Set<number>()
  readonly #complaints = new Map<string, Complaint>()
  #calls = 0
  #permitted = 0
  #at = 0

  constructor(allowed: readonly Allowed[] = []) {
    this.#allowed = allowed
  }

  /** Takes the next line. */
  line(text: string): void {
    this.#at++
    const tid = Number.parseInt(text, 10)
    if (Number.isNaN(tid)) return
    if (this.#at === 1) this.#world.start(tid)
    this.#take(tid, text)
  }

  #take(tid: number, text: string): void {
    const thread = this.#world.thread(tid)
    if (thread === undefined) {
      const waiting = this.#early.get(tid)
      if (waiting) waiting.push(text)
      else this.#early.set(tid, [text])
      return
    }
    for (const event of this.#reader.read(text)) this.#event(event, text)
  }

  #remember(pid: number, text: string): void {
    const recent = this.#recent.get(pid) ?? []
    if (recent.length === 0) this.#recent.set(pid, recent)
    if (recent.at(-1) !== text) recent.push(text)
    if (recent.length > CONTEXT) recent.shift()
  }

  #event(event: Event, text: string): void {
    if (event.phase === 'exit') return this.#world.exit(event.tid)
    const thread = this.#world.thread(event.tid)
    if (thread !== undefined && this.#world.isOurs(event)) {
      this.#remember(thread.process.pid, text)
      this.#judge(event, thread)
    }
    if (event.phase === 'enter') return this.#world.enter(event)
    this.#world.leave(event)
    const lines = event.result > 0 && this.#early.get(event.result)
    if (!lines || !this.#world.thread(event.result)) return
    this.#early.delete(event.result)
    for (const line of lines) this.#take(event.result, line)
  }

  #judge(call: Call, thread: Thread): void {
    if (call.phase === 'leave') this.#calls++
    this.#processes.add(thread.process.pid)
    for (const rule of rulesFor(call)) {
      this.#looked.set(rule.name, (this.#looked.get(rule.name) ?? 0) + 1)
      const what = rule.broken(call, thread, descriptorOf(call, thread))
      if (what !== undefined) this.#complain(rule.name, `${call.name}(${call.args}) ${what}`, thread)
    }
  }

  #complain(rule: string, what: string, { process: { pid, test } }: Thread): void {
    if (this.#allowed.some((one) => one.rule === rule && one.test.test(test))) {
      this.#permitted++
      return
    }
    const key = `${rule} ${test}`
    const known = this.#complaints.get(key)
    if (known) known.count++
    else
      this.#complaints.set(key, {
        rule,
        what,
        count: 1,
        pid,
        test,
        at: this.#at,
        lines: [...(this.#recent.get(pid) ?? [])],
      })
  }

  report(): Report {
    return {
      processes: this.#processes.size,
      calls: this.#calls,
      looked: this.#looked,
      permitted: this.#permitted,
      complaints: [...this.#complaints.values()],
    }
  }
}
