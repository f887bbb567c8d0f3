// berkeley/llsocket.
import { MsgHdr, socket } from '../../dist/llsocket/index.mjs'
import { SIZE } from './size.mjs'

/** @type {import('./run.mjs').Way} */
function llsocket(fd) {
  const sock = socket.wrap(fd)
  const data = Buffer.alloc(SIZE)
  const message = new MsgHdr()
  message.addn(SIZE)
  return {
    send(count) {
      for (let i = 0; i < count; i++) sock.send(data)
    },
    recv(count) {
      for (let i = 0; i < count; i++) sock.recv(SIZE)
    },
    recvinto(count) {
      for (let i = 0; i < count; i++) sock.recvinto(data)
    },
    recvmsg(count) {
      for (let i = 0; i < count; i++) sock.recvmsg(message)
    },
    getsockname(count) {
      for (let i = 0; i < count; i++) sock.getsockname()
    },
    getsockopt(count) {
      for (let i = 0; i < count; i++) sock.rcvbuf()
    },
  }
}

export default llsocket
