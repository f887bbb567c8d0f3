/** The most frames of this package between an error and the code that called the package. */
const OWN_FRAMES = 15

/** Where this package is, before the file that this is part of; undefined where it was made part of a program, whose frames look as ours do. */
const ROOT = typeof __filename === 'string' ? /^.*(?=dist.berkeley\.js$)/.exec(__filename)?.[0] : undefined

/** Whether a frame is of this package, as it is, or mapped back to the source. Within a program only what is awaited is distinguished from it. */
const isOwn =
  ROOT === undefined
    ? (line: string): boolean => !line.startsWith('    at async ')
    : (line: string): boolean => line.includes(`${ROOT}dist/`) || line.includes(`${ROOT}src/`)

/** V8's, whatever replaces it later. */
const captureStackTrace = Error.captureStackTrace.bind(Error)

/** Errors of this package that were not thrown from an event yet. */
const fresh = new WeakSet<Error>()

/**
 * Makes the stack of an error begin where the package was called: the frames inside of it do not help the caller, and would use up the
 * ten that V8 keeps. An error that is made in an event has no other frames, and keeps them: see {@link rejectAtAwait}. A stack that the
 * program has shaped by `Error.prepareStackTrace` into something other than text stays what it is, and nothing that the program has done to
 * stacks makes another error of this one.
 */
export function trimStack<E extends Error>(error: E): E {
  fresh.add(error)
  return ROOT === undefined ? error : startAt(error, error)
}

/** What settles a promise. */
export interface Settling {
  resolve(value: Promise<never>): void
  reject(error: unknown): void
}

/**
 * Rejects a promise in an event. The stack of an error of this package then begins where the promise is awaited, which is where the call was
 * made. V8 finds that by the reactions of the promise, from within a reaction that leads to it: so calls that succeed do not pay for a
 * stack, as they would if it was captured when a call begins to wait.
 */
export function rejectAtAwait(promise: Settling, error: unknown): void {
  if (!(error instanceof Error) || !fresh.delete(error)) return promise.reject(error)
  let begin = (): void => undefined
  const began = new Promise<void>((resolve) => {
    begin = resolve
  })
  const failed = began.then(() => {
    throw startAt(error, {})
  })
  // In this order: the promise has to follow when the reaction runs.
  promise.resolve(failed)
  begin()
}

/** @param holder - what the stack is captured in. */
function startAt<E extends Error>(error: E, holder: object): E {
  try {
    const limit: unknown = Error.stackTraceLimit
    if (typeof limit === 'number' && limit > 0) keepCallers(error, captureMore(holder, limit), limit)
  } catch {
    // The limit cannot be read or set, or the program's own function throws: the stack stays as it is.
  }
  return error
}

/** Captures the stack with so many frames more. @returns what the program makes of it, which may be anything. */
function captureMore(holder: { stack?: unknown }, limit: number): unknown {
  Error.stackTraceLimit = limit + OWN_FRAMES
  try {
    captureStackTrace(holder)
  } finally {
    Error.stackTraceLimit = limit
  }
  return holder.stack
}

/** Gives an error the frames of a stack without those of this package and those above the limit, if some of the caller's are there. */
function keepCallers(error: Error, captured: unknown, limit: number): void {
  const { stack } = error
  if (typeof captured !== 'string' || typeof stack !== 'string') return
  const frames = captured.split('\n').filter((line) => isFrame(line) && !isOwn(line))
  const isUsers = (line: string): boolean => !line.includes('node:internal') && !line.includes('(native')
  if (!frames.some(isUsers)) return
  const heading = stack.split('\n').filter((line) => !isFrame(line))
  error.stack = [...heading, ...frames.slice(0, limit)].join('\n')
}

function isFrame(line: string): boolean {
  return line.startsWith('    at ')
}
