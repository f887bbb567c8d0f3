import { join, sep } from 'node:path'

const ROOT = join(__dirname, '..', '..') + sep

/** The most frames of this package between an error and the code that called the package. */
const OWN_FRAMES = 15

/** The folders of this package in frames: compiled, or mapped back to the source. */
const OWN = [join(ROOT, 'dist') + sep, join(ROOT, 'src') + sep]

/** V8's, whatever replaces it later. */
const captureStackTrace = Error.captureStackTrace.bind(Error)

/**
 * Makes the stack of an error begin where the package was called: the frames inside of it do not help the caller, and would use up the
 * ten that V8 keeps. An error that is made in an event has no other frames, and keeps them. A stack that the program has shaped by
 * `Error.prepareStackTrace` into something other than text stays what it is, and nothing that the program has done to stacks makes another
 * error of this one.
 */
export function startAtCaller<E extends Error>(error: E): E {
  try {
    const limit: unknown = Error.stackTraceLimit
    if (typeof limit === 'number' && limit > 0) {
      const text = captureMore(error, limit)
      if (typeof text === 'string') keepCallers(error, text, limit)
    }
  } catch {
    // The limit cannot be read or set, or the program's own function throws: the stack stays as it is.
  }
  return error
}

/** Captures the stack with so many frames more. @returns what the program makes of it, which may be anything. */
function captureMore(error: Error, limit: number): unknown {
  Error.stackTraceLimit = limit + OWN_FRAMES
  try {
    captureStackTrace(error)
  } finally {
    Error.stackTraceLimit = limit
  }
  return error.stack
}

/** Removes the frames of this package, and those above the limit, if some of the caller's are there. */
function keepCallers(error: Error, text: string, limit: number): void {
  const lines = text.split('\n')
  const isFrame = (line: string): boolean => line.startsWith('    at ')
  const frames = lines.filter((line) => isFrame(line) && !OWN.some((folder) => line.includes(folder)))
  const isUsers = (line: string): boolean => !line.includes('node:internal') && !line.includes('(native')
  if (frames.some(isUsers))
    error.stack = [...lines.filter((line) => !isFrame(line)), ...frames.slice(0, limit)].join('\n')
}
