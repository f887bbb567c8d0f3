// Step 8: sendfile. The kernel takes the bytes from the file to the socket, and the call is made on another thread,
// because a file may be on a slow disk: the event loop goes on meanwhile, and how late its turns are is measured. For
// that another process receives the file and makes the hash of it; here that would be most of the work.
import { createHash } from 'node:crypto'
import { type FileHandle, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { stream } from 'berkeley'
import { readText } from './echo.js'
import { megabytes, seconds } from './figures.js'
import { Child, TempFolder } from './leftovers.js'
import { Random } from './random.js'
import type { Screen } from './screen.js'
import { Mismatch, same } from './verify.js'

const HOST = '127.0.0.1'
const MIB = 2 ** 20
const FILE_MIB = 256
const BYTES = FILE_MIB * MIB
const PATIENCE_MS = 20_000
const LOOK_MS = 40

/** The event loop is asked for a turn this often; each comes so much later, and what is beyond that is delay. */
const RESOLUTION_MS = 1
const NS_PER_MS = 1e6

/** What the child received. */
export interface Receipt {
  readonly bytes: number
  readonly sha256: string
}

/** A new file without a name: it is gone when it is closed, however this process ends. */
async function openNameless(): Promise<FileHandle> {
  using folder = new TempFolder()
  return await open(join(folder.path, 'content'), 'wx+')
}

/** Fills the file with bytes in which no hole and no page in the wrong place goes unseen, and returns their hash. */
async function fill(file: FileHandle, screen: Screen): Promise<string> {
  const hash = createHash('sha256')
  const random = new Random(FILE_MIB)
  const piece = Buffer.alloc(MIB)
  function* pieces(): Generator<Buffer> {
    for (let written = 0; written < BYTES; written += MIB) {
      screen.progress(written / BYTES, `writing ${megabytes(BYTES)}`)
      random.fill(piece)
      hash.update(piece)
      yield piece
    }
  }
  await writeFile(file, pieces())
  return hash.digest('hex')
}

/** Sends all of the file, says that this was all, and reads what the child says of it. */
async function send(conn: stream.inet.Socket, file: FileHandle): Promise<Receipt> {
  same('how much sendfile says that it sent', await conn.sendfile(file.fd, BYTES), BYTES)
  conn.closew()
  const receipt = await readText(conn)
  if (receipt === '') throw new Mismatch('the answer of the child', 'what it received', 'nothing')
  return JSON.parse(receipt)
}

/** Does that, while a timer shows how much the peer has acknowledged, and another one watches the event loop. */
async function watch<T>(
  conn: stream.inet.Socket,
  work: () => Promise<T>,
  screen: Screen,
): Promise<[T, IntervalHistogram]> {
  const look = setInterval(() => {
    const acked = Math.min(conn.tcpinfo().bytes_acked ?? 0, BYTES)
    screen.progress(acked / BYTES, `sending ${megabytes(acked)} of ${megabytes(BYTES)}`)
  }, LOOK_MS)
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  try {
    return [await work(), delay]
  } finally {
    delay.disable()
    clearInterval(look)
  }
}

const late = (ns: number): string => `${Math.max(0, ns / NS_PER_MS - RESOLUTION_MS).toFixed(1)} ms`

export const title = `A file of ${FILE_MIB} MiB, sent with sendfile`

export async function run(screen: Screen): Promise<string> {
  await using file = await openNameless()
  const sha256 = await fill(file, screen)

  await using server = await stream.inet.Server.create({ host: HOST })
  server.deadlines(PATIENCE_MS)
  server.listen()
  await using child = new Child('receiver.js', HOST, `${server.getsockname().port}`)
  await using conn = await server.accept()
  conn.deadlines(PATIENCE_MS, PATIENCE_MS)

  const begin = performance.now()
  const [receipt, delay] = await watch(conn, () => send(conn, file), screen)
  const took = performance.now() - begin

  same('the length of the file that the child received', receipt.bytes, BYTES)
  same('the SHA-256 of the file that the child received', receipt.sha256, sha256)
  same('the exit status of the child', await child.ending(), 0)
  screen.line(`SHA-256 ${sha256}`)
  screen.line(`the event loop was late by ${late(delay.percentile(50))} in the median, ${late(delay.max)} at most`)
  return `${megabytes(BYTES)} in ${seconds(took)}: ${megabytes((BYTES / took) * 1000)}/s, same SHA-256 on both sides`
}
