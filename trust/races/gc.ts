// Sockets that are lost while others open, speak and close: the collector closes each, a warning names it, and nothing else is closed.
import { setTimeout as pause } from 'node:timers/promises'
import { CmsgHdr, dgram, MsgHdr, type Socket, stream } from 'berkeley'
import { openFds, randomFrom } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import { Bed } from './bed.js'
import { Neighbour, type Random } from './moments.js'

const ROUNDS = 1000
const EACH_ROUND = 30
const COLLECTIONS = 400

const { gc } = globalThis as { gc?: () => void }

/** Numbers that warnings named. */
const named: number[] = []
process.removeAllListeners('warning').on('warning', ({ code, message }: Error & { code?: string }) => {
  const fd = /\(fd (\d+)\) was lost/.exec(message)?.[1]
  if (code !== 'BERKELEY_LOST_FD' || fd === undefined) throw new Error(`a warning of another kind: ${message}`)
  named.push(Number(fd))
})

/** Sockets of every class, on a bed that is lost with them. */
const makers: readonly ((bed: Bed) => Promise<unknown>)[] = [
  (bed) => bed.unix(),
  (bed) => bed.tcp(),
  (bed) => bed.tls(),
  (bed) => bed.packets(),
  (bed) => bed.udp(),
  (bed) => bed.server(),
  async (bed) => (await dgram.unix.pair()).map((sock) => bed.keep(sock)),
]

/** Has waited once, so that the poller knows it. */
async function waited(sock: Socket): Promise<void> {
  sock.deadlines(1, 1)
  await sock.recv().catch(() => {})
}

/** Makes sockets, and loses them or closes them. Gives the numbers of those that were lost. */
async function lose(random: Random): Promise<number[]> {
  const bed = new Bed()
  await (makers[random(makers.length)] as (typeof makers)[number])(bed)
  if (random(2) === 0) await Promise.all(bed.sockets.map(waited))
  if (random(3) === 0) await bed.close()
  return bed.sockets.map((sock) => sock.fd())
}

/** Descriptors that arrive in a message that is not looked at. */
async function loseArrived(): Promise<number[]> {
  const [a, b] = await stream.unix.pair()
  const out = new MsgHdr()
  out.add('x')
  out.control().push(CmsgHdr.rights(0, 1))
  await a.sendmsg(out)
  const before = new Set(openFds().keys())
  const msg = new MsgHdr()
  msg.addn(1)
  await b.recvmsg(msg)
  const arrived = [...openFds().keys()].filter((fd) => !before.has(fd))
  await Promise.all([a.close(), b.close()])
  return arrived
}

const sorted = (numbers: readonly number[]): string => [...numbers].sort((a, b) => a - b).join(' ')

/** Loses much, collects it all, and compares what the warnings named with what was lost. */
async function round(random: Random, neighbour: Neighbour): Promise<number> {
  named.length = 0
  const lost: number[] = []
  for (let i = 0; i < EACH_ROUND; i++) {
    lost.push(...(await (random(8) === 0 ? loseArrived() : lose(random))))
    if (random(10) === 0) gc?.()
    if (random(4) === 0) await neighbour.event(random)
  }
  for (let i = 0; i < COLLECTIONS && named.length < lost.length; i++) {
    gc?.()
    await pause(1)
  }
  if (sorted(lost) !== sorted(named)) throw new Error(`lost: ${sorted(lost)}; warned of: ${sorted(named)}`)
  return lost.length
}

async function main(terms: Terms): Promise<Figure[]> {
  if (!gc) throw new Error('run it with --expose-gc')
  const random = randomFrom(terms.seed)
  const bounds = new Bounds(terms, ROUNDS)
  let lost = 0
  await leavesNoFdOpen(async () => {
    const neighbour = await Neighbour.create()
    for (; !bounds.over; bounds.count()) lost += await round(random, neighbour)
    await neighbour.close()
  })
  return [['open sockets lost, each closed and named by a warning', lost]]
}

await program(main, true)
