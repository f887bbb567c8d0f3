import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { connect } from 'berkeley'
import { available, type Child, PATIENCE_MS, root, start } from '../util/index.js'

/** The compiled program of an example. */
export function program(name: string): string {
  return join(root, 'build', 'examples', `${name}.js`)
}

/** Starts an example, which lives as long as the test, at most. */
export function startExample(t: Pick<TestContext, 'after'>, name: string, ...args: string[]): Child {
  return start(t, process.execPath, [program(name), ...args])
}

/** The port that a program on the loopback address says it listens on. */
export async function portOf(child: Child): Promise<number> {
  const [, port] = await child.waitForOutput(/^listening on 127\.0\.0\.1:([0-9]+)/m)
  return Number(port)
}

/** All that a server says to a client that says nothing. */
export async function readAll(port: number): Promise<string> {
  await using client = await connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS })
  client.deadlines(PATIENCE_MS)
  client.closew()
  const pieces: Buffer[] = []
  for await (const piece of client) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** The environment for a program that does not bear a sanitizer, which may be loaded into this process. */
export function foreignEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LD_PRELOAD: '' }
}

/**
 * For the `skip` option of a test: a reason where this process cannot make network and mount namespaces, else false.
 */
export function withoutNamespaces(): string | false {
  const reason = available('unshare') || available('ip')
  if (reason) return reason
  const made = spawnSync('unshare', ['--net', '--mount', 'true'], { stdio: 'ignore' }).status === 0
  return made ? false : 'this process may not make namespaces'
}
