// berkeley: methods that could wait, and do not have to. Now and then they let the event loop turn all the same.
import { MsgHdr, stream } from '../../dist/index.mjs'
import { SIZE } from './size.mjs'

/** @type {import('./run.mjs').Way} */
async function berkeley(fd) {
  const sock = await stream.unix.wrap(fd)
  const data = Buffer.alloc(SIZE)
  const message = new MsgHdr()
  message.addn(SIZE)
  return {
    async send(count) {
      for (let i = 0; i < count; i++) await sock.send(data)
    },
    async recv(count) {
      for (let i = 0; i < count; i++) await sock.recv(SIZE)
    },
    async recvinto(count) {
      for (let i = 0; i < count; i++) await sock.recvinto(data)
    },
    async recvmsg(count) {
      for (let i = 0; i < count; i++) await sock.recvmsg(message)
    },
  }
}

export default berkeley
