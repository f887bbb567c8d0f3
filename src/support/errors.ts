import { EAI_NONAME, EAI_SYSTEM } from '../constants/exported.generated.js'
import { errnoName, nameOf, sys } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { announceError } from './diagnostics.js'
import { define, record } from './record.js'
import { trimStack } from './stack.js'

/** The details of a failed call: shown in the message, and properties of the error. */
export interface ErrorContext {
  /** The address, or the host name that was looked up. */
  address?: string | undefined
  /** The port, if the address has one. */
  port?: number | undefined
  /** The path or abstract name of a unix socket. */
  path?: string | undefined
  /** The number of bytes that were transferred before the failure. */
  bytes?: number | undefined
  /** The number of datagrams of a batch that were sent whole before the failure. */
  datagrams?: number | undefined
  /** An explanation that the code alone does not give. */
  detail?: string | undefined
  /** The error that led to this one. */
  cause?: unknown
  /** The failures of several attempts that this error sums up. */
  errors?: readonly SystemError[] | undefined
}

/** The address for a message, after a space. */
function place(context: ErrorContext): string {
  if (context.path !== undefined) return ` ${context.path}`
  if (context.address === undefined) return ''
  const host = context.address.includes(':') && context.port !== undefined ? `[${context.address}]` : context.address
  return context.port === undefined ? ` ${host}` : ` ${host}:${context.port}`
}

/**
 * The error of a system call.
 *
 * `message` reads `connect ECONNREFUSED 127.0.0.1:9`. `code` is the name of the error (`'ECONNREFUSED'`, or `'EAI_NONAME'`
 * for a failed lookup), `errno` its number, negative as Node's. See errno(3) and getaddrinfo(3).
 */
export class SystemError extends Error {
  /** `'ECONNREFUSED'`, `'EAI_NONAME'`, … */
  readonly code: string
  /** The negative error number, as in Node: `-111`. For `EAI_*` codes the number that getaddrinfo(3) returned. */
  readonly errno: number
  /** The system call (or the method) that failed: `'connect'`. */
  readonly syscall: string
  /** The address, or the host name that was looked up. */
  declare readonly address?: string
  /** The port of the address. */
  declare readonly port?: number
  /** The path or abstract name of a unix address; `@` replaces the NUL. */
  declare readonly path?: string
  /** The number of bytes that were sent before the failure, for calls that transfer data. */
  declare readonly bytes?: number
  /** The number of datagrams of a batch that were sent whole before the failure. */
  declare readonly datagrams?: number
  /** The error of each of several addresses, when none could be used. */
  declare readonly errors?: readonly SystemError[]

  /**
   * Makes the error of a system call.
   * @param code - the name, such as `'ECONNREFUSED'`.
   * @param errno - the number, negative as in Node.
   * @param syscall - the call that failed.
   * @param context - further properties: address, port, path, bytes, …
   */
  constructor(code: string, errno: number, syscall: string, context: ErrorContext = {}) {
    const given = record(context)
    const detail = given.detail === undefined ? '' : `: ${given.detail}`
    super(`${syscall} ${code}${place(given)}${detail}`, 'cause' in given ? { cause: given.cause } : undefined)
    this.code = code
    this.errno = errno
    this.syscall = syscall
    for (const key of ['address', 'port', 'path', 'bytes', 'datagrams', 'errors'] as const)
      if (given[key] !== undefined) define(this, key, given[key])
    trimStack(this)
    announceError(this)
  }

  static {
    SystemError.prototype.name = 'SystemError'
  }
}

/**
 * The error of a deadline that passed. `code` is `'ETIMEDOUT'`, `name` is `'TimeoutError'`. Nothing that was received is
 * lost, and `bytes` is the number of bytes that were sent. When TCP gives up a connection, the kernel's error has the same code, but is a
 * plain {@link SystemError}: `instanceof TimeoutError`, or the name, tells the two apart, and the connection is usable only after a TimeoutError.
 */
export class TimeoutError extends SystemError {
  /**
   * Makes the error of a deadline that has passed.
   * @param syscall - the call that was late.
   * @param context - further properties: address, port, path, bytes, …
   */
  constructor(syscall: string, context: ErrorContext = {}) {
    super('ETIMEDOUT', -sys.ETIMEDOUT, syscall, { detail: 'the deadline passed', ...context })
  }

  static {
    TimeoutError.prototype.name = 'TimeoutError'
  }
}

