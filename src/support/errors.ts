import { EAI_NONAME, EAI_SYSTEM } from '../constants/exported.generated.js'
import { errnoName, nameOf, sys } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { startAtCaller } from './stack.js'

/** What a failed call was about: shown in the message, and readable as properties of the error. */
export interface ErrorContext {
  /** The address (or the host name that was looked up). */
  address?: string | undefined
  /** The port, where the address has one. */
  port?: number | undefined
  /** The path or abstract name of a unix socket. */
  path?: string | undefined
  /** How many bytes were moved before the failure. */
  bytes?: number | undefined
  /** How many datagrams of a batch were sent whole before the failure. */
  datagrams?: number | undefined
  /** What the code alone does not say. */
  detail?: string | undefined
  /** What led to it. */
  cause?: unknown
  /** The failures of several tries, where one is made of them. */
  errors?: readonly SystemError[] | undefined
}

function place(context: ErrorContext): string {
  if (context.path !== undefined) return ` ${context.path}`
  if (context.address === undefined) return ''
  const host = context.address.includes(':') && context.port !== undefined ? `[${context.address}]` : context.address
  return context.port === undefined ? ` ${host}` : ` ${host}:${context.port}`
}

/**
 * A system call that failed.
 *
 * `message` reads `connect ECONNREFUSED 127.0.0.1:9`. `code` is the name of the error (`'ECONNREFUSED'`, or `'EAI_NONAME'`
 * for a failed lookup), `errno` its number, negative as Node's. See errno(3) and getaddrinfo(3).
 */
export class SystemError extends Error {
  /** `'ECONNREFUSED'`, `'EAI_NONAME'`, … */
  readonly code: string
  /** Negative, as in Node: `-111`. For `EAI_*` codes the number that getaddrinfo(3) returned. */
  readonly errno: number
  /** The system call (or the method) that failed: `'connect'`. */
  readonly syscall: string
  /** The address (or host name) that the call was about. */
  declare readonly address?: string
  /** Its port. */
  declare readonly port?: number
  /** The path or abstract name of a unix socket that the call was about; `@` stands for the NUL. */
  declare readonly path?: string
  /** Bytes that were sent before the failure, where the call moves data. */
  declare readonly bytes?: number
  /** Datagrams of a batch that were sent whole before the failure. */
  declare readonly datagrams?: number
  /** What each of several addresses said, when none could be used. */
  declare readonly errors?: readonly SystemError[]

  constructor(code: string, errno: number, syscall: string, context: ErrorContext = {}) {
    const detail = context.detail === undefined ? '' : `: ${context.detail}`
    super(`${syscall} ${code}${place(context)}${detail}`, 'cause' in context ? { cause: context.cause } : undefined)
    this.code = code
    this.errno = errno
    this.syscall = syscall
    for (const key of ['address', 'port', 'path', 'bytes', 'datagrams', 'errors'] as const)
      if (context[key] !== undefined) Object.assign(this, { [key]: context[key] })
    startAtCaller(this)
  }

  static {
    SystemError.prototype.name = 'SystemError'
  }
}

/**
 * A deadline passed. `code` is `'ETIMEDOUT'`, `name` is `'TimeoutError'`; nothing that was received is lost, and `bytes`
 * says how much was sent.
 */
export class TimeoutError extends SystemError {
  constructor(syscall: string, context: ErrorContext = {}) {
    super('ETIMEDOUT', -sys.ETIMEDOUT, syscall, { detail: 'the deadline passed', ...context })
  }

  static {
    TimeoutError.prototype.name = 'TimeoutError'
  }
}

/**
 * The error of an aborted call, shaped as Node's own: `name` `'AbortError'`, `code` `'ABORT_ERR'`, `cause` the reason. Where the
 * call moves data, it says how far it came: without that the rest could not be sent.
 */
export function abortError(reason: unknown, { bytes, datagrams }: ErrorContext = {}): Error {
  const error = new Error('The operation was aborted', { cause: reason })
  error.name = 'AbortError'
  Object.assign(error, { code: 'ABORT_ERR' })
  if (bytes !== undefined) Object.assign(error, { bytes })
  if (datagrams !== undefined) Object.assign(error, { datagrams })
  return error
}

/** The error for an errno (a positive number). */
export function systemError(errno: number, syscall: string, context?: ErrorContext): SystemError {
  return new SystemError(errnoName(errno) ?? `E${errno}`, -errno, syscall, context)
}

/** The error of a deadline that passed. */
export function timeoutError(syscall: string, context?: ErrorContext): TimeoutError {
  return new TimeoutError(syscall, context)
}

/** A lookup that was answered before the resolver was asked. */
export function noSuchName(host: string, detail: string): SystemError {
  return new SystemError('EAI_NONAME', EAI_NONAME, 'getaddrinfo', { address: host, detail })
}

/**
 * The one gate from `-errno` to an exception: hands a count through, throws for a failure.
 * The context is a function where it costs something to make.
 */
export function check(result: number, syscall: string, context?: ErrorContext | (() => ErrorContext)): number {
  if (result >= 0) return result
  throw systemError(-result, syscall, typeof context === 'function' ? context() : context)
}

/** The same gate for calls that answer with something else than a count: a number is a failure. */
export function checkAnswer<T>(answer: T | number, syscall: string, context?: ErrorContext): T {
  if (typeof answer !== 'number') return answer
  throw systemError(-answer, syscall, context)
}

/** The error for an `EAI_*` code that the resolver answered just now. */
export function resolverError(code: number, syscall: string, context: ErrorContext): SystemError {
  const errno = registers[0] ?? 0
  if (code === EAI_SYSTEM && errno > 0) return systemError(errno, syscall, context)
  return new SystemError(nameOf('EAI_', code), code, syscall, { detail: native.gaiError(code), ...context })
}
