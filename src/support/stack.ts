import { join, sep } from 'node:path'

const ROOT = join(__dirname, '..', '..') + sep

/** Frames of this package between a mistake and whoever made it: there are never more. */
const OWN_FRAMES = 15

/** Compiled, or mapped back to the source. */
const OWN = [join(ROOT, 'dist') + sep, join(ROOT, 'src') + sep]

/**
 * Lets the stack of an error begin where the package was called: the frames inside of it say nothing to the caller, and would
 * use up the ten that V8 keeps. An error that arises in an event has no other frames, and keeps them.
 */
export function startAtCaller<E extends Error>(error: E): E {
  const limit = Error.stackTraceLimit
  if (typeof limit !== 'number' || limit === 0) return error
  try {
    Error.stackTraceLimit = limit + OWN_FRAMES
    Error.captureStackTrace(error)
    Error.stackTraceLimit = limit
  } catch {
    return error // the limit is frozen: the stack stays as it is
  }
  const lines = error.stack?.split('\n') ?? []
  const isFrame = (line: string): boolean => line.startsWith('    at ')
  const frames = lines.filter((line) => isFrame(line) && !OWN.some((folder) => line.includes(folder)))
  const isUsers = (line: string): boolean => !line.includes('node:internal') && !line.includes('(native')
  if (frames.some(isUsers))
    error.stack = [...lines.filter((line) => !isFrame(line)), ...frames.slice(0, limit)].join('\n')
  return error
}
