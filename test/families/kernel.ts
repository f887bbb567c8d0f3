// Which families this kernel and this process have, and a network namespace beside the one of the tests.
import type { TestContext } from 'node:test'
import { AddrInfo, socket } from 'berkeley/llsocket'
import { withoutNamespaces } from '../examples/programs.js'
import { type Child, start } from '../util/index.js'

export { withoutNamespaces }

/** For the `skip` option of a test: the reason where such a socket cannot be made here, else false. */
export function withoutSocket(family: number, socktype: number, protocol = 0): string | false {
  try {
    socket.create(AddrInfo.raw(new Uint8Array(Uint16Array.of(family).buffer), { socktype, protocol })).close()
    return false
  } catch (error) {
    return (error as Error).message
  }
}

/** A network namespace of its own: its path, and a shell in it. */
export interface Namespace {
  readonly path: string
  readonly shell: Child
}

/** Makes another network namespace, as long as the test lives, and runs a script in it. */
export async function otherNamespace(t: Pick<TestContext, 'after'>, script = ''): Promise<Namespace> {
  const shell = start(t, 'unshare', ['--net', 'sh', '-e'])
  shell.write(`ip link set lo up\n${script}\necho ready\n`)
  await shell.waitForOutput(/^ready$/m)
  return { path: `/proc/${shell.process.pid}/ns/net`, shell }
}
