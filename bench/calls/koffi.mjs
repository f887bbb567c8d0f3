// The npm package koffi: functions of the C library, called without any code of ours in C.
import { createRequire } from 'node:module'
import { SO_RCVBUF, SOL_SOCKET } from '../../dist/index.mjs'
import { SIZE } from './size.mjs'

const koffi = createRequire(import.meta.url)('koffi')

const libc = koffi.load(null)
koffi.struct('iovec', { base: 'void *', length: 'size_t' })
koffi.struct('msghdr', {
  name: 'void *',
  namelen: 'uint32_t',
  iov: 'iovec *',
  iovlen: 'size_t',
  control: 'void *',
  controllen: 'size_t',
  flags: 'int',
})
const send = libc.func('long send(int, void *, size_t, int)')
const recv = libc.func('long recv(int, void *, size_t, int)')
const recvmsg = libc.func('long recvmsg(int, msghdr *, int)')
const getsockname = libc.func('int getsockname(int, void *, void *)')
const getsockopt = libc.func('int getsockopt(int, int, int, void *, void *)')

/** @type {import('./run.mjs').Way} */
function ways(fd) {
  const data = Buffer.alloc(SIZE)
  const length = new Uint32Array([SIZE])
  const iov = [{ base: data, length: SIZE }]
  const message = { name: null, namelen: 0, iov, iovlen: 1, control: null, controllen: 0, flags: 0 }
  const receive = (/** @type {number} */ count) => {
    for (let i = 0; i < count; i++) recv(fd, data, SIZE, 0)
  }
  return {
    recv: receive,
    recvinto: receive,
    send(count) {
      for (let i = 0; i < count; i++) send(fd, data, SIZE, 0)
    },
    recvmsg(count) {
      for (let i = 0; i < count; i++) recvmsg(fd, message, 0)
    },
    getsockname(count) {
      for (let i = 0; i < count; i++) {
        length[0] = SIZE
        if (getsockname(fd, data, length) < 0) throw new Error('getsockname')
      }
    },
    getsockopt(count) {
      for (let i = 0; i < count; i++)
        if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, data, length) < 0) throw new Error('getsockopt')
    },
  }
}

export default ways
