// How processes end. Each of these programs is a process of its own: the first argument names it.
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AddrInfo, connect, getnameinfo, listen, stream } from 'berkeley'
import { tcp } from './steps.js'

const never = (): void => console.log('this must not be')

/** A file of some size. It is gone when it is closed. */
function openFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'berkeley-runtimes-'))
  const path = join(folder, 'file')
  writeFileSync(path, Buffer.alloc(1 << 22))
  const fd = openSync(path, 'r')
  rmSync(folder, { recursive: true })
  return fd
}

const programs: Record<string, () => Promise<void>> = {
  async 'ends when all is closed'() {
    const [a, b] = await stream.unix.pair()
    const waiting = b.recv()
    setTimeout(() => a.write('later'), 10)
    console.log(String(await waiting))
    await Promise.all([a.close(), b.close()])
  },
  async 'ends when nothing waits, though sockets are open'() {
    await listen(tcp)
    const [a, b] = await stream.unix.pair()
    const waiting = b.recv()
    setTimeout(() => a.write('later'), 10)
    console.log(String(await waiting))
  },
  async 'ends when only what is unreferenced waits'() {
    const server = await listen(tcp)
    server.unref()
    server.accept().then(never, never)
    const [, b] = await stream.unix.pair()
    b.unref()
    b.recv().then(never, never)
    console.log('end')
  },
  async 'does not end while something waits'() {
    const server = await listen(tcp)
    const accepting = server.accept()
    const { port } = server.getsockname() as { port: number }
    const timer = setTimeout(async () => {
      const client = await connect({ ...tcp, port })
      client.unref()
      await client.close()
    }, 50)
    accepting.then(async (conn) => {
      clearTimeout(timer)
      console.log(`the end: ${await conn.recv()}`)
      await Promise.all([conn.close(), server.close()])
    })
  },
  async 'does not end while a name is looked up'() {
    getnameinfo(AddrInfo.inet('127.0.0.1', 80)).then(({ serv }) => console.log(serv))
  },
  async 'does not end while a file is sent'() {
    const [a, b] = await stream.unix.pair()
    b.unref()
    b.forEach(() => undefined)
    a.sendfile(openFile()).then(() => console.log('sent'))
  },
  async 'ends by exit(), from within an event'() {
    const [a, b] = await stream.unix.pair()
    b.forEach((data) => {
      console.log(String(data))
      process.exit(3)
    }).catch(never)
    setTimeout(() => a.write('last'), 10)
  },
  async 'ends by exit(), with everything under way'() {
    const [a, b] = await stream.unix.pair()
    for (const sock of [a, b]) sock.recv().then(never, never)
    b.sendfile(openFile()).then(never, never)
    for (let i = 0; i < 20; i++) {
      connect({ host: `name${i}.invalid`, port: 80 }).then(never, never)
      getnameinfo(AddrInfo.inet('192.0.2.1', 80)).then(never, never)
    }
    console.log('exit')
    process.exit(4)
  },
  async 'ends by an exception'() {
    const [a, b] = await stream.unix.pair()
    b.recv().then(never, never)
    a.recv().then(never, never)
    setTimeout(() => {
      throw new Error('nobody catches it')
    }, 10)
  },
}

await programs[process.argv[2] as string]?.()
