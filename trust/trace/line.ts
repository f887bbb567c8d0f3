// Lines of strace -f -i, put together to calls.

/** A system call, at its entry or at its end. */
export interface Call {
  readonly phase: 'enter' | 'leave'
  readonly tid: number
  /** Where the instruction was that made it, as strace writes it. */
  readonly ip: string
  readonly name: string
  /** As strace writes them; at the entry of a call that was interrupted by others' only the first ones. */
  readonly args: string
  /** NaN at the entry, and where strace does not know it. */
  readonly result: number
  /** The name of errno, or ''. */
  readonly error: string
}

/** A thread is over. */
export interface Exit {
  readonly phase: 'exit'
  readonly tid: number
}

export type Event = Call | Exit

const LINE = /^(\d+) +(?:\[([0-9a-f?]+)\] )?(.*)$/
const CALL = /^(\w+)\((.*)\) += (\?|-?\w+)(?: (E[A-Z0-9]+))?/
const UNFINISHED = /^(\w+)\((.*?),? *<unfinished \.\.\.>$/
const RESUMED = /^<\.\.\. (\w+) resumed>(.*)\) += (\?|-?\w+)(?: (E[A-Z0-9]+))?/
const OVER = /^\+\+\+ (?:exited|killed) /
const LOST = /^<\.\.\. \w+ resumed>.*<unfinished \.\.\.>$/

/** Joins what strace had to write in two parts, because other threads' lines came between. */
export class LineReader {
  readonly #begun = new Map<number, { ip: string; name: string; args: string }>()

  /** What one line tells; nothing for signals and the like. */
  read(line: string): readonly Event[] {
    const [, pid = '', ip = '', rest = ''] = LINE.exec(line) ?? []
    const tid = Number(pid)
    if (OVER.test(rest) || LOST.test(rest)) return this.#over(tid)
    return this.#whole(tid, ip, rest) ?? this.#first(tid, ip, rest) ?? this.#second(tid, rest)
  }

  #over(tid: number): readonly Event[] {
    this.#begun.delete(tid)
    return [{ phase: 'exit', tid }]
  }

  #whole(tid: number, ip: string, rest: string): readonly Event[] | undefined {
    const [match, name = '', args = '', result = '', error = ''] = CALL.exec(rest) ?? []
    if (match === undefined) return undefined
    const common = { tid, ip, name, args }
    return [
      { ...common, phase: 'enter', result: Number.NaN, error: '' },
      { ...common, phase: 'leave', result: Number(result), error },
    ]
  }

  #first(tid: number, ip: string, rest: string): readonly Event[] | undefined {
    const [match, name = '', args = ''] = UNFINISHED.exec(rest) ?? []
    if (match === undefined) return undefined
    this.#begun.set(tid, { ip, name, args })
    return [{ phase: 'enter', tid, ip, name, args, result: Number.NaN, error: '' }]
  }

  #second(tid: number, rest: string): readonly Event[] {
    const [match, name = '', more = '', result = '', error = ''] = RESUMED.exec(rest) ?? []
    const begun = this.#begun.get(tid)
    if (match === undefined || begun?.name !== name) return []
    this.#begun.delete(tid)
    const args = begun.args + (begun.args !== '' && more !== '' && !more.startsWith(',') ? ', ' : '') + more
    return [{ phase: 'leave', tid, ip: begun.ip, name, args, result: Number(result), error }]
  }
}

/** The argument at a place, as a 32-bit number, of a call whose arguments are plain numbers. */
export const numberAt = (args: string, place: number): number =>
  Number(BigInt.asIntN(32, BigInt(/^(0x[0-9a-f]+|\d+)/.exec(args.split(', ')[place] ?? '')?.[0] ?? '-1')))
