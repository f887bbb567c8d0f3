import { isMainThread } from 'node:worker_threads'
import { sys } from '../constants/lookup.js'
import { native } from '../native/sockets.js'
import { systemError } from '../support/errors.js'
import { closeFd, closeUnheard } from './close-fd.js'

/** What the finaliser needs to know; it must not hold on to the owner itself. */
interface Holding {
  fd: number
  readonly what: string
  /** Ends the watch of a poller, which goes by number: it has to be over before the number is free. */
  watch: { stop(): void } | undefined
}

/** Every fd that this thread owns through us, by number. */
const holdings = new Map<number, Holding>()

/**
 * A worker can be terminated at any moment, and its descriptors would stay open as long as the process: so the addon keeps a
 * ledger of them, from the call that makes one to the one that closes it. Here it learns what comes from elsewhere or goes there.
 */
const ledgerIsKept = !isMainThread
if (ledgerIsKept) native.ledgerKeep()

/** The kernel gives out free numbers only: a holder of this one was closed behind our back, and has nothing any more. */
function dispossess(fd: number): void {
  const former = holdings.get(fd)
  if (former) forget(former)
}

/** The descriptor is the caller's from now on: no more this thread's to close at its end. */
export function disown(fd: number): void {
  dispossess(fd)
  if (ledgerIsKept) native.ledgerMark(fd, 0)
}

const abandoned = new FinalizationRegistry<Holding>((holding) => {
  const { fd, what } = holding
  if (fd < 0) return
  forget(holding)
  holding.watch?.stop()
  closeUnheard(fd)
  process.emitWarning(`${what} (fd ${fd}) was lost without close(); it is closed now`, {
    type: 'ResourceWarning',
    code: 'BERKELEY_LOST_FD',
  })
})

function forget(holding: Holding): void {
  if (holdings.get(holding.fd) === holding) holdings.delete(holding.fd)
  holding.fd = -1
}

/** Whether an fd of that number belongs to an object of this library in this thread. */
export function isOwned(fd: number): boolean {
  return holdings.has(fd)
}

/**
 * A file descriptor with exactly one owner. Once given up or closed its number is never used again: the kernel may have
 * given it to somebody else. An owner that is lost is closed when the garbage collector finds it, with a process warning.
 */
export class OwnedFd {
  readonly #holding: Holding

  /** Takes over an fd; `what` names it in the warning, should it be lost. */
  constructor(fd: number, what: string) {
    dispossess(fd)
    this.#holding = { fd, what, watch: undefined }
    holdings.set(fd, this.#holding)
    if (ledgerIsKept) native.ledgerMark(fd, 1)
    abandoned.register(this, this.#holding, this.#holding)
  }

  /** The number, or -1 when it is closed or given up. */
  get fd(): number {
    return this.#holding.fd
  }

  /** The number for a system call. Throws EBADF when there is none any more. */
  use(syscall: string): number {
    const fd = this.#holding.fd
    if (fd < 0) throw systemError(sys.EBADF, syscall, { detail: 'the socket is closed' })
    return fd
  }

  /** Notes the watch that a poller keeps on it, to be ended should the owner be lost. */
  watched(watch: { stop(): void }): void {
    this.#holding.watch = watch
  }

  /** Gives the number to the caller, who closes it from now on; -1 when there is none. */
  release(): number {
    const fd = this.retire()
    if (fd >= 0) disown(fd)
    return fd
  }

  /** Forgets the number, which {@link closeFd} is to be called with at once; -1 when there is none. */
  retire(): number {
    const fd = this.#holding.fd
    if (fd < 0) return fd
    forget(this.#holding)
    abandoned.unregister(this.#holding)
    return fd
  }

  /** Closes it, once. What close(2) reports is reported, and never a reason to close again. */
  close(): void {
    const fd = this.retire()
    if (fd >= 0) closeFd(fd)
  }

  /** The same where something else has failed, which is to be told, and where this thread must not wait. */
  drop(): void {
    const fd = this.retire()
    if (fd >= 0) closeUnheard(fd)
  }
}
