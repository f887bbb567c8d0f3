// What would outlive the process if it were not removed: files and children. The kernel closes sockets by itself.
// Each thing here is gone at the end of its block, and also when the process ends in the middle of it (Ctrl-C).
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A folder of our own, with a short path, so that names of unix sockets fit. */
export class TempFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'tour-'))
  readonly #remove = (): void => rmSync(this.path, { recursive: true, force: true })

  constructor() {
    process.once('exit', this.#remove)
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove)
    this.#remove()
  }
}

/** Another entry of this folder in a process of its own. What it writes to stderr is shown. */
export class Child {
  readonly #process: ChildProcess
  readonly #exit: Promise<unknown[]>
  readonly #kill = (): void => {
    this.#process.kill('SIGKILL')
  }

  constructor(entry: string, ...args: string[]) {
    const path = fileURLToPath(new URL(entry, import.meta.url))
    this.#process = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    this.#exit = once(this.#process, 'exit')
    process.once('exit', this.#kill)
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Waits for its end, and returns its exit status or the name of the signal that ended it. */
  async ending(): Promise<unknown> {
    const [status, signal] = await this.#exit
    return status ?? signal
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#kill)
    this.#kill() // Nothing happens if it has ended by itself.
    await this.#exit
  }
}

/** How many sockets this process has open. */
export function openSockets(): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(join('/proc/self/fd', fd))
    } catch {
      return '' // The descriptor that read the folder itself, closed since.
    }
  })
  return targets.filter((target) => target.startsWith('socket:')).length
}
