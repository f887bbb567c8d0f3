import { tcpOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { Socket } from '../socket.js'

/** A stream: bytes in order, without boundaries, until the end. See tcp(7), unix(7). */
export class StreamSocket extends Socket {}

export interface StreamSocket extends OptionMethods<typeof tcpOptions> {}
defineOptions(StreamSocket, tcpOptions)
