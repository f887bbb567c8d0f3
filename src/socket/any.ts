// What the sockets of any family have in common: they are made of numbers, and their addresses are AddrInfos.
import { type AddrInfo, addressArgument } from '../address/addrinfo.js'
import { nameOf, sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { type NetworkNamespace, openSocket } from '../llsocket/open.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { native } from '../native/sockets.js'
import { check, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { Connect } from './connect-operation.js'
import { kWrite, type Socket, type WaitOptions } from './socket.js'

/** What a new socket is to be. */
export interface AnyOptions {
  /** `AF_*`; by default that of `address`. */
  family?: number | undefined
  /** `SOCK_*`; by default that of `address`, or the first one that the class is for. */
  type?: number | undefined
  /** The number of the protocol, as the family counts them; by default that of `address`, or 0 for the one of the type. */
  protocol?: number | undefined
  /** What `bind()` and `connect()` use when they are given nothing. */
  address?: AddrInfo | undefined
  /** The network namespace that it belongs to, by path or descriptor; needs CAP_SYS_ADMIN. See setns(2). */
  netns?: NetworkNamespace | undefined
}

/** The names of the properties of {@link AnyOptions}. */
export const ANY_OPTIONS = ['family', 'type', 'protocol', 'address', 'netns']

/** Checks the type of a socket, which is the first of those that a class is for unless it is given. */
export function typeAmong(types: readonly number[], type: number | undefined): number {
  if (type === undefined) return types[0] as number
  if (types.includes(validate.integer('options.type', type, 0))) return type
  const names = types.map((one) => nameOf('SOCK_', one)).join(' or ')
  throw validate.invalidValue('options.type', `must be ${names}`, type)
}

/** A new socket, and the address that it remembers. */
export interface OpenedAny {
  /** The socket. */
  readonly sock: LowSocket
  /** What `bind()` and `connect()` use when they are given nothing. */
  readonly address: AddrInfo | undefined
}

/**
 * Makes a socket of one of some types, of any family.
 * @throws EAFNOSUPPORT, EPROTONOSUPPORT, … where the kernel does not have it, with its names; EPERM or EACCES with what is needed. See socket(2).
 */
export function openAny(options: AnyOptions, types: readonly number[]): OpenedAny {
  const given = validate.options('options', options, ANY_OPTIONS) as AnyOptions
  const address = given.address === undefined ? undefined : addressArgument('options.address', given.address)
  const family = validate.integer('options.family', given.family ?? address?.family, 0)
  if (address !== undefined && address.family !== family)
    throw validate.invalidValue('options.family', 'must be that of the address', family)
  const socktype = typeAmong(types, given.type ?? (address?.socktype || undefined))
  const protocol = validate.integer('options.protocol', given.protocol ?? address?.protocol ?? 0, 0)
  return { sock: openSocket({ family, socktype, protocol }, true, address, given.netns), address }
}

/** The addresses that sockets of any family remember. */
const remembered = new WeakMap<Socket, AddrInfo>()

/** Has a new socket remember an address, if there is one. */
export function remember<S extends Socket>(object: S, address: AddrInfo | undefined): S {
  if (address) remembered.set(object, address)
  return object
}

/**
 * The address that a call of a socket is given, or else the one that the socket remembers.
 * @throws EBADF when it is closed; EDESTADDRREQ when there is no address; EAFNOSUPPORT for an address of another family.
 */
export function addressFor(sock: Socket, ai: AddrInfo | undefined, syscall: string): AddrInfo {
  const { fd, kind } = sock[kHandle]
  fd.use(syscall)
  const address = ai === undefined ? remembered.get(sock) : addressArgument('ai', ai)
  if (address === undefined)
    throw systemError(sys.EDESTADDRREQ, syscall, { detail: 'no address was given to create()' })
  kind.requireFamily(address, syscall)
  return address
}

/** Binds a socket to an address. */
export function bindAny(sock: Socket, ai: AddrInfo): void {
  const { sockaddr } = ai
  check(native.bind(sock[kHandle].fd.use('bind'), sockaddr), 'bind', (errno) => ({
    ...ai.context(),
    ...(errno === sys.EPERM && ai.groups ? { detail: 'these groups need CAP_NET_ADMIN' } : {}),
  }))
}

/** Connects a socket to an address. After a failure, a timeout or an abort the socket is of no more use. */
export function connectAny(sock: Socket, ai: AddrInfo, options: WaitOptions | undefined): Promise<void> {
  return sock[kWrite](new Connect(ai), options)
}
