// The npm package as its users get it: packed, installed where there is no compiler, and used from every module system.
import { strict as assert } from 'node:assert'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { programs } from '../docs/snippets/pages.js'
import { pages, programsOf } from '../recipes/programs.js'
import { builderPath, environment, others, othersMissing, pack, root, run, toolMissing, tools } from './tarball.js'

const require = createRequire(import.meta.url)
const prebuilds = [process.arch, ...others].flatMap((arch) =>
  ['', '.tls'].map((suffix) => `prebuilds/${process.platform}-${arch}${suffix}.node`),
)

let scratch = ''
let tarball = ''
let consumer = ''
let userPath = ''

/** Runs a program of the development dependencies, named by a file of its package. */
const tool = (name: string, file: string, ...args: string[]): Promise<void> =>
  runTool(join(root, 'node_modules', name, file), ...args)

const runTool = async (path: string, ...args: string[]): Promise<void> => {
  const name = path.slice(root.length)
  try {
    await run(process.execPath, [path, ...args], { cwd: root, env: environment(builderPath) })
  } catch (error) {
    // What it found is in its output.
    throw new Error(`${name} failed:\n${(error as { stdout?: string }).stdout}`, { cause: error })
  }
}

/** Runs Node in the folder of the consumer. */
const consume = async (...args: string[]) =>
  (await run(process.execPath, args, { cwd: consumer, env: environment(userPath) })).stdout.trim()

/** A folder whose programs are node and npm, and nothing else: no compiler, no shell. */
async function makeUserPath(): Promise<string> {
  const bin = join(scratch, 'bin')
  const npm = (await run('which', ['npm'])).stdout.trim()
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  await symlink(npm, join(bin, 'npm'))
  return bin
}

/** The programs on the pages of docs/recipes. */
const recipes = (): [name: string, code: string][] => pages().flatMap((page) => [...programsOf(page)])

async function install(): Promise<string> {
  const folder = join(scratch, 'consumer')
  await cp(join(root, 'test', 'packaging', 'consumer'), folder, { recursive: true })
  // With every version of TypeScript that the types are tried with.
  for (const [name, code] of recipes()) await writeFile(join(folder, name.replace(/ts$/, 'mts')), code)
  const options = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund', '--silent']
  await run(join(userPath, 'npm'), ['install', ...options, tarball], { cwd: folder, env: environment(userPath) })
  // Every TypeScript user of Node has these. They are provided here without a registry.
  await mkdir(join(folder, 'node_modules', '@types'))
  await symlink(join(root, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'))
  return folder
}

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'berkeley-packaging-'))
  userPath = await makeUserPath()
  tarball = await pack(scratch)
  consumer = await install()
})

after(() => rm(scratch, { recursive: true, force: true }))

test('the tarball holds what users need and nothing else', async () => {
  const installed = join(consumer, 'node_modules', 'berkeley')
  const entries = await readdir(installed, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(installed.length + 1))
  const wanted = [
    ...[
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'docs/options.md',
      'docs/recipes/README.md',
      ...prebuilds,
    ],
    ...['native/binding.gyp', 'native/addon.c', 'native/constants/constants.generated.inc', 'native/env.h'],
    ...['dist/package.json', 'dist/index.js', 'dist/index.d.ts', 'dist/index.mjs', 'dist/index.d.mts'],
    ...['dist/unix-dgram/index.js', 'dist/unix-dgram/index.d.ts', 'dist/unix-dgram/index.mjs'],
    ...['dist/llsocket/index.js', 'dist/llsocket/index.d.ts', 'dist/llsocket/index.mjs', 'dist/berkeley.js'],
    'bin/berkeley.js',
  ]
  assert.deepEqual(
    wanted.filter((file) => !files.includes(file)),
    [],
    'missing',
  )
  const allowed =
    /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|docs\/(recipes\/)?[^/]+\.md|docs\/performance\/[^/]+\.svg|prebuilds\/[^/]+\.node|native\/binding\.gyp|native\/.+\.(c|h|inc)|dist\/.+\.d\.m?ts|dist\/(.+\/)?index\.m?js|dist\/berkeley\.js(\.map)?|dist\/prebuilds\.js|dist\/package\.json|bin\/.+\.js)$/
  assert.deepEqual(
    files.filter((file) => !allowed.test(file) || file.startsWith('native/build/')),
    [],
    'not expected',
  )
})

test('the tarball stays small', async () => {
  const { size } = await stat(tarball)
  assert.ok(size < 875_000, `${size} bytes`)
  const files = await readdir(join(consumer, 'node_modules', 'berkeley'), { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    files
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath ?? entry.path, entry.name))).size),
  )
  const unpacked = sizes.reduce((sum, bytes) => sum + bytes, 0)
  assert.ok(unpacked < 3_200_000, `${unpacked} bytes`)
})

/** The API reference is as large as half of the package, and has what is in its types: README.md says that it is in the repository. */
const ONLINE = /^docs\/api\//

