import { record } from '../support/record.js'
import * as validate from '../support/validate.js'

/** What the arguments of `connect()` come to. */
interface ConnectArguments {
  /** The options of a client; none for those that it has. */
  readonly options: object | undefined
  /** For `'connect'`. */
  readonly listener: (() => void) | undefined
}

/** Tells the arguments of `connect()` apart, as Node does: `(port, host)`, `(path)` or `(options)`, and a listener behind them. */
export function connectArguments(args: readonly unknown[]): ConnectArguments {
  const hasListener = typeof args.at(-1) === 'function'
  const [first, host, ...more] = hasListener ? args.slice(0, -1) : args
  const listener = hasListener ? (args.at(-1) as () => void) : undefined
  if (more.length > 0) throw validate.invalidValue('args', 'must be a port and a host, a path, or options', more[0])
  if (typeof first === 'object' && first !== null && host === undefined) return { options: first, listener }
  if (first === undefined && host === undefined) return { options: undefined, listener }
  const isPort = typeof first === 'number' || (typeof first === 'string' && /^[0-9]+$/.test(first))
  if (!isPort && host !== undefined) throw validate.invalidValue('port', 'must be a number before a host', first)
  return { options: isPort ? record({ port: first, host }) : { path: first }, listener }
}
