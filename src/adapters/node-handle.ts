// The descriptors of Node's sockets. There is no public way to ask for one; the properties below are those that libraries have used for years.
import net, { type Server as NodeServer, type Socket as NodeSocket } from 'node:net'

/** A socket that is bound and has not been given to a server or a client yet: `net.BoundSocket` of Node 26. */
export interface BoundSocket {
  /** Returns its file descriptor. */
  fd(): number
}

/** What the handle of a socket tells. */
interface Handle {
  readonly fd?: number
}

type BoundClass = (new (...args: never[]) => BoundSocket) | undefined

/** The class, where Node has it. */
function boundClass(): BoundClass {
  return (net as { BoundSocket?: BoundClass }).BoundSocket
}

/** Whether a value is a `net.BoundSocket`. */
export function isBoundSocket(value: unknown): value is BoundSocket {
  const Bound = boundClass()
  return Bound !== undefined && value instanceof Bound
}

/** The handle of a socket: a property of streams and servers; datagram sockets have it in a state behind a symbol. */
function handleOf(socket: object): Handle | null | undefined {
  const state = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'state symbol')
  if (state !== undefined) return (socket as Record<symbol, { handle?: Handle | null }>)[state]?.handle
  return (socket as { _handle?: Handle | null })._handle
}

/** Whether a value is a socket or server of Node. */
export function isNodeOwned(value: object): boolean {
  return isBoundSocket(value) || '_handle' in value || handleOf(value) !== undefined
}

/** The descriptor of a socket of Node at this moment; -1 when it has none. */
export function nodeFd(socket: NodeServer | NodeSocket | BoundSocket | object): number {
  if (isBoundSocket(socket)) return boundFd(socket)
  return handleOf(socket)?.fd ?? -1
}

function boundFd(socket: BoundSocket): number {
  try {
    // Node's own method: a subclass must not run code of its own between asking for the number and the system call.
    return boundClass()?.prototype.fd.call(socket) ?? -1
  } catch {
    // It was closed, or is a server's or a client's by now.
    return -1
  }
}
