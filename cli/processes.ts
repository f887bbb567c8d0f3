import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { UsageError } from './usage.js'

/** A process. */
export interface Process {
  readonly pid: number
  /** The name of its program, as of ps(1). */
  readonly name: string
}

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()
  } catch {
    return undefined // it has ended meanwhile
  }
}

/** All that /proc shows. */
function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((digits) => {
      const name = nameOf(Number(digits))
      return name === undefined ? [] : { pid: Number(digits), name }
    })
}

/**
 * The processes that an argument means: a number, or the name of a program.
 * @throws UsageError when there is none.
 */
export function processesOf(argument: string): Process[] {
  if (/^[0-9]+$/.test(argument)) {
    const name = nameOf(Number(argument))
    if (name === undefined) throw new Error(`there is no process ${argument}`)
    return [{ pid: Number(argument), name }]
  }
  if (argument === '') throw new UsageError('a process is a number, or the name of a program')
  const found = processes().filter(({ pid, name }) => name === argument && pid !== process.pid)
  if (found.length === 0) throw new Error(`there is no process called ${argument}`)
  return found
}

/**
 * The numbers of the sockets of a process.
 * @throws EACCES for a process of another user.
 */
export function socketsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/fd`)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
      } catch {
        return false // closed meanwhile
      }
    })
    .map(Number)
    .sort((a, b) => a - b)
}
