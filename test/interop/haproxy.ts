// Starting haproxy, for the tests with it.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, eventually, start } from '../util/index.js'
import { plainEnvironment, type Test } from './common.js'

export const HAPROXY = '/usr/sbin/haproxy'

/** Starts haproxy with those sections of its configuration. It is ready when its statistics socket, whose path is returned, is there. */
export async function startHaproxy(
  t: Test,
  folder: string,
  mode: 'http' | 'tcp',
  sections: string[],
): Promise<[child: Child, path: string]> {
  const path = join(folder, 'stats')
  const config = join(folder, 'config')
  const lines = [
    'global',
    `  stats socket ${path} level admin expose-fd listeners`,
    '  maxconn 100',
    'defaults',
    `  mode ${mode}`,
    '  timeout client 10s',
    '  timeout server 10s',
    '  timeout connect 10s',
    ...sections,
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  const child = start(t, HAPROXY, ['-db', '-f', config], { env: plainEnvironment() })
  const ended = child.ended.then(({ stderr }) => assert.fail(stderr))
  await Promise.race([eventually(() => existsSync(path) && listens(path), 'the statistics socket'), ended])
  return [child, path]
}

/** Whether a unix socket listens there. haproxy binds it by a name of its own first, which begins with the path. */
function listens(path: string): boolean {
  const ACCEPTS = '00010000'
  const sockets = readFileSync('/proc/net/unix', 'utf8').split('\n')
  return sockets.some((line) => line.includes(` ${path}`) && line.split(' ')[3] === ACCEPTS)
}
