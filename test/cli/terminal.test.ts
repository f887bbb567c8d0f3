// Colours are for terminals: the tool in a pseudo-terminal, made by Python's pty.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { connect, listen } from 'berkeley'
import { pythonArguments } from '../interop/common.js'
import { available, type Child, closing, leavesNoFd, start } from '../util/index.js'
import { environment, TOOL, tool } from './common.js'

leavesNoFd()

/** Runs a program in a terminal, and passes on what it writes there and what is typed. Its status is that of the program. */
const TERMINAL = `
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status))
`

const skip = available('python3')

function inTerminal(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const variables = { ...environment(), TERM: 'xterm', LD_PRELOAD: '', ...env }
  return start(t, 'python3', pythonArguments(TERMINAL, process.execPath, TOOL, ...args), { env: variables })
}

const ESCAPE = '\x1b['

test('a terminal gets colours, unless NO_COLOR, TERM=dumb or --no-color say otherwise', { skip }, async (t) => {
  const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
  const args = ['ping', `tcp:127.0.0.1:${server.getsockname().port}`, '-c', '1']
  const cases: [string[], NodeJS.ProcessEnv, boolean][] = [
    [[], {}, true],
    [[], { NO_COLOR: '1' }, false],
    [[], { NO_COLOR: '' }, true],
    [[], { TERM: 'dumb' }, false],
    [['--no-color'], {}, false],
    [['--json'], {}, false],
  ]
  for (const [more, env, hasColors] of cases) {
    const { code, stdout } = await inTerminal(t, [...args, ...more], env).ended
    assert.equal(code, 0, stdout)
    assert.equal(stdout.includes(ESCAPE), hasColors, JSON.stringify([more, env, stdout]))
  }
  const inPipe = await tool(args)
  assert.equal(inPipe.stdout.includes(ESCAPE), false)
})

test('Ctrl-C in a terminal ends a listener with its summary, and Ctrl-D ends the input', { skip }, async (t) => {
  const child = inTerminal(t, ['listen', '-k', 'tcp:127.0.0.1:0'])
  const [, port] = await child.waitForOutput(/listening at tcp:127\.0\.0\.1:(\d+)/)
  const client = await connect({ host: '127.0.0.1', port: port as string })
  await client.send('shown\n')
  await child.waitForOutput(/shown/)
  await client.close()
  child.write('\x03')
  const { code, stdout } = await child.ended
  assert.equal(code, 0, stdout)
  assert.match(stdout, /1 connection, 6 B received, 0 B sent/)

  const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
  const typing = inTerminal(t, ['connect', '-v', `tcp:127.0.0.1:${server.getsockname().port}`])
  const conn = closing(t, await server.accept())
  await typing.waitForOutput(/connected to/)
  typing.write('typed\n')
  assert.equal(String(await conn.recv()), 'typed\n')
  typing.write('\x04')
  assert.equal(await conn.recv(), null)
  await conn.close()
  assert.equal((await typing.ended).code, 0)
})
