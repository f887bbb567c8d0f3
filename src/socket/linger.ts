import { MSG_DONTWAIT } from '../constants/exported.generated.js'
import { checkClosed, closeWithoutWaiting } from '../descriptor/close-fd.js'
import { OwnedFd } from '../descriptor/owned-fd.js'
import { Engine } from '../engine/engine.js'
import type { Operation } from '../engine/operation.js'
import { native } from '../native/sockets.js'
import { isolate } from '../support/record.js'

const answer = new Int32Array(1)
const answerBytes = Buffer.from(answer.buffer)

/** What close(2) returned, as the thread that made the call tells it. */
class Answer implements Operation<number> {
  readonly syscall = 'close'

  attempt(fd: number): number {
    return native.recv(fd, answerBytes, 0, answerBytes.length, MSG_DONTWAIT)
  }

  finish(count: number): number {
    return count === answerBytes.length ? (answer[0] as number) : 0
  }
}

isolate(Answer)

/**
 * close(2) of a socket that lingers, on a thread of its own: resolves when the peer's system has everything, or the time has passed. Without
 * the means to learn of that, it does not wait; without a thread, the socket does not linger.
 * @param referenced - whether it keeps the process alive.
 */
export async function closeLingering(fd: number, referenced: boolean): Promise<void> {
  const report = native.closeReporting(fd)
  if (report < 0) closeWithoutWaiting(fd)
  else checkClosed(await receiveAnswer(new OwnedFd(report, 'a lingering close'), referenced), fd)
}

async function receiveAnswer(report: OwnedFd, referenced: boolean): Promise<number> {
  const engine = new Engine(report)
  engine.setReferenced(referenced)
  try {
    return await engine.reader.run(new Answer())
  } catch {
    // There is nothing to wait with: the close goes on all the same.
    return 0
  } finally {
    engine.close()
    report.closeQuietly()
  }
}
