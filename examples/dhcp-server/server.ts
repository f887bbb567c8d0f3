// What the server answers: a request and a pool in, a reply or silence out. RFC 2131, section 4.3.
import { type Reply, type Request, TYPE } from './packet.js'
import type { Pool } from './pool.js'

/** The reply to a request that came in from the network of that pool; `undefined` for silence. */
export function answer(request: Request, pool: Pool, lease: number): Reply | undefined {
  const { type, client, wanted, ciaddr } = request
  const terms = { server: pool.server, netmask: pool.netmask, router: pool.server }
  switch (type) {
    case TYPE.discover: {
      const yiaddr = pool.offer(client, wanted)
      return yiaddr === undefined ? undefined : { type: TYPE.offer, ...terms, yiaddr, lease }
    }
    case TYPE.request:
      return granted(request, pool, lease)
    case TYPE.inform: // has an address from elsewhere, and wants to know the rest
      return pool.isHere(ciaddr) ? { type: TYPE.ack, ...terms } : undefined
    case TYPE.release:
      if (pool.isOf(ciaddr, client)) pool.release(client)
      return undefined
    case TYPE.decline:
      pool.decline(wanted, client)
      return undefined
    default:
      return undefined
  }
}

/** A client takes an offer, has been started again, or wants its lease to go on. */
function granted({ client, wanted, ciaddr, server }: Request, pool: Pool, lease: number): Reply | undefined {
  if (server !== 0 && server !== pool.server) {
    pool.release(client) // it took the offer of another server
    return undefined
  }
  const address = wanted || ciaddr
  if (pool.isOf(address, client)) {
    pool.lease(address, client, lease)
    return { type: TYPE.ack, server: pool.server, netmask: pool.netmask, router: pool.server, yiaddr: address, lease }
  }
  // Of a client that is not known nothing can be said, unless it is in the wrong network, or speaks to this very
  // server.
  const isWrong = server !== 0 || (address !== 0 && !pool.isHere(address))
  return isWrong ? { type: TYPE.nak, server: pool.server } : undefined
}