test('what the pages of the tarball link to is in the tarball', async () => {
  const installed = join(consumer, 'node_modules', 'berkeley')
  const pages = (await readdir(installed, { recursive: true })).filter((name) => name.endsWith('.md'))
  assert.ok(pages.length > 5)
  const broken: string[] = []
  for (const page of pages) {
    const text = await readFile(join(installed, page), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g))
      if (!/^[a-z]+:/.test(target) && !ONLINE.test(target) && !existsSync(join(installed, dirname(page), target)))
        broken.push(`${page}: ${target}`)
  }
  assert.deepEqual(broken, [])
})

test('the package has no dependency and no install script', () => {
  const manifest = require(join(consumer, 'node_modules', 'berkeley', 'package.json'))
  assert.equal(manifest.dependencies, undefined)
  assert.ok(Object.keys(manifest.peerDependencies).every((name) => manifest.peerDependenciesMeta[name].optional))
  assert.equal(manifest.gypfile, false)
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    assert.equal(manifest.scripts[name], undefined)
})

test('the package works from ESM', async () => assert.equal(await consume('run.mjs'), 'works from ESM'))

test('the package works from CommonJS', async () => assert.equal(await consume('run.cjs'), 'works from CommonJS'))

test('import and require give the same classes', async () => {
  assert.match(await consume('same.mjs'), /^the same \d+ exports$/)
})

test('the package brings its command, which works where there is no compiler', async () => {
  const command = join(consumer, 'node_modules', '.bin', 'berkeley')
  assert.match((await run(command, ['--version'], { env: environment(userPath) })).stdout, /^berkeley \d+\.\d+\.\d+\n$/)
  const { stdout } = await run(command, ['inspect', '--json', String(process.pid)], { env: environment(userPath) })
  assert.equal(JSON.parse(stdout)[0].pid, process.pid)
})

test('the package works from TypeScript, and wrong uses do not compile', async () => {
  await tool('typescript', 'bin/tsc', '-p', consumer)
})

/** The oldest version of TypeScript that README.md names, and some since. */
for (const version of ['5.4', '5.7', '5.9'])
  test(`the types work with TypeScript ${version}`, { skip: toolMissing(`typescript-${version}`) }, async () => {
    await runTool(join(tools, `typescript-${version}`, 'bin', 'tsc'), '-p', consumer)
  })

test('a strict project that asks for no types has those of Node, which TypeScript 6 and later do not load by themselves', async () => {
  const folder = join(consumer, 'recipes')
  await mkdir(folder)
  for (const [name, code] of recipes()) await writeFile(join(folder, name), code)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = { target: 'ES2022', module: 'NodeNext', strict: true, noEmit: true }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  await tool('typescript', 'bin/tsc', '-p', folder)
})

test('the snippets of the pages compile', async () => {
  for (const [i, { code }] of programs.entries())
    await writeFile(join(consumer, `snippet${i}.mts`), `${code}\nexport {}\n`)
  await tool('typescript', 'bin/tsc', '-p', consumer)
})

test('publint finds no fault', async () => {
  await tool('publint', 'src/cli.js', 'run', '--strict', tarball)
})

test('attw finds no fault', async () => {
  await tool('@arethetypeswrong/cli', 'dist/index.js', '--profile', 'node16', '--no-definitely-typed', tarball)
})

test('the prebuilt addons need only libc, of an old version (H91)', async () => {
  const addons = prebuilds.map((prebuild) => join(consumer, 'node_modules', 'berkeley', prebuild))
  await run(process.execPath, [join(root, 'scripts', 'check-binary.mjs'), ...addons])
})

test('the tarball has the addons of every architecture that it is published for, and stripped (H171)', {
  skip: othersMissing(),
}, async () => {
  const folder = join(consumer, 'node_modules', 'berkeley', 'prebuilds')
  const names = ['arm64', 'x64'].flatMap((arch) => [`linux-${arch}.node`, `linux-${arch}.tls.node`])
  assert.deepEqual((await readdir(folder)).sort(), names)
  for (const name of names) {
    const [header, sections, symbols] = await Promise.all(
      ['--file-header', '--section-headers', '--dyn-syms'].map((what) =>
        run('readelf', ['--wide', what, join(folder, name)]),
      ),
    )
    assert.match(header?.stdout ?? '', name.includes('arm64') ? /Machine: +AArch64/ : /Machine: .*X86-64/, name)
    assert.doesNotMatch(sections?.stdout ?? '', /\.(symtab|debug_\w+)\b/, name)
    // Of glibc alone: those that compilers put in by themselves.
    assert.doesNotMatch(symbols?.stdout ?? '', /UND (__getauxval|__\w+_chk)\b/, name)
  }
})

/** The other versions of Node that this machine has: see scripts/with-node.mjs. */
const nodes = ['20', '22', '24', '26']
  .map((major) =>
    join(root, 'build', 'node', major, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node'),
  )
  .filter((binary) => existsSync(binary))

test('the same addon works under other versions of Node (H91)', {
  skip: nodes.length === 0 && 'there is no other: npm run test:nodes installs them',
}, async () => {
  for (const node of nodes) {
    const { stdout } = await run(node, ['run.mjs'], { cwd: consumer, env: environment(userPath) })
    assert.equal(stdout.trim(), 'works from ESM')
  }
})
