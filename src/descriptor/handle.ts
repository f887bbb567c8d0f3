import type { SocketKind } from './kind.js'
import type { OwnedFd } from './owned-fd.js'

/** An open descriptor: the owner of its number, and what kind of socket it is. */
export class Handle {
  readonly fd: OwnedFd
  readonly kind: SocketKind

  constructor(fd: OwnedFd, kind: SocketKind) {
    this.fd = fd
    this.kind = kind
  }
}

/** Where a socket object keeps its {@link Handle}: a symbol, so that no property of a user's subclass can take its place. */
export const kHandle: unique symbol = Symbol('berkeley.handle')
