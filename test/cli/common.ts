// What the tests of the command-line tool share.

import type { SpawnOptions } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { dns, ip, leaf, root as rootCertificate } from '../tls/pki.js'
import { type Child, type Ending, root, run, start, tempFolder } from '../util/index.js'

/** The program, as package.json names it. */
export const TOOL = join(root, 'bin', 'berkeley.js')

/** No colours, whatever the environment of the tests. */
export const environment = (): NodeJS.ProcessEnv => {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env
  return env
}

/** Runs the tool to its end, with that as its input. */
export function tool(
  args: readonly string[],
  options: SpawnOptions & { input?: string | Uint8Array } = {},
): Promise<Ending> {
  return run(process.execPath, [TOOL, ...args], { env: environment(), ...options })
}

/** Starts the tool, which lives as long as the test, at most. */
export function startTool(t: TestContext, args: readonly string[], options: SpawnOptions = {}): Child {
  return start(t, process.execPath, [TOOL, ...args], { env: environment(), ...options })
}

/** Starts the tool as a server, and waits until it says where it listens. */
export async function listening(
  t: TestContext,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<{ child: Child; address: string; port: string }> {
  const child = startTool(t, args, options)
  const [, address = ''] = await child.waitForOutput(/^berkeley: (?:listening at|relaying) (\S+)/m)
  return { child, address, port: /:([0-9]+)$/.exec(address)?.[1] ?? '' }
}

/** Files with a certificate of localhost and 127.0.0.1, its key, and the authority. */
export function certificates(t: TestContext): { cert: string; key: string; ca: string } {
  const authority = rootCertificate()
  const certificate = leaf(authority, { names: [dns('localhost'), ip('7f 00 00 01')] })
  const folder = tempFolder(t)
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  return { cert: file('cert', certificate.pem), key: file('key', certificate.keyPem), ca: file('ca', authority.pem) }
}
