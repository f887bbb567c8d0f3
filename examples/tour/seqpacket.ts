// Step 6: seqpackets. They come in order and over a connection, as the bytes of a stream do, and with boundaries, as
// datagrams do.
import { MSG_TRUNC, seqpacket } from 'berkeley'
import { everyone } from './everyone.js'
import { count, megabytes } from './figures.js'
import { Random } from './random.js'
import type { Screen } from './screen.js'
import { rejectsWith, same } from './verify.js'

const PATIENCE_MS = 10_000
const RECORDS = 2000
const LONGEST = 8192
const EMPTY_EVERY = 10
const LONG = 1400
const ROOM = 100

type Connection = seqpacket.unix.Socket

/**
 * Records of every length, and empty ones between them: the same at each call. The last is not empty, because the
 * kernel says 0 for an empty one and for the end, so that right before the end they cannot be distinguished.
 * A record is good until the next one is asked for: they share their memory.
 */
function* records(): Generator<Buffer> {
  const random = new Random(RECORDS)
  const room = Buffer.alloc(LONGEST)
  for (let i = 0; i < RECORDS; i++) {
    const record = room.subarray(0, i % EMPTY_EVERY === 0 ? 0 : random.between(1, LONGEST))
    random.fill(record)
    yield record
  }
}

async function sendAll(conn: Connection): Promise<number> {
  let bytes = 0
  for (const record of records()) bytes += await conn.send(record)
  conn.closew()
  return bytes
}

/** What comes are the same records: none is split, none runs into the next, and after the last comes the end. */
async function receiveAll(conn: Connection): Promise<number> {
  let bytes = 0
  for (const record of records()) {
    same('a record', await conn.recv(), record)
    bytes += record.length
  }
  same('what comes after the last record', await conn.recv(), null)
  return bytes
}

/** What does not fit is cut by the kernel: an error with the real length, unless the part that fits is asked for. */
async function cut(from: Connection, to: Connection, screen: Screen): Promise<void> {
  const record = Buffer.alloc(LONG, 'record ')
  for (let i = 0; i < 2; i++) await from.send(record)
  await from.send('next')
  const error = await rejectsWith('a record that was cut', 'EMSGSIZE', to.recv(ROOM))
  same('the real length of a record that was cut', error['bytes'], LONG)
  same('the part that fits', await to.recv(ROOM, MSG_TRUNC), record.subarray(0, ROOM))
  same('the record behind the ones that were cut', await to.recv(), Buffer.from('next'))
  screen.line(`${error['code']}: ${error['bytes']} bytes did not fit into ${ROOM}; the next record was whole`)
}

export const title = 'Seqpackets: a connection that keeps boundaries'

export async function run(screen: Screen): Promise<string> {
  const path = `\0berkeley-tour-seqpacket-${process.pid}`
  await using server = await seqpacket.unix.Server.create({ path })
  server.listen()
  await using client = await seqpacket.unix.Client.create({ path })
  await using peer = await server.accept()
  for (const conn of [client, peer]) conn.deadlines(PATIENCE_MS, PATIENCE_MS)

  await cut(client, peer, screen)
  const [sent, came] = await everyone([sendAll(client), receiveAll(peer)])
  same('bytes of all records', came, sent)
  await peer.send('goodbye') // Only one direction has ended.
  same('the other direction', await client.recv(), Buffer.from('goodbye'))
  const records = `${count(RECORDS, 'record')}, ${RECORDS / EMPTY_EVERY} of them empty`
  return `${records}, ${megabytes(sent ?? 0)}: every boundary kept, then the end`
}
