// The addresses of one network, and which client has which, until when.

/** A client that does not come back for its offer has it no longer after this. */
const OFFER_MS = 60_000
/** An address that a client found in use by another host is left alone for so long. */
const DECLINED_MS = 600_000
/** Its holder then: not the name of a client, because those are hex. */
const STRANGER = 'a stranger'
/** So that in a large network the search stays short, and the list of leases as well. */
const POOL_MAX = 4096

interface Lease {
  readonly client: string
  readonly until: number
}

export class Pool {
  /** By address. One that has run out is kept until another client needs the address: clients come back to theirs. */
  readonly #leases = new Map<number, Lease>()
  readonly #network: number

  /** Those of the server's network, but for its own address and the two that name the network and all hosts. */
  constructor(
    readonly server: number,
    readonly netmask: number,
  ) {
    this.#network = (server & netmask) >>> 0
  }

  #has(address: number): boolean {
    const everybody = (this.#network | ~this.netmask) >>> 0
    const end = Math.min(everybody, this.#network + POOL_MAX + 1)
    return address > this.#network && address < end && address !== this.server
  }

  #isFree(address: number): boolean {
    const lease = this.#leases.get(address)
    return this.#has(address) && (lease === undefined || lease.until <= performance.now())
  }

  #set(address: number, client: string, milliseconds: number): void {
    this.#leases.set(address, { client, until: performance.now() + milliseconds })
  }

  /** What that client has, or had last. */
  #of(client: string): number | undefined {
    for (const [address, lease] of this.#leases) if (lease.client === client) return address
    return undefined
  }

  #search(wanted: number): number | undefined {
    if (this.#isFree(wanted)) return wanted
    for (let address = this.#network + 1; address <= this.#network + POOL_MAX; address++)
      if (this.#isFree(address)) return address
    return undefined
  }

  /** Keeps an address for a client until it asks for it: its own, the one that it wants, or the first free one. */
  offer(client: string, wanted: number): number | undefined {
    const own = this.#of(client)
    if (own !== undefined) {
      // To ask again is not to give up what the lease has still to run.
      const until = Math.max(this.#leases.get(own)?.until ?? 0, performance.now() + OFFER_MS)
      this.#leases.set(own, { client, until })
      return own
    }
    const address = this.#search(wanted)
    if (address !== undefined) this.#set(address, client, OFFER_MS)
    return address
  }

  /** Whether that address was offered or leased to that client last. */
  isOf(address: number, client: string): boolean {
    return this.#leases.get(address)?.client === client
  }

  /** Whether an address belongs to this network at all. */
  isHere(address: number): boolean {
    return (address & this.netmask) >>> 0 === this.#network
  }

  /** Leases it. It is that client's already. */
  lease(address: number, client: string, seconds: number): void {
    this.#set(address, client, seconds * 1000)
  }

  /** The client needs it no more. */
  release(client: string): void {
    const address = this.#of(client)
    if (address !== undefined) this.#leases.delete(address)
  }

  /** The client found it in use. */
  decline(address: number, client: string): void {
    if (this.isOf(address, client)) this.#set(address, STRANGER, DECLINED_MS)
  }
}
