// Step 3: an open file goes to a child process, which reads it. The child never learns a path, and there is none to
// learn: the file has lost its only name before it is passed.
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stream } from 'berkeley'
import { readText } from './echo.js'
import { grouped } from './figures.js'
import { Child, TempFolder } from './leftovers.js'
import type { Screen } from './screen.js'
import { Mismatch, same } from './verify.js'

const BYTES = 1_000_000
const PATIENCE_MS = 10_000

/** What the child found behind the descriptor. */
export interface Finding {
  readonly pid: number
  readonly fd: number
  readonly bytes: number
  readonly sha256: string
}

/** An open file without a name. */
function openNameless(content: Buffer): number {
  using folder = new TempFolder()
  const path = join(folder.path, 'content')
  writeFileSync(path, content)
  const file = openSync(path, 'r')
  unlinkSync(path)
  return file
}

/** Waits for the child, passes the file, and reads what the child answers. */
async function passTo(server: stream.unix.Server, file: number): Promise<Finding> {
  await using conn = await server.accept()
  conn.deadlines(PATIENCE_MS)
  await conn.sendfd(file)
  const answer = await readText(conn)
  if (answer === '') throw new Mismatch('the answer of the child', 'what it found in the file', 'nothing')
  return JSON.parse(answer)
}

export const title = 'An open file, passed to a child process'

export async function run(screen: Screen): Promise<string> {
  const content = randomBytes(BYTES)
  const name = `berkeley-tour-fd-${process.pid}`
  await using server = await stream.unix.Server.create({ path: `\0${name}` })
  server.deadlines(PATIENCE_MS)
  server.listen()

  await using child = new Child('child.js', name)
  const file = openNameless(content)
  try {
    const { pid, fd, bytes, sha256 } = await passTo(server, file)
    screen.line(`descriptor ${file} of process ${process.pid} is descriptor ${fd} of process ${pid}`)
    screen.line(`SHA-256 ${sha256}`)
    same('the process that answered', pid, child.pid)
    same('the exit status of the child', await child.ending(), 0)
    same('the length of the file that the child read', bytes, BYTES)
    same('the SHA-256 of the file that the child read', sha256, createHash('sha256').update(content).digest('hex'))
    return `the child read ${grouped(bytes)} bytes without a path: same SHA-256 on both sides`
  } finally {
    closeSync(file)
  }
}
