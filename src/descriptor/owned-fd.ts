import { isMainThread } from 'node:worker_threads'
import { sys } from '../constants/lookup.js'
import { hasEventLoop } from '../native/load.js'
import { native } from '../native/sockets.js'
import { systemError } from '../support/errors.js'
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

/**
 * A worker can be terminated at any moment, and its descriptors would stay open as long as the process lives. So the addon keeps a
 * ledger of them, from the call that makes one to the call that closes it; here it learns of those that come from elsewhere or go there.
 */
const ledgerIsKept = !isMainThread
if (ledgerIsKept) native.ledgerKeep(Number(hasEventLoop()))

/** Forgets a former owner of the number: the kernel gives out free numbers only, so other code has closed the owner's descriptor. */
function evict(fd: number): void {
  const former = records.get(fd)
  if (former) forget(former)
}

/** Hands the descriptor to the caller: this thread no longer closes it when it ends. */
export function untrack(fd: number): void {
  evict(fd)
  if (ledgerIsKept) native.ledgerMark(fd, 0)
}

const finalizer = new FinalizationRegistry<Record>((record) => {
  const { fd, what } = record
  if (fd < 0) return
  forget(record)
  record.watch?.stop()
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

/** Whether an object of this library in this thread owns the descriptor of that number. */
export function isOwned(fd: number): boolean {
  return records.has(fd)
}

/**
 * A file descriptor with exactly one owner. Once it is closed or given away its number is never used again, because the kernel may have
 * reused it. When the garbage collector finds an owner that was lost, the descriptor is closed, with a process warning.
 */
export class OwnedFd {
  readonly #record: Record

  /** Takes over a descriptor; `what` names it in the warning, should it be lost. */
  constructor(fd: number, what: string) {
    this.#record = { fd, former: -1, what, watch: undefined }
    if (fd < 0) return
    evict(fd)
    records.set(fd, this.#record)
    if (ledgerIsKept) native.ledgerMark(fd, 1)
    finalizer.register(this, this.#record, this.#record)
  }

  /** The number, or -1 when it is closed or was given away. */
  get fd(): number {
    return this.#record.fd
  }

  /**
   * Returns the number for a system call.
   * @throws EBADF when it is closed or was given away.
   */
  use(syscall: string): number {
    const fd = this.#record.fd
    if (fd < 0) throw systemError(sys.EBADF, syscall, { detail: this.#absence })
    return fd
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

  /** Gives the number to the caller, who closes it from now on; -1 when there is none. */
  release(): number {
    const fd = this.takeForClose()
    if (fd >= 0) untrack(fd)
    return fd
  }

  /** Returns the number, which the caller has to close at once, and forgets it; -1 when there is none. */
  takeForClose(): number {
    const fd = this.#record.fd
    if (fd < 0) return fd
    forget(this.#record)
    finalizer.unregister(this.#record)
    return fd
  }

  /** Closes it, once, without waiting. An error of close(2) is reported, and never a reason to close again. */
  close(): void {
    const fd = this.takeForClose()
    if (fd >= 0) closeWithoutWaiting(fd)
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
