// The snippets of README.md and of pages in docs are run as they are printed there, between what their fixtures add.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { stop, transform } from 'esbuild'
import { authority, certificate } from '../tls/common.js'
import { leavesNoFd, run, script, tempFolder } from '../util/index.js'
import { programs } from './snippets/pages.js'

after(() => stop()) // esbuild is a process
leavesNoFd()

/** A folder with what the fixtures read: a certificate for localhost, and a file of 100,000 bytes. */
function folder(t: Parameters<typeof tempFolder>[0]): string {
  const path = tempFolder(t)
  const files = { 'cert.pem': certificate.pem, 'key.pem': certificate.keyPem, 'ca.pem': authority.pem }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  writeFileSync(join(path, 'large'), Buffer.alloc(100_000))
  return path
}

/** The program in JavaScript of every supported Node, in which modules are found from the repository. */
async function runnable(code: string): Promise<string> {
  const lowered = await transform(code, { loader: 'ts', target: 'node20', format: 'esm' })
  return lowered.code.replaceAll(/from "(berkeley[^"]*)"/g, (_, name) => `from "${import.meta.resolve(name)}"`)
}

for (const { name, code, fixture } of programs)
  test(`runs: ${name}`, { skip: fixture.notRun ?? false }, async (t) => {
    const cwd = folder(t)
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(cwd, 'ca.pem') }
    const ending = await run(process.execPath, script(await runnable(code)), { cwd, env })
    assert.deepEqual([ending.code, ending.signal], [0, null], `${ending.stderr}\n${code}`)
    assert.equal(ending.stderr, '')
    if (fixture.prints !== undefined) assert.equal(ending.stdout, fixture.prints)
  })
