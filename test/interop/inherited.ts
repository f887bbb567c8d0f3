// A program that is started with its sockets open, from descriptor 3 on, as service managers do: see sd_listen_fds(3).
// Its arguments say what they are. Each serves one peer, and when all are served the program ends by itself.
import { dgram, seqpacket, stream } from 'berkeley'

interface Peer {
  recv(): Promise<Buffer | null>
  send(data: string): Promise<number>
  close(): Promise<void>
}

interface Listener extends AsyncIterable<Peer> {
  cloexec(): boolean
  acceptconn(): boolean
  isnonblock(): boolean
  close(): Promise<void>
}

/** Receives until the end, and answers. */
async function serve(conn: Peer): Promise<void> {
  let text = ''
  for (let part = await conn.recv(); part !== null; part = await conn.recv()) text += part
  await conn.send(`served by ${process.pid}: ${text}`)
  await conn.close()
}

async function serveOne(server: Listener): Promise<void> {
  console.error(
    `listening ${server.acceptconn()}, close-on-exec ${server.cloexec()}, non-blocking ${server.isnonblock()}`,
  )
  for await (const conn of server) {
    await serve(conn)
    break
  }
  await server.close()
}

/** Answers one datagram, to where it came from. */
async function answerOne(sock: dgram.Socket): Promise<void> {
  const [data, from] = await sock.recvfrom()
  if (from) await sock.sendto(`served by ${process.pid}: ${data}`, from)
  await sock.close()
}

const kinds: Record<string, (fd: number) => Promise<void>> = {
  tcp: async (fd) => serveOne(await stream.inet.Server.wrap(fd)),
  unix: async (fd) => serveOne(await stream.unix.Server.wrap(fd)),
  seqpacket: async (fd) => serveOne(await seqpacket.unix.Server.wrap(fd)),
  udp: async (fd) => answerOne(await dgram.inet.wrap(fd)),
  unixgram: async (fd) => answerOne(await dgram.unix.wrap(fd)),
  connection: async (fd) => serve(await stream.wrap(fd)),
}

/** How many were passed to this very process; the variables may have been meant for a parent. */
function passed(): number {
  return process.env['LISTEN_PID'] === String(process.pid) ? Number(process.env['LISTEN_FDS']) : 0
}

const wanted = process.argv.slice(2)
if (passed() !== wanted.length) throw new Error(`${wanted.length} sockets expected, ${passed()} passed`)
await Promise.all(wanted.map((kind, i) => kinds[kind]?.(3 + i)))
