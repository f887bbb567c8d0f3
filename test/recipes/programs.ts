// The programs of docs/recipes, which are run as they stand on their pages: in a folder of their own, and in a network of their own, so that
// the ports and addresses on the pages are free.
import assert from 'node:assert/strict'
import { execFileSync, type SpawnOptions } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { foreignEnvironment, withoutNamespaces } from '../examples/programs.js'
import { available, type Child, type Ending, PATIENCE_MS, root, run, start, tempFolder } from '../util/index.js'

/** Where the pages are. */
export const PAGES = join(root, 'docs', 'recipes')

/** The package that the programs import: another one is tried with BERKELEY_RECIPES_PACKAGE. */
const PACKAGE = process.env['BERKELEY_RECIPES_PACKAGE'] ?? root

/** A process of its own each time: within this one it would leave descriptors open. */
const ESBUILD = join(root, 'node_modules', 'esbuild', 'bin', 'esbuild')

/** The pages but for the index. */
export const pages = (): string[] => readdirSync(PAGES).filter((name) => name.endsWith('.md') && name !== 'README.md')

/** The text of a page. */
export const textOf = (page: string): string => readFileSync(join(PAGES, page), 'utf8')

/** The programs of a page by the names of their files, which they begin with. */
export function programsOf(page: string): Map<string, string> {
  const programs = new Map<string, string>()
  for (const [, code = ''] of textOf(page).matchAll(/^```ts\n(.*?)^```$/gms)) {
    const name = /^\/\/ ([a-z-]+\.ts)\n/.exec(code)?.[1]
    assert.ok(name, `a program of ${page} has no name`)
    programs.set(name, code)
  }
  return programs
}

/** The one piece of shell that a page shows. */
export function shellOf(page: string): string {
  return /^```sh\n(.*?)^```$/ms.exec(textOf(page))?.[1] ?? ''
}

/** Makes files of programs in a folder, from which they can import the package. */
export function unpack(folder: string, programs: Iterable<[name: string, code: string]>): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(PACKAGE, join(folder, 'node_modules', 'berkeley'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [name, code] of programs) {
    const script = execFileSync(ESBUILD, ['--loader=ts', '--format=esm', '--target=es2022'], { input: code })
    writeFileSync(join(folder, name.replace(/ts$/, 'js')), script)
  }
}

/** For the `skip` option of a test: a reason where a recipe cannot be run, or one of the other programs is missing, else false. */
export function cannotRun(...programs: string[]): string | false {
  const all = ['nsenter', 'ss', ...programs].map(available)
  return withoutNamespaces() || all.find((reason) => reason !== false) || false
}

/** A folder with the programs of a page, and a network of nothing but loopback. Everything in it ends with the test. */
export class Place {
  readonly folder: string
  readonly #t: TestContext
  readonly #holder: Child

  private constructor(t: TestContext, page: string, holder: Child) {
    this.#t = t
    this.#holder = holder
    this.folder = tempFolder(t)
    unpack(this.folder, programsOf(page))
  }

  /** @param setup - shell commands that prepare the network. */
  static async of(t: TestContext, page: string, setup = ''): Promise<Place> {
    const script = `set -e; ip link set lo up\n${setup}\necho ready; exec cat`
    const holder = start(t, 'unshare', ['--net', 'sh', '-c', script], { env: foreignEnvironment() })
    await holder.waitForOutput(/ready/)
    return new Place(t, page, holder)
  }

  /** A process in the network, by which others find it. */
  get pid(): number {
    return this.#holder.process.pid as number
  }

  #entering(command: string, args: readonly string[]): [string, string[]] {
    return ['nsenter', [`--net=/proc/${this.pid}/ns/net`, '--', command, ...args]]
  }

  /** Starts a program of the page. */
  program(name: string, ...args: string[]): Child {
    return this.programWith({}, name, ...args)
  }

  /** Starts a program of the page with an environment, or other descriptors. */
  programWith(options: SpawnOptions, name: string, ...args: string[]): Child {
    const command = this.#entering(process.execPath, [name.replace(/ts$/, 'js'), ...args])
    return start(this.#t, ...command, { cwd: this.folder, ...options })
  }

  /** Starts any program. */
  start(command: string, args: readonly string[]): Child {
    return start(this.#t, ...this.#entering(command, args), { cwd: this.folder, env: foreignEnvironment() })
  }

  /** Runs any program to its end. */
  run(command: string, args: readonly string[], input?: string): Promise<Ending> {
    const options = { cwd: this.folder, env: foreignEnvironment(), ...(input === undefined ? {} : { input }) }
    return run(...this.#entering(command, args), options)
  }

  /** Runs a program of Python to its end, and returns what it has printed. */
  async python(code: string, ...args: string[]): Promise<string> {
    const { code: status, stdout, stderr } = await this.run('python3', ['-c', code, ...args])
    assert.equal(status, 0, stderr)
    return stdout
  }

  /**
   * Waits until a socket is bound.
   * @param kind - the option of ss(8) for the kind of socket.
   * @param what - its port, or a part of its line.
   */
  async bound(kind: 't' | 'u' | 'x' | 'w' | '0', what: string | number): Promise<void> {
    for (const end = performance.now() + PATIENCE_MS; ; await pause(20)) {
      const { stdout } = await this.run('ss', [`-Hnl${kind === '0' ? '0' : `a${kind}`}`])
      const wanted = typeof what === 'number' ? `:${what} ` : what
      if (stdout.split('\n').some((line) => (kind !== 't' || line.startsWith('LISTEN')) && line.includes(wanted)))
        return
      assert.ok(performance.now() < end, `nobody is bound to ${what}:\n${stdout}`)
    }
  }
}
