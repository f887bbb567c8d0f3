// Executables of Node from npm, for another version or another machine. They are no dependency of the project: 100 MB each.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot } from './project.mjs'
import { step } from './run.mjs'

/** The newest npm that runs on every Node that we support. */
const NPM = 10

/**
 * The executable of a major version, in build/node; installed on first use.
 * @param {string} major
 * @param {string} [arch]
 */
export function nodeBinary(major, arch = process.arch) {
  const name = `node-${process.platform}-${arch}`
  const folder = inRoot('build', 'node', arch === process.arch ? major : `${major}-${arch}`)
  const binary = join(folder, 'node_modules', name, 'bin', 'node')
  if (existsSync(binary)) return binary
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const options = ['install', '--prefix', folder, '--no-audit', '--no-fund']
  // Where this one is for, npm may not be; it is the same for all.
  const foreign = arch === process.arch ? [] : ['--force', '--ignore-scripts', `npm@${NPM}`]
  step(`installing Node ${major} for ${arch}`, 'npm', [...options, ...foreign, `${name}@${major}`])
  return binary
}
