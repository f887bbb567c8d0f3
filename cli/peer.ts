import { type dgram, type seqpacket, stream } from 'berkeley'

/** One side of a conversation, whatever its kind. */
export interface Peer {
  /** Who it is. */
  readonly text: string
  /** Whether what is sent arrives in the same pieces. */
  readonly keepsBoundaries: boolean
  /** The stream that it is, for what only streams have. */
  readonly stream: stream.Socket | undefined
  /** The next data; `null` at the end. */
  receive(signal: AbortSignal): Promise<Buffer | null>
  /** Sends all of the data. */
  send(data: Uint8Array, signal: AbortSignal): Promise<unknown>
  /** Says that nothing follows, where that can be said; resolves to whether it can. */
  end(): Promise<boolean>
  /** Closes it. */
  close(): Promise<void>
}

/** A stream or a seqpacket connection. */
export function connectionPeer(sock: stream.Socket | seqpacket.unix.Socket, text: string): Peer {
  const isStream = sock instanceof stream.Socket
  return {
    text,
    keepsBoundaries: !isStream,
    stream: isStream ? sock : undefined,
    receive: (signal) => sock.recv({ signal }),
    send: (data, signal) => sock.send(data, { signal }),
    async end() {
      if (isStream) await sock.end()
      else sock.closew()
      return true
    },
    close: () => sock.close(),
  }
}

/** A datagram socket that is connected to its peer. */
export function datagramPeer(sock: dgram.Socket, text: string, first?: Buffer): Peer {
  const arrived = first === undefined ? [] : [first]
  return {
    text,
    keepsBoundaries: true,
    stream: undefined,
    receive: async (signal) => arrived.shift() ?? sock.recv({ signal }),
    send: (data, signal) => sock.send(data, { signal }),
    end: async () => false,
    close: () => sock.close(),
  }
}
