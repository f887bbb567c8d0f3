import { SOCK_STREAM } from '../../constants.js'
import { pair as lowPair } from '../../llsocket/factory.js'
import { unixOptions } from '../../options/index.js'
import { defineOptions, type OptionMethods } from '../../options/option.js'
import { StreamSocket } from '../socket.js'

/** A unix stream. See unix(7). */
export class UnixStreamSocket extends StreamSocket {}

export interface UnixStreamSocket extends OptionMethods<typeof unixOptions> {}
defineOptions(UnixStreamSocket, unixOptions)

/** Two unix streams that are connected with each other. See socketpair(2). */
export async function pair(): Promise<[UnixStreamSocket, UnixStreamSocket]> {
  const [a, b] = lowPair(SOCK_STREAM, true)
  return [new UnixStreamSocket(a), new UnixStreamSocket(b)]
}
