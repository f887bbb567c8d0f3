import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { leavesNoFd, root, run, tempFolder } from '../util/index.js'
import { portOf, program, readAll, startExample } from './programs.js'

leavesNoFd()

const FIRST_LINE = /^process ([0-9]+) opened neither this connection nor this file:\n/

test('pass-fd passes a file and connections to another process, which serves them', async (t) => {
  const path = join(tempFolder(t), 'content')
  const content = randomBytes(1_000_000).toString('hex')
  writeFileSync(path, content)
  const parent = startExample(t, 'pass-fd', '0', path)
  const port = await portOf(parent)

  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const answers = await Promise.all(Array.from({ length: 8 }, () => readAll(port)))
  const servers = new Set(answers.map((answer) => Number(FIRST_LINE.exec(answer)?.[1])))
  for (const answer of answers) assert.equal(hash(answer.replace(FIRST_LINE, '')), hash(content))
  assert.equal(servers.size, 1)
  const [server] = servers
  assert.notEqual(server, parent.process.pid)
  process.kill(server as number, 0)

  parent.process.kill('SIGINT')
  // The child has the same stdout and stderr: this settles when both processes are gone.
  const { code, stderr } = await parent.ended
  assert.deepEqual([code, stderr], [0, ''])
})

test('pass-fd passes an empty file, and ends with status 1 when its child dies', async (t) => {
  const path = join(tempFolder(t), 'empty')
  writeFileSync(path, '')
  const parent = startExample(t, 'pass-fd', '0', path)
  const [, server] = FIRST_LINE.exec(await readAll(await portOf(parent))) ?? []
  process.kill(Number(server), 'SIGKILL')
  assert.equal((await parent.ended).code, 1)
})

test('pass-fd ends with status 1 and an error without the file, and its child without a parent', async () => {
  const missing = await run(process.execPath, [program('pass-fd'), '0', '/nonexistent'])
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /ENOENT.*\/nonexistent/)
  const orphan = await run(process.execPath, [program('pass-fd-child')], { cwd: root })
  assert.equal(orphan.code, 1)
  assert.match(orphan.stderr, /SystemError: wrap (EBADF|ENOTSOCK|EPROTOTYPE)/)
})
