import { sys } from '../constants/lookup.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { InheritedSocket } from './adopt.js'

/** What came under a name: a socket, or the bare descriptor of what this package has no class for. */
export type Inherited =
  | {
      /** The name that it was given. */
      readonly name: string
      /** The socket. */
      readonly socket: InheritedSocket
      /** Only where there is no socket. */
      readonly fd?: undefined
    }
  | {
      /** The name that it was given. */
      readonly name: string
      /** Absent: a pipe, a file, or a socket of another family. */
      readonly socket?: undefined
      /** The descriptor, which belongs to the caller and is close-on-exec. */
      readonly fd: number
    }

/** A class whose objects are wanted: `stream.inet.Server`. */
export type ClassOf<S extends InheritedSocket> = abstract new (...args: never[]) => S

/** Sockets with names, in the order in which they were passed. Several may have the same name. */
export class InheritedSockets implements Iterable<Inherited> {
  readonly #entries: readonly Inherited[]

  /** @internal */
  constructor(entries: readonly Inherited[]) {
    this.#entries = entries
  }

  /** How many there are. */
  get length(): number {
    return this.#entries.length
  }

  /** Name and socket of each. */
  [Symbol.iterator](): IterableIterator<Inherited> {
    return this.#entries.values()
  }

  /**
   * Returns the first socket of a name, of whatever class; `undefined` when there is none.
   * @param name - the name.
   */
  get(name: string): InheritedSocket | undefined
  /**
   * Returns the first socket of a name, `undefined` when there is none.
   * @param name - the name.
   * @param type - the class that it has to be of: `get('web', stream.inet.Server)`.
   * @throws EPROTOTYPE when it is of another class, or a descriptor that this package has no class for.
   */
  get<S extends InheritedSocket>(name: string, type: ClassOf<S>): S | undefined
  get(name: string, type?: ClassOf<InheritedSocket>): InheritedSocket | undefined {
    return this.#named(name, type).next().value ?? undefined
  }

  /**
   * Returns all sockets of a name, of whatever class.
   * @param name - the name.
   */
  getAll(name: string): InheritedSocket[]
  /**
   * Returns all sockets of a name.
   * @param name - the name.
   * @param type - the class that each has to be of.
   * @throws EPROTOTYPE when one is of another class, or a descriptor that this package has no class for.
   */
  getAll<S extends InheritedSocket>(name: string, type: ClassOf<S>): S[]
  getAll(name: string, type?: ClassOf<InheritedSocket>): InheritedSocket[] {
    return [...this.#named(name, type)]
  }

  /**
   * Closes all of the sockets; bare descriptors are the caller's to close.
   * @throws what closing one of the sockets reports, after all were closed.
   */
  async close(): Promise<void> {
    await Promise.all(this.#entries.map(({ socket }) => socket?.close()))
  }

  /** The same as {@link InheritedSockets.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  *#named(name: string, type: ClassOf<InheritedSocket> | undefined): Generator<InheritedSocket, undefined> {
    validate.string('name', name)
    if (type !== undefined) validate.func('type', type)
    for (const entry of this.#entries) if (entry.name === name) yield socketIn(entry, type)
    return undefined
  }
}

function socketIn({ name, socket, fd }: Inherited, type: ClassOf<InheritedSocket> | undefined): InheritedSocket {
  if (socket !== undefined && (type === undefined || socket instanceof type)) return socket
  const found =
    socket === undefined
      ? `fd ${fd}, which this package has no class for`
      : `fd ${socket.fd()}, an ${socket.constructor.name}`
  const wanted = type === undefined ? '' : `, and not an ${type.name}`
  throw systemError(sys.EPROTOTYPE, 'get', { detail: `"${name}" is ${found}${wanted}` })
}