/**
 * The error of an aborted call, the same as Node's: `name` `'AbortError'`, `code` `'ABORT_ERR'`, `cause` the reason. For a call that
 * transfers data it has the progress, without which the rest could not be sent.
 */
export function abortError(reason: unknown, context: ErrorContext = {}): Error {
  const { bytes, datagrams } = record(context)
  const error = new Error('The operation was aborted', { cause: reason })
  error.name = 'AbortError'
  define(error, 'code', 'ABORT_ERR')
  if (bytes !== undefined) define(error, 'bytes', bytes)
  if (datagrams !== undefined) define(error, 'datagrams', datagrams)
  return trimStack(error)
}

/**
 * The end of a stream in the midst of what was to be read. `code` is `'ERR_INCOMPLETE_READ'`. What came stays to be read, by other calls.
 */
export class IncompleteReadError extends Error {
  /** For telling it from other errors. */
  declare readonly code: 'ERR_INCOMPLETE_READ'
  /** What came before the end. */
  declare readonly partial: Buffer
  /** How many bytes were to be read; absent where a delimiter was to end them. */
  declare readonly expected?: number

  /**
   * Makes the error of a stream that ended within what was to be read.
   * @param partial - what came before the end.
   * @param expected - how many bytes were to be read; absent where a delimiter was to end them.
   */
  constructor(partial: Buffer, expected?: number) {
    const { length } = partial
    super(
      `the stream ended after ${expected === undefined ? `${length} bytes, without the delimiter` : `${length} of ${expected} bytes`}`,
    )
    define(this, 'code', 'ERR_INCOMPLETE_READ')
    define(this, 'partial', partial)
    if (expected !== undefined) define(this, 'expected', expected)
    trimStack(this)
  }

  static {
    IncompleteReadError.prototype.name = 'IncompleteReadError'
  }
}

/** The error for a positive errno. */
export function systemError(errno: number, syscall: string, context?: ErrorContext): SystemError {
  return new SystemError(errnoName(errno) ?? `E${errno}`, -errno, syscall, context)
}

/** The error of a deadline that passed. */
export function timeoutError(syscall: string, context?: ErrorContext): TimeoutError {
  return new TimeoutError(syscall, context)
}

/** The error of a lookup that is refused without asking the resolver. */
export function noSuchName(host: string, detail: string): SystemError {
  return new SystemError('EAI_NONAME', EAI_NONAME, 'getaddrinfo', { address: host, detail })
}

/**
 * The one place where `-errno` becomes an exception: returns a count, throws for a failure.
 * @param context - the details; a function if they are expensive to make.
 */
export function check(
  result: number,
  syscall: string,
  context?: ErrorContext | ((errno: number) => ErrorContext),
): number {
  if (result >= 0) return result
  throw systemError(-result, syscall, typeof context === 'function' ? context(-result) : context)
}

/** Same as {@link check}, for calls whose result is not a number: a number is a failure. */
export function checkAnswer<T>(answer: T | number, syscall: string, context?: ErrorContext): T {
  if (typeof answer !== 'number') return answer
  throw systemError(-answer, syscall, context)
}

/** In place of a number of which other code has made something else: closing it is EBADF, and the error can still name it. */
export function lostFd(fd: number): number {
  return -2 - fd
}

/** Names the descriptor that a failure is about, where it is not that of a socket object. */
export function fdContext(fd: number): ErrorContext {
  return { detail: fd < -1 ? `fd ${lostFd(fd)}: other code has closed it` : `fd ${fd}` }
}

/**
 * Names the first of the descriptors that were given to a call which is not open: EBADF does not say whether it is about one of them, or about
 * the socket.
 */
export function givenFdContext(fds: number | readonly number[], errno?: number): ErrorContext {
  if (errno !== sys.EBADF) return {}
  const closed = (typeof fds === 'number' ? [fds] : fds).find((fd) => native.fcntl(fd, sys.F_GETFD, 0) < 0)
  return closed === undefined ? {} : fdContext(closed)
}

/** Says what EINVAL of accept(2) means. */
export function acceptContext(errno?: number): ErrorContext {
  return errno === sys.EINVAL ? { detail: 'the socket does not listen: listen() comes first' } : {}
}

/** The error for an `EAI_*` code of the last call, whose errno is in the registers. */
export function resolverError(code: number, syscall: string, context: ErrorContext): SystemError {
  const errno = registers[0] ?? 0
  if (code === EAI_SYSTEM && errno > 0) return systemError(errno, syscall, context)
  return new SystemError(nameOf('EAI_', code), code, syscall, { detail: native.gaiError(code), ...context })
}
