import type { Context } from './arguments.js'
import type { Door } from './open.js'
import type { Peer } from './peer.js'
import type { Traffic } from './traffic.js'

/**
 * Accepts until `--max` is reached or the signal is aborted, runs a function for each peer, all at once, and closes the peer when it is over.
 * Resolves when the last one has ended. What one of them reports is said, and disturbs no other.
 */
export async function serveAll(
  door: Door,
  serve: (peer: Peer) => Promise<void>,
  { given, report, signal }: Context,
  traffic: Traffic,
): Promise<void> {
  const most = given.count('max') ?? Number.POSITIVE_INFINITY
  const open = new Set<Promise<void>>()
  const run = async (peer: Peer): Promise<void> => {
    try {
      await serve(peer)
      report.detail('ended', `${peer.text} has ended`, { peer: peer.text })
    } catch (error) {
      if (!signal.aborted) report.failure(error)
    } finally {
      await peer.close().catch(() => undefined)
    }
  }
  while (traffic.connections < most) {
    const peer = await door.accept(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    if (peer === undefined) break
    traffic.connections++
    report.detail('accepted', `accepted ${peer.text}`, { peer: peer.text })
    const running = run(peer)
    open.add(running)
    running.finally(() => open.delete(running))
  }
  await Promise.all(open)
}
