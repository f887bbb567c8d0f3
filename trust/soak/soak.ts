// Everything at once, for a long time: memory and descriptors stay flat, no byte is lost, no deadline is missed.
import { setTimeout as pause } from 'node:timers/promises'
import { randomFrom } from '../../test/util/index.js'
import { type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import { Heart, Meter } from './watch.js'
import { type Shift, work } from './work.js'

const GROWTH_MB = 16
/** Its connections come and go: so many descriptors it has at most. */
const FDS = 100

async function main({ seed, seconds }: Terms): Promise<Figure[]> {
  const heart = new Heart()
  const meter = new Meter(seconds)
  const counts = { bytes: 0, connections: 0, handshakes: 0, datagrams: 0, descriptors: 0, deadlines: 0 }
  const shift: Shift = { random: randomFrom(seed), heart, over: false, counts, latest: 0 }
  await leavesNoFdOpen(async () => {
    const all = Promise.all(work.map((one) => one(shift)))
    // One that fails ends the whole at once.
    await Promise.race([all, pause(seconds * 1000)])
    shift.over = true
    await all
  })
  heart.stop()
  const { growth, rss, fds, samples } = meter.stop()
  if (growth > GROWTH_MB) throw new Error(`memory grew by ${growth.toFixed(1)} MB over ${samples} samples`)
  if (fds > FDS) throw new Error(`${fds} descriptors were open`)
  return [
    ['seconds of mixed traffic', Math.round(seconds)],
    ['bytes received, each exactly once', counts.bytes],
    ['connections', counts.connections],
    ['TLS handshakes', counts.handshakes],
    ['datagrams', counts.datagrams],
    ['descriptors passed', counts.descriptors],
    ['deadlines, none early or missed', counts.deadlines],
    ['latest deadline, less the delay of the event loop, ms', Number(shift.latest.toFixed(1))],
    ['memory at the end, MB', Math.round(rss)],
    ['growth of memory after the warm-up, MB', Number(growth.toFixed(1))],
  ]
}

await program(main)
