import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { dgram, MsgHdr } from 'berkeley'
import { type Child, closing, PATIENCE_MS, script, start, tempFolder } from '../util/index.js'

/** A message to the service manager. */
export interface Notice {
  readonly text: string
  readonly pid: number | undefined
  /** They belong to the test. */
  readonly fds: number[]
}

/** A service manager: its end of the notification socket. */
export class Manager {
  readonly #sock: dgram.unix.Socket
  readonly address: string

  private constructor(sock: dgram.unix.Socket, address: string) {
    this.#sock = sock
    this.address = address
  }

  static async create(t: TestContext, path = join(tempFolder(t), 'notify')): Promise<Manager> {
    const sock = closing(t, await dgram.unix.Socket.create({ path }))
    sock.passcred(true)
    sock.deadlines(PATIENCE_MS)
    await sock.bind()
    return new Manager(sock, path.replace('\0', '@'))
  }

  async next(): Promise<Notice> {
    const msg = new MsgHdr()
    msg.addn(8192)
    await this.#sock.recvmsg(msg)
    const fds = [...msg.control()].filter((cmsg) => cmsg.isRights()).flatMap((cmsg) => cmsg.take())
    return { text: msg.concat().toString(), pid: msg.control().value('credentials')?.pid, fds }
  }

  /** The texts of that many messages, which pass no descriptors. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = []
    while (texts.length < count) {
      const { text, fds } = await this.next()
      assert.deepEqual(fds, [])
      texts.push(text)
    }
    return texts
  }
}

/** Runs `act` with variables in the environment of this process: `undefined` for one that is absent. */
export async function withEnvironment<T>(
  variables: Record<string, string | undefined>,
  act: () => T,
): Promise<Awaited<T>> {
  const set = (values: Record<string, string | undefined>): void => {
    for (const [name, value] of Object.entries(values))
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]))
  set(variables)
  try {
    return await act()
  } finally {
    set(before)
  }
}

/**
 * Starts an ES module given as text with descriptors from 3 on, and the variables of a service manager. `LISTEN_PID` can only be set by the
 * process that becomes the program: `$$` stands for its number.
 */
export function startPassed(
  t: TestContext,
  code: string,
  fds: readonly number[],
  variables: Record<string, string>,
): Child {
  const { LISTEN_PID = '$$', ...rest } = variables
  const command = ['-c', `LISTEN_PID="${LISTEN_PID}" exec "$@"`, 'sh', process.execPath, ...script(code)]
  return start(t, 'sh', command, { env: { ...process.env, ...rest }, stdio: ['pipe', 'pipe', 'pipe', ...fds] })
}
