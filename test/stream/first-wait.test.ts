// The first wait of a process makes the reactor: what if there is no descriptor left for it?
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { available, leavesNoFd, run, script } from '../util/index.js'

leavesNoFd()

const STARVED = `
  import { closeSync, openSync } from 'node:fs'
  import { stream } from 'berkeley'
  const [a, b] = await stream.unix.pair()
  const taken = []
  try { for (;;) taken.push(openSync('/dev/null')) } catch (error) { console.log(error.code) }
  for (let i = 0; i < 2; i++) await a.recv().catch(({ code, syscall }) => console.log(code, syscall))
  for (const fd of taken) closeSync(fd)
  const waiting = a.recv()
  await b.send('after all')
  console.log(String(await waiting))
  await Promise.all([a.close(), b.close()])
`

test('a wait without a free descriptor fails, and the next one works', { skip: available('prlimit') }, async () => {
  const { stdout, stderr, code } = await run('prlimit', ['--nofile=100:100', process.execPath, ...script(STARVED)])
  const failed = 'EMFILE epoll_create1\n'
  assert.deepEqual([stdout, code], [`EMFILE\n${failed}${failed}after all\n`, 0], stderr)
})
