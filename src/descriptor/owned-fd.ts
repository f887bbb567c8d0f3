import { isMainThread } from 'node:worker_threads'
import { sys } from '../constants/lookup.js'
import { native } from '../native/sockets.js'
import { attributeError, type DiagnosticsSubject } from '../support/diagnostics.js'
import { check, fdContext, lostFd, systemError } from '../support/errors.js'
import { flushGatheredData } from '../support/gathered-data.js'
import { closeDetached, closeWithoutWaiting } from './close-fd.js'

/** What the finalizer needs to know. It must not refer to the owner itself. */
interface Record {
  fd: number
  /** The number that it had, for messages. */
  former: number
  readonly what: string
  /** The watch of a poller, which goes by number: it has to end before the number is free. */
  watch: { stop(): void } | undefined
}

/** Every descriptor that this thread owns through this library, by number. */
const records = new Map<number, Record>()

// The addon keeps a ledger of the descriptors of all threads, from the call that makes one to the call that closes it: see native/ledger.h.
// Here it learns of those that come from elsewhere or go there.
if (!isMainThread) native.ledgerKeep()

/** What `ledgerAsk` answers for a descriptor of this thread. */
const OWNED_HERE = 1

/** Where each copy of this package that a thread has loaded puts a function that says whether it owns a descriptor. */
const COPIES = Symbol.for('berkeley.isOwned.1')

function copiesOfThread(): ((fd: number) => boolean)[] {
  const known = (process as { [COPIES]?: ((fd: number) => boolean)[] })[COPIES]
  if (known) return known
  const copies: ((fd: number) => boolean)[] = []
  Object.defineProperty(process, COPIES, { value: copies })
  return copies
}

copiesOfThread().push((fd) => native.ledgerAsk(fd) > 0)

/** Forgets a former owner of a new number: the kernel gives out free ones only, so other code has closed the owner's descriptor. */
export function evict(fd: number): void {
  const former = records.get(fd)
  if (former === undefined) return
  forget(former)
  // It goes by the number, which is that of another file by now.
  former.watch?.stop()
}

/** Hands the descriptor to the caller: this library no longer owns it. */
export function untrack(fd: number): void {
  evict(fd)
  native.ledgerRemove(fd)
}

/**
 * Owns a descriptor that comes from elsewhere; an {@link OwnedFd} has to be made of it at once.
 * @throws EBUSY when an object of this library owns it already, in any thread.
 */
export function claim(fd: number, syscall: string): void {
  const result = isOwned(fd) ? -sys.EBUSY : native.ledgerClaim(fd)
  const isBusy = result === -sys.EBUSY
  check(result, syscall, isBusy ? { detail: `fd ${fd} belongs to another socket object` } : fdContext(fd))
}

const finalizer = new FinalizationRegistry<Record>((record) => {
  const { fd, what } = record
  if (fd < 0) return
  forget(record)
  record.watch?.stop()
  if (!isStillOurs(fd)) return
  closeDetached(fd)
  process.emitWarning(`${what} (fd ${fd}) was lost without close(); it is closed now`, {
    type: 'ResourceWarning',
    code: 'BERKELEY_LOST_FD',
  })
})

function forget(record: Record): void {
  if (records.get(record.fd) === record) records.delete(record.fd)
  record.former = record.fd
  record.fd = -1
}

/**
 * Whether an object of this library owns the descriptor of that number, in any thread, and whichever copy of the library of this thread it
 * is from. One whose descriptor was closed by other code does not.
 */
export function isOwned(fd: number): boolean {
  return copiesOfThread().some((isOwnedByCopy) => isOwnedByCopy(fd))
}

/** Whether what is behind a number of ours is still what it was when we came to own it. If not, other code has closed that. */
function isStillOurs(fd: number): boolean {
  if (native.ledgerAsk(fd) === OWNED_HERE) return true
  native.ledgerRemove(fd)
  return false
}

/** How an object says what a failure of its descriptor is about. */
export const kSubject: unique symbol = Symbol('berkeley.subject')

