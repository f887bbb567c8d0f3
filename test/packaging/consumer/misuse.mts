// Must not compile, line by line: an error that does not come is one itself.
import { CmsgHdr, stream } from 'berkeley'
import { AddrInfo, socket } from 'berkeley/llsocket'

// @ts-expect-error a port is no boolean
AddrInfo.inet('127.0.0.1', true)
// @ts-expect-error an address is an AddrInfo
socket.create('127.0.0.1', true)
// @ts-expect-error there is no such function
stream.unix.pear()
// @ts-expect-error a property that is misspelt
CmsgHdr.of('pktinfo', { ifindx: 1 })
// @ts-expect-error an address is an AddrInfo
CmsgHdr.of('pktinfo', { addr: '127.0.0.1' })
// @ts-expect-error a type that is only received
CmsgHdr.of('timestamp', 1n)

const [a] = await stream.unix.pair()
// @ts-expect-error data is text or bytes
await a.send(42)
// @ts-expect-error a promise is no buffer
export const received: Uint8Array = a.recv()
// @ts-expect-error internal modules cannot be reached
await import('berkeley/dist/native/sockets.js')
