import { SHUT_WR, SO_LINGER, SOCK_STREAM, SOL_SOCKET } from '../constants/exported.generated.js'
import { OwnedFd } from '../descriptor/owned-fd.js'
import { after, type Deadline, NEVER } from '../engine/deadline.js'
import { Engine } from '../engine/engine.js'
import { type Operation, YIELD } from '../engine/operation.js'
import { WAIT_FOREVER } from '../engine/wait.js'
import { native, registers } from '../native/sockets.js'
import { isolate } from '../support/record.js'
import type { Channel } from './channel.js'
import type { ErrorQueue } from './error-queue.js'

/** What has memory in the kernel. */
interface Pinning {
  readonly queue: ErrorQueue
  readonly isFree: boolean
}

/** Memory whose release by the kernel could not be reported: rather kept than sent with other content. */
const kept: Pinning[] = []

const NOTES = 64

/** How long a datagram may be on its way. One that is not by then has not left at all, being corked, or its note was taken by other code. */
const DATAGRAM_MS = 2000

/** Reads the error queue until the kernel has no memory of the socket any more. */
class ReleaseAll implements Operation<void> {
  readonly syscall = 'close'
  readonly #pinning: Pinning

  constructor(pinning: Pinning) {
    this.#pinning = pinning
  }

  attempt(fd: number): number {
    for (let i = 0; !this.#pinning.isFree; i++) {
      const result = i < NOTES ? this.#pinning.queue.read(fd) : YIELD
      if (result < 0) return result
    }
    return 0
  }

  finish(): undefined {
    return undefined
  }
}

isolate(ReleaseAll)

/**
 * Called right before a socket is closed of which the kernel still has memory. After close(2) TCP goes on sending, and nothing would tell
 * when the memory may be used for something else: so a duplicate stays open until then, and the peer sees the end by shutdown(2). One
 * that is to be reset drops what it has.
 */
export function outlive({ fd, kind }: Channel, pinning: Pinning): void {
  const number = fd.use('close')
  if (isReset(number)) return
  const twin = native.dup(number)
  if (twin < 0) {
    kept.push(pinning)
    return
  }
  if (kind.socktype === SOCK_STREAM) native.shutdown(twin, SHUT_WR)
  const deadline = kind.socktype === SOCK_STREAM ? NEVER : after(DATAGRAM_MS)
  waitAndClose(new OwnedFd(twin, 'what a closed socket still sends'), pinning, deadline)
}

function isReset(fd: number): boolean {
  const isSet = native.getsockopt(fd, SOL_SOCKET, SO_LINGER, native.kinds.linger) >= 0 && registers[0] !== 0
  return isSet && registers[1] === 0
}

/** It does not keep the process alive: nothing else is put into the memory of a process that ends. */
async function waitAndClose(twin: OwnedFd, pinning: Pinning, deadline: Deadline): Promise<void> {
  const engine = new Engine(twin)
  engine.setReferenced(false)
  try {
    await engine.on('zerocopy').run(new ReleaseAll(pinning), { ...WAIT_FOREVER, deadline })
  } catch {
    kept.push(pinning)
  } finally {
    engine.close()
    twin.closeQuietly()
  }
}