/** A socket object. */
interface Holder {
  [kSubject](): DiagnosticsSubject
}

/** The number of what is closed. */
export const CLOSED = -1

/**
 * A file descriptor with exactly one owner. Once it is closed or given away its number is never used again, because the kernel may have
 * reused it. When the garbage collector finds an owner that was lost, the descriptor is closed, with a process warning.
 */
export class OwnedFd {
  readonly #record: Record
  /** The object that a program has of it, for reports of failures. */
  #holder: Holder | undefined

  /** Takes over a descriptor, which the addon has made or {@link claim} has taken; `what` names it in the warning, should it be lost. */
  constructor(fd: number, what: string) {
    this.#record = { fd, former: -1, what, watch: undefined }
    if (fd < 0) return
    evict(fd)
    records.set(fd, this.#record)
    finalizer.register(this, this.#record, this.#record)
  }

  /** The number, or -1 when it is closed or was given away. */
  get fd(): number {
    return this.#record.fd
  }

  /**
   * Returns the number for a system call, or for others to use.
   * @throws EBADF when it is closed or was given away.
   */
  use(syscall: string): number {
    flushGatheredData()
    return this.number(syscall)
  }

  /** The same for a call that data may be gathered before: see `flushGatheredData`. */
  number(syscall: string): number {
    const fd = this.#record.fd
    if (fd < 0) throw this.#closedError(syscall)
    return fd
  }

  #closedError(syscall: string): Error {
    const error = systemError(sys.EBADF, syscall, { detail: this.#absence })
    attributeError(error, this)
    return error
  }

  /** Says whose it is. What is not open may be many objects'. */
  heldBy(holder: Holder): void {
    if (this.#record.fd >= 0) this.#holder = holder
  }

  /** What a failure is about. */
  subject(): DiagnosticsSubject | undefined {
    return this.#holder?.[kSubject]()
  }

  get #absence(): string {
    if (this === UNCONNECTED_FD) return 'not connected yet'
    const { former } = this.#record
    return former < 0 ? 'the socket is closed' : `the socket is closed (it was fd ${former})`
  }

  /** Notes the watch of a poller, which ends with the descriptor should the owner be lost. */
  watched(watch: { stop(): void }): void {
    this.#record.watch = watch
  }

  /** Gives the number to the caller, who closes it from now on; a negative one when there is none, or it belongs to another file by now. */
  release(): number {
    const fd = this.takeForClose()
    if (fd >= 0) untrack(fd)
    return fd
  }

  /**
   * Gives the number to the caller, who closes it from now on.
   * @throws EBADF when there is none, or it belongs to another file by now.
   */
  detach(syscall: string): number {
    const fd = this.release()
    if (fd >= 0) return fd
    throw systemError(sys.EBADF, syscall, fd < CLOSED ? fdContext(fd) : { detail: this.#absence })
  }

  /**
   * Returns the number, which the caller has to close at once, and forgets it: -1 when there is none, another negative number, for which
   * close(2) says EBADF, when it belongs to another file by now.
   */
  takeForClose(): number {
    const fd = this.#record.fd
    if (fd < 0) return fd
    forget(this.#record)
    finalizer.unregister(this.#record)
    return isStillOurs(fd) ? fd : lostFd(fd)
  }

  /** Closes it, once, without waiting. An error of close(2) is reported, and never a reason to close again. */
  close(): void {
    const fd = this.takeForClose()
    if (fd !== CLOSED) closeWithoutWaiting(fd)
  }

  /** Closes it after something else has failed: that error is the one to report. */
  closeQuietly(): void {
    const fd = this.takeForClose()
    if (fd >= 0) closeDetached(fd)
  }
}

/** In place of the descriptor of a socket that is not connected yet: every call on it is EBADF. */
export const UNCONNECTED_FD = new OwnedFd(-1, 'a socket')

/** In place of a descriptor that was moved to another object. */
export const CLOSED_FD = new OwnedFd(-1, 'a socket')
