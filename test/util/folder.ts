import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { threadId } from 'node:worker_threads'

/** A fresh folder, removed after the test. Its path is short, so that unix addresses fit into it. */
export function tempFolder(t: Pick<TestContext, 'after'>): string {
  const path = mkdtempSync(join(tmpdir(), 'bk-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

let names = 0

/** An abstract unix name that is used only once, in all threads. */
export function abstractName(): string {
  names++
  return `\0berkeley-test-${process.pid}-${threadId}-${names}`
}
