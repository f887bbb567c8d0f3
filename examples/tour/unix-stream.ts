// Step 2: unix streams, by path and by abstract name. The server knows the user and the process of its client from the kernel.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { stream } from 'berkeley'
import { readText } from './echo.js'
import { TempFolder } from './leftovers.js'
import type { Screen } from './screen.js'
import { same } from './verify.js'

const QUESTION = 'Who am I?'

/** The process that runs this, as the server should describe it. */
const myself = (): string => `process ${process.pid} of user ${process.getuid?.()}, group ${process.getgid?.()}`

async function ask(path: string): Promise<string> {
  await using client = await stream.unix.Client.create({ path })
  await client.send(QUESTION)
  client.closew() // The end of the question: the other direction stays open for the answer.
  return await readText(client) // With await: at the end of this block the client is closed.
}

/** One question and its answer, over a server at that path or name. */
async function askServerAt(path: string, label: string, screen: Screen): Promise<void> {
  await using server = await stream.unix.Server.create({ path })
  server.listen()

  const answerOne = async (): Promise<void> => {
    await using conn = await server.accept()
    same('the question', await readText(conn), QUESTION)
    const { pid, uid, gid } = conn.peercred()
    await conn.send(`process ${pid} of user ${uid}, group ${gid}`)
  }

  const [answer] = await Promise.all([ask(path), answerOne()])
  same('the answer to who is asking', answer, myself())
  screen.line(`${server.getsockname()}`, label)
  screen.line(`"${QUESTION}" "You are ${answer}."`, ' '.repeat(label.length))
}

export const title = 'Unix streams: a server that knows who is asking'

export async function run(screen: Screen): Promise<string> {
  using folder = new TempFolder()
  const path = join(folder.path, 'tour.sock')
  await askServerAt(path, 'path', screen)
  same('whether the file of the socket is there after close()', existsSync(path), false)

  // A name that begins with a NUL is abstract: it is in no file system, and gone with its socket.
  await askServerAt(`\0berkeley-tour-${process.pid}`, 'name', screen)
  return 'path and abstract name: the peer was known, and close() removed the file'
}
