import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { within } from './waiting.js'

/** The folder of package.json: children that start there can import the package by its own name. */
export const root = fileURLToPath(new URL('.', import.meta.resolve('berkeley/package.json')))

/** For the `skip` option of a test: a reason where a program is not installed, else false. */
export function available(program: string): string | false {
  const found = (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  return found ? false : `${program} is not installed`
}

/** How a child ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A running program: what it says, how it ends. It is killed, by its id, when the test is over. */
export class Child {
  readonly process: ChildProcess
  /** Settles when the program has ended and all that it wrote was read. */
  readonly ended: Promise<Ending>
  stdout = ''
  stderr = ''
  #heard: (() => void)[] = []

  constructor(command: string, args: readonly string[], options: SpawnOptions) {
    this.process = spawn(command, args, { cwd: root, stdio: 'pipe', ...options })
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear('stdout', text))
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear('stderr', text))
    this.process.stdin?.on('error', () => {}) // a child that ends early does not want the rest
    this.ended = this.#end()
    this.ended.catch(() => {}) // it is reported to those who wait for it
  }

  async #end(): Promise<Ending> {
    const [code, signal] = (await once(this.process, 'close')) as [number | null, NodeJS.Signals | null]
    for (const again of this.#heard.splice(0)) again()
    return { code, signal, stdout: this.stdout, stderr: this.stderr }
  }

  #hear(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text
    for (const again of this.#heard.splice(0)) again()
  }

  get #isOver(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  /** Waits until the program has written something that matches, on either stream, and returns the match. */
  waitForOutput(pattern: RegExp, patience?: number): Promise<RegExpExecArray> {
    const what = `output like ${pattern} of ${this.process.spawnfile}`
    return within(this.#match(pattern), what, patience).catch((error) => {
      throw new Error(`${error.message}; it said:\n${this.stdout}${this.stderr}`)
    })
  }

  async #match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
      if (match) return match
      if (this.#isOver && (this.process.stdout?.closed ?? true) && (this.process.stderr?.closed ?? true))
        throw new Error(`ended (${this.process.signalCode ?? this.process.exitCode})`)
      await new Promise<void>((again) => this.#heard.push(again))
    }
  }

  write(text: string | Uint8Array): void {
    this.process.stdin?.write(text)
  }

  /** Ends the program's input. */
  endInput(): void {
    this.process.stdin?.end()
  }

  /** Kills it, by its id, and waits until it is gone. */
  async stop(): Promise<void> {
    if (!this.#isOver) this.process.kill('SIGKILL')
    await this.ended.catch(() => {})
  }
}

/** Starts a program that lives as long as the test, at most. */
export function start(
  t: Pick<TestContext, 'after'>,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Child {
  const child = new Child(command, args, options)
  t.after(() => child.stop())
  return child
}

/** Runs a program to its end. One that takes too long is killed, and the promise rejects. */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { input?: string | Uint8Array; patience?: number } = {},
): Promise<Ending> {
  const { input, patience, ...spawnOptions } = options
  const child = new Child(command, args, spawnOptions)
  child.process.stdin?.end(input)
  try {
    return await within(child.ended, `the end of ${command} ${args.join(' ')}`, patience)
  } catch (error) {
    await child.stop()
    throw new Error(`${(error as Error).message}; it said:\n${child.stdout}${child.stderr}`)
  }
}

/** Arguments for `process.execPath` that run an ES module given as text. It can import the package by its own name. */
export function script(code: string, ...nodeOptions: string[]): string[] {
  return [...nodeOptions, '--input-type=module', '-e', code]
}

/** Runs an ES module given as text in a Node of the same version. */
export function runScript(code: string, ...nodeOptions: string[]): Promise<Ending> {
  return run(process.execPath, script(code, ...nodeOptions))
}
