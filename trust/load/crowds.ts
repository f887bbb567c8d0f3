// How a program has a crowd of clients: see crowd.ts.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { stream } from 'berkeley'
import { Child } from '../../test/util/index.js'

const PROGRAM = fileURLToPath(new URL('./crowd.js', import.meta.url))

/** Descriptors that a process needs beside its sockets. */
const OTHERS = 200

/** As many as wanted, or as many as the limit of descriptors lets a process have. */
export function atMost(wanted: number): number {
  const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return limit === 'unlimited' ? wanted : Math.min(wanted, Number(limit) - OTHERS)
}

/** Clients of that server, and its ends of their connections. */
export async function crowdOf(server: stream.inet.Server, count: number): Promise<[Child, stream.inet.Socket[]]> {
  const { port } = server.getsockname()
  const child = new Child(process.execPath, [PROGRAM, String(port), String(count)], {})
  const conns: stream.inet.Socket[] = []
  while (conns.length < count) conns.push(await server.accept())
  await child.waitForOutput(/all are there/)
  return [child, conns]
}

/** Ends the clients, and waits until they are gone. */
export async function disperse(child: Child): Promise<void> {
  child.endInput()
  const { code, signal, stderr } = await child.ended
  if (code !== 0) throw new Error(`the clients ended with ${signal ?? code}: ${stderr}`)
}
