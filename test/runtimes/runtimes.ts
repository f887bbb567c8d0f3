// The runtimes that are tried, and where they are.
import type { SpawnOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Ending, root, run } from '../util/index.js'

const tools = join(root, 'test', 'runtimes', 'tools', 'node_modules')

export interface Runtime {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

export const runtimes: Readonly<Record<string, Runtime>> = {
  Node: { command: process.execPath, args: [], env: { BERKELEY_POLLER: 'thread' } },
  Bun: {
    command: join(tools, '@oven', `bun-linux-${process.arch === 'arm64' ? 'aarch64' : process.arch}`, 'bin', 'bun'),
    args: [],
  },
  Deno: {
    command: join(tools, '@deno', `linux-${process.arch}-glibc`, 'deno'),
    args: ['run', '--allow-all', '--no-lock', '--no-remote', '--no-prompt'],
  },
}

/** For the `skip` option: why a runtime cannot be tried, else false. */
export function absent(name: string): string | false {
  return existsSync(runtimes[name]?.command ?? '') ? false : `there is no ${name}: npm ci --prefix test/runtimes/tools`
}

/** A runtime starts in a second, and on a busy machine in several. */
const PATIENCE_MS = 90_000

/** Runs a program, whose caches go into a folder. */
export function runOn(
  { command, args, env }: Runtime,
  folder: string,
  program: readonly string[],
  options: SpawnOptions = {},
): Promise<Ending> {
  const { BERKELEY_POLLER: _, ...inherited } = process.env
  // A sanitizer that may be loaded into this process is not for foreign ones, and neither are addons that need it.
  const foreign = command === process.execPath ? {} : { LD_PRELOAD: '', BERKELEY_NATIVE: '', BERKELEY_NATIVE_TLS: '' }
  return run(command, [...args, ...program], {
    env: { ...inherited, ...foreign, DENO_DIR: folder, NO_COLOR: '1', ...env },
    patience: PATIENCE_MS,
    ...options,
  })
}
