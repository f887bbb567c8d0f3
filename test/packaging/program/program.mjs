// A small program to be joined, or installed, by many tools: it echoes over TCP, passes a file descriptor, and asks OpenSSL.
import { closeSync, fstatSync, openSync } from 'node:fs'
import { stream, tls } from 'berkeley'
import { AddrInfo } from 'berkeley/llsocket'

async function echo() {
  const server = await stream.inet.Server.create({ host: '127.0.0.1', port: 0 })
  server.listen()
  const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port })
  const peer = await server.accept()
  await client.send('hello')
  await peer.send(await peer.recv())
  const answer = String(await client.recv())
  await Promise.all([client.close(), peer.close(), server.close()])
  return answer
}

async function passFile(path) {
  const [ours, theirs] = await stream.unix.pair()
  const file = openSync(path)
  await ours.sendfd(file)
  const passed = await theirs.recvfd()
  const isSame = passed !== file && fstatSync(passed).ino === fstatSync(file).ino
  for (const fd of [file, passed]) closeSync(fd)
  await Promise.all([ours.close(), theirs.close()])
  return isSame
}

async function main() {
  const facts = [
    await echo(),
    (await passFile(process.execPath)) ? 'passed' : 'lost',
    tls.Context.client({}) instanceof tls.Context ? 'encrypts' : 'odd',
    AddrInfo.inet('192.0.2.1').addr,
  ]
  console.log(facts.join(' '))
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
