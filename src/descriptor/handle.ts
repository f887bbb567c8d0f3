import type { SocketKind } from './kind.js'
import type { OwnedFd } from './owned-fd.js'

/** An open descriptor: the owner of its number, and what kind of socket it is. */
export class Handle {
  readonly fd: OwnedFd
  readonly kind: SocketKind
  /** What is known of options that matter to receives, and since when: see receiving.ts. */
  optionsKnownAt = -1
  joinsDatagrams = false
  hasPeekOffset = false

  constructor(fd: OwnedFd, kind: SocketKind) {
    this.fd = fd
    this.kind = kind
  }
}

/** Where a socket object keeps its {@link Handle}: a symbol, so that no property of a user's subclass can take its place. */
export const kHandle: unique symbol = Symbol('berkeley.handle')
