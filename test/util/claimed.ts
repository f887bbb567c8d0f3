import assert from 'node:assert/strict'
import { native } from '#internal/native/sockets.js'

/** Makes an open descriptor one that this library owns, as those are that it opens or receives. */
export function claimed(fd: number): number {
  native.ledgerRemove(fd)
  assert.equal(native.ledgerClaim(fd), 0)
  return fd
}

/** A duplicate of a descriptor, of which this library knows nothing. */
export function foreignDuplicate(fd: number): number {
  const duplicate = native.dup(fd)
  native.ledgerRemove(duplicate)
  return duplicate
}
