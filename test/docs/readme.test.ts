// The Express program of README.md is run as it is there, except for the path.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { leavesNoFd, root, script, start, tempFolder, within } from '../util/index.js'

leavesNoFd()

const LIBRARIES = join(root, 'test', 'ecosystem', 'libraries')

/** Where Express is, if it is installed. */
function whereIsExpress(): string | undefined {
  try {
    return createRequire(join(LIBRARIES, 'package.json')).resolve('express')
  } catch {
    return undefined
  }
}

const express = whereIsExpress()

/** The snippet, for that path. */
function snippet(path: string): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const found = [...readme.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '')
  const shown = found.find((code) => code.includes("from 'express'")) ?? ''
  const module = pathToFileURL(express ?? '').href
  return shown.replace("'express'", JSON.stringify(module)).replace("'/run/app.sock'", JSON.stringify(path))
}

/** Waits until the server listens: the file exists a moment before. */
async function listens(path: string): Promise<void> {
  for (;;) {
    const socket = net.connect(path)
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await new Promise((turn) => setTimeout(turn, 5))
  }
}

async function ask(path: string, question: string): Promise<net.Socket> {
  const socket = net.connect(path)
  await once(socket, 'connect')
  socket.write(question)
  return socket
}

test('the Express application of README.md knows its peers, answers what was asked when it ends, and removes its file', {
  skip: express === undefined && 'express is not installed: npm run ecosystem',
}, async (t) => {
  const path = join(tempFolder(t), 'app.sock')
  const child = start(t, process.execPath, script(snippet(path)))
  await within(listens(path), 'the server')
  const quick = await ask(path, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const hello = `hello, user ${process.getuid?.()}, process ${process.pid}\n`
  assert.ok((await within(text(quick), 'the answer')).endsWith(hello))
  const idle = await ask(path, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(idle, 'data')
  const asking = await ask(path, 'GET / HTTP/1.1\r\nHost: x\r\n')
  // A later question that is answered shows that the beginning of the one before has arrived.
  const after = await ask(path, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await within(text(after), 'the answer')
  child.process.kill('SIGTERM')
  await within(once(idle.resume(), 'close'), 'the end of the idle connection')
  asking.write('Connection: close\r\n\r\n')
  assert.ok((await within(text(asking), 'the answer')).endsWith(hello))
  const { code, signal, stderr } = await within(child.ended, 'the end')
  assert.deepEqual([code, signal, existsSync(path)], [0, null, false], stderr)
})
