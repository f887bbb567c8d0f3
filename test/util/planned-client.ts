import type { AddrInfo, Socket } from 'berkeley'
import type { Socket as LowSocket } from 'berkeley/llsocket'
import { Connector } from '#internal/socket/connector.js'

/** How a client of a test finds its peer. */
interface Plan {
  /** The addresses to try, in their order. */
  lookup(): Promise<AddrInfo[]>
  /** Sets what a socket is to have before it connects. */
  prepare?(sock: LowSocket): void
}

type Connects<S> = S & { connect(conndeadl?: number): Promise<void> }

/** A socket of that class that connects to whatever the plan says: to other addresses at each call, or to unix ones of a lookup. */
export function plannedClient<S extends Socket>(Class: new () => S, { lookup, prepare }: Plan): Connects<S> {
  const client = new Class()
  const plan = { lookup, prepare: (sock: LowSocket) => prepare?.(sock), secure: undefined, attemptDelay: undefined }
  const connector = new Connector(client, () => ({ plan, signal: undefined }))
  connector.configure({})
  return Object.assign(client, { connect: (conndeadl = 0) => connector.connect(conndeadl, {}) })
}
