// The tarball that npm would publish, and the tools that others would use it with.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../util/index.js'

export { root }

export const run = promisify(execFile)

/** Where `npm ci --prefix test/packaging/tools` puts bundlers, package managers and versions of TypeScript. */
export const tools = join(root, 'test', 'packaging', 'tools', 'node_modules')

/** Why a test is skipped that needs one of them; false if it is there. */
export const toolMissing = (name: string): string | false =>
  !existsSync(join(tools, name)) && `there is no ${name}: npm ci --prefix test/packaging/tools installs it`

/** The other architectures that the package is published for, each with the compiler that makes its addons here. */
const CROSS = [
  ['x64', 'x86_64-linux-gnu-g++'],
  ['arm64', 'aarch64-linux-gnu-g++'],
] as const

const has = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

/** Those other architectures whose addons are in the tarball. */
export const others = CROSS.filter(([arch, compiler]) => arch !== process.arch && has(compiler)).map(([arch]) => arch)

/** Why a test of the other architectures is skipped; false if none is missing. */
export const othersMissing = (): string | false => {
  const missing = CROSS.filter(([arch, compiler]) => arch !== process.arch && !has(compiler))
  return missing.length > 0 && `there is no ${missing.map(([, compiler]) => compiler).join(', ')}: .ci/run installs it`
}

/** The environment of someone else's shell: nothing of the npm that runs this test, nothing of ours. */
export function environment(path: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|BERKELEY_|NODE_|INIT_CWD$)/i.test(name))
  return { ...Object.fromEntries(kept), PATH: path, ...more }
}

export const builderPath = `${dirname(process.execPath)}:${process.env['PATH']}`

/** Packs the package into a folder. @returns the path of the tarball. */
export async function pack(folder: string): Promise<string> {
  const packed = join(folder, 'packed')
  await mkdir(packed)
  await run('npm', ['pack', '--silent', '--pack-destination', packed], { cwd: root, env: environment(builderPath) })
  const [name = ''] = await readdir(packed)
  return join(packed, name)
}
