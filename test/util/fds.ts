import { fstatSync, readdirSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { after, before } from 'node:test'
import { eventually } from './waiting.js'

const FD_FOLDER = '/proc/self/fd'

/** Closing is often a matter of the next turns of the loop, or of a child's last breath. */
const GRACE_MS = 2000

/** A file that Node's loader reads: the tests' own, and the `.mjs` of the built package. */
const MODULE = /\.[cm]?js$/

function targetOf(fd: string): string | undefined {
  try {
    return readlinkSync(`${FD_FOLDER}/${fd}`)
  } catch {
    return undefined // the descriptor that the listing itself had open
  }
}

/** The open descriptors of this process: number to what it is, such as `socket:[4711]`. */
export function openFds(): Map<number, string> {
  const found = new Map<number, string>()
  for (const name of readdirSync(FD_FOLDER)) {
    const target = targetOf(name)
    if (target !== undefined) found.set(Number(name), target)
  }
  return found
}

/** Whether a number is that of an open descriptor. */
export function isOpen(fd: number): boolean {
  try {
    fstatSync(fd)
    return true
  } catch {
    return false
  }
}

/** How many descriptors this process has open. */
export function countFds(): number {
  return openFds().size
}

/**
 * What libuv and the reactor open when they are first used, and keep: epoll sets, event and timer descriptors. And modules: a
 * worker that is ended while Node reads them leaves their files open, which no code of ours ever opens (docs/facts.md).
 */
function isMachinery(target: string): boolean {
  return target.startsWith('anon_inode:') || MODULE.test(target)
}

/** What was opened since, but for machinery: number and what it is. */
export function openedSince(before: ReadonlyMap<number, string>): string[] {
  return [...openFds()]
    .filter(([fd, target]) => before.get(fd) !== target && !isMachinery(target))
    .map(([fd, target]) => `${fd} (${target})`)
}

/** libuv makes a pipe for signals when it first watches one, which starting a child does; it is never closed. */
function openSignalPipe(): void {
  const ignore = (): void => {}
  process.on('SIGWINCH', ignore).off('SIGWINCH', ignore)
}

/** Call it once at the top of a test file: the file fails when a descriptor is still open after its last test. */
export function leavesNoFd(): void {
  let atStart: ReadonlyMap<number, string> = new Map()
  before(() => {
    openSignalPipe()
    atStart = openFds()
  })
  after(async () => {
    try {
      await eventually(() => openedSince(atStart).length === 0, 'closing', GRACE_MS)
    } catch {
      throw new Error(`${basename(process.argv[1] ?? '')} left open: ${openedSince(atStart).join(', ')}`)
    }
  })
}
