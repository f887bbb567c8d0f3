import { join, sep } from 'node:path'

const ROOT = join(__dirname, '..', '..') + sep

/** The most frames of this package between an error and the code that called the package. */
const OWN_FRAMES = 15

/** The folders of this package in frames: compiled, or mapped back to the source. */
const OWN = [join(ROOT, 'dist') + sep, join(ROOT, 'src') + sep]

/**
 * Makes the stack of an error begin where the package was called: the frames inside of it do not help the caller, and would use up the
 * ten that V8 keeps. An error that is made in an event has no other frames, and keeps them.
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
