/**
 * The live objects that calls are made on. One world serves one run: objects are made when they are first asked for, and again when
 * they were closed; in the end everything is closed, and whatever still waits has to settle.
 */
import { closeSync, openSync, readlinkSync, writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { Socket as AsyncSocket, tls } from 'berkeley'
import { CmsgHdrs, Socket as LowSocket, socket as low, MsgHdr, SOCK_STREAM } from 'berkeley/llsocket'
import { dns, leaf, root } from '../../test/tls/pki.js'
import { SLOTS, type SlotName } from './slots.js'
import { complaint } from './verdict.js'

/** How long the end of everything may take. */
const SETTLING_MS = 20_000

/** More objects than this that calls have returned are closed, the oldest first. */
const STRAYS_MAX = 30

const authority = root()
export const HOST = 'fuzz.example'
const identity = leaf(authority, { names: [dns(HOST)] })
export const CERTIFICATE = `${identity.pem}${authority.pem}`
export const KEY = identity.keyPem
export const AUTHORITY = authority.pem

/** What one promise came to. */
interface Waiting {
  readonly what: string
}

/** In the folder of this process, as everything that it makes. */
const file = 'a file'
writeFileSync(file, 'x'.repeat(100_000))
export const FILE = openSync(file, 'r')

let contexts: { server: tls.Context; client: tls.Context } | undefined

/** Making one takes milliseconds: all worlds have these in common. */
export function sharedContexts(): { server: tls.Context; client: tls.Context } {
  contexts ??= {
    server: tls.Context.server({ cert: CERTIFICATE, key: KEY }),
    client: tls.Context.client({ ca: AUTHORITY, servername: HOST }),
  }
  return contexts
}

function linkOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}

interface Closable {
  close(): unknown
  fd?(): number
}

export class World {
  readonly #slots = new Map<SlotName, object>()
  readonly #strays: Closable[] = []
  /** Numbers that only this world owns, each with what it was when it came. */
  readonly #raws = new Map<number, string | undefined>()
  readonly #waiting = new Set<Waiting>()
  /** What was found to be wrong. */
  readonly faults: string[] = []
  #names = 0

  /** A live object of that kind; `fresh` replaces one that is closed. */
  get(name: SlotName, fresh = true): object {
    const there = this.#slots.get(name)
    if (there && !(fresh && isClosed(there))) return there
    const made = SLOTS[name](this)
    this.#slots.set(name, made)
    return made
  }

  /** Puts an object into the place of a kind. */
  put(name: SlotName, value: object): void {
    this.#slots.set(name, value)
  }

  /** Any socket. */
  socket(): object {
    return this.get('unix stream')
  }

  /** An abstract name that is not in use. */
  name(): string {
    return `\0bk-fuzz-${process.pid}-${this.#names++}`
  }

  /** The number of an open socket that has no owner. */
  raw(): number {
    const [a, b] = low.pair(SOCK_STREAM, true)
    this.stray(b)
    return this.own(a.unwrap())
  }

  /** Owns a descriptor from now on. */
  own(fd: number): number {
    this.#raws.set(fd, linkOf(fd))
    return fd
  }

  /** Whether a number is one of those that may be closed or adopted. */
  mayTake(fd: number): boolean {
    return this.#raws.has(fd)
  }

  /** Is to be closed in the end. */
  stray<C extends Closable>(value: C): C {
    if (value instanceof LowSocket && value.fd() >= 0) value.nonblock(true)
    this.#strays.push(value)
    if (this.#strays.length > STRAYS_MAX) this.spoil(this.#strays.shift() as Closable)
    return value
  }

  /** What it receives of descriptors is closed in the end. */
  message(msg: MsgHdr): MsgHdr {
    this.stray({ close: () => msg.control().clear() })
    return msg
  }

  /** Closes what a call is about. */
  spoil(target: unknown): void {
    if (!hasClose(target)) return
    const closing: unknown = target.close()
    if (closing instanceof Promise) this.track('close', closing)
  }

  /** Waits for what a call has promised. */
  track(what: string, promise: Promise<unknown>, settled: (value: unknown) => void = () => undefined): void {
    const entry = { what }
    this.#waiting.add(entry)
    promise.then(
      (value) => {
        this.#waiting.delete(entry)
        settled(value)
      },
      (error: unknown) => {
        this.#waiting.delete(entry)
        this.judge(what, error)
      },
    )
  }

  /** Notes an error that no caller should see. */
  judge(what: string, error: unknown): void {
    const wrong = complaint(error)
    if (wrong !== undefined) this.faults.push(`${what}: ${wrong}`)
  }

  /** Closes everything, and lets everything settle. */
  async close(): Promise<void> {
    const end = performance.now() + SETTLING_MS
    do {
      for (const slot of this.#slots.values()) this.#end(slot)
      this.#slots.clear()
      for (const stray of this.#strays.splice(0)) this.#end(stray)
      this.#closeRaws()
      await turn()
      // What has settled in this very turn may have brought something more to close.
    } while (this.#isBusy() && performance.now() < end)
    for (const { what } of this.#waiting) this.faults.push(`${what}: has not settled, and everything is closed`)
  }

  #isBusy(): boolean {
    return this.#waiting.size > 0 || this.#strays.length > 0 || this.#raws.size > 0
  }

  #end(value: object): void {
    if (value instanceof MsgHdr) value.control().clear()
    else if (value instanceof CmsgHdrs) value.clear()
    else
      try {
        this.spoil(value)
      } catch (error) {
        this.judge('close', error)
      }
  }

  #closeRaws(): void {
    for (const [fd, link] of this.#raws) if (link !== undefined && linkOf(fd) === link) closeSync(fd)
    this.#raws.clear()
  }
}

function hasClose(value: unknown): value is Closable {
  return typeof (value as Partial<Closable> | null)?.close === 'function'
}

function isClosed(value: object): boolean {
  return (value instanceof AsyncSocket || value instanceof LowSocket) && value.fd() < 0
}
