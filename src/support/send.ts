import { MSG_DONTWAIT } from '../constants/exported.generated.js'
import { behindRegisters, native } from '../native/sockets.js'
import { setBytes } from './copy.js'

const { name, data } = behindRegisters
const SHORT_MOST = data.length

const { get: getLength } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  'length',
) as PropertyDescriptor
/** The length of the language, whatever property was defined on the view since it was checked. */
const lengthOf: (view: Uint8Array) => number = Function.prototype.call.bind(getLength as () => number)

/** Copies data to memory that the addon knows, which costs less than to pass it a view. False where it is not short, or with flags. */
function putShort(from: Uint8Array, offset: number, length: number, flags: number): boolean {
  // The kernel may keep what is sent with flags, such as MSG_ZEROCOPY, longer than the call takes.
  if (offset > 0 || length > SHORT_MOST || (flags !== MSG_DONTWAIT && flags !== 0) || lengthOf(from) !== length)
    return false
  setBytes(data, from, 0)
  return true
}

/** send(2): the count of bytes, or `-errno`. */
export function send(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number {
  return putShort(from, offset, length, flags)
    ? native.sendShort(fd, length, flags, 0)
    : native.send(fd, from, offset, length, flags)
}

/** sendto(2), of all of the data. */
export function sendto(fd: number, from: Uint8Array, length: number, flags: number, sockaddr: Uint8Array): number {
  if (!putShort(from, 0, length, flags)) return native.sendto(fd, from, 0, length, flags, sockaddr)
  setBytes(name, sockaddr, 0)
  return native.sendShort(fd, length, flags, sockaddr.length)
}
