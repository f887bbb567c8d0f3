// One core for the server and another for the load, so that neither takes time from the other.
import { readFileSync } from 'node:fs'
import { which } from '../../scripts/lib/run.mjs'

/** @typedef {{ server: number, load: number, siblings: boolean }} Cores */

/** @param {string} text as the kernel writes sets of CPUs: `0-2,5` @returns {number[]} */
export const cpuList = (text) =>
  text
    .trim()
    .split(',')
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })

/** @param {string} path @returns {string | undefined} */
function contents(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The CPUs that share one core with this one. @param {number} cpu */
const siblingsOf = (cpu) =>
  cpuList(contents(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`) ?? String(cpu))

/**
 * The last CPU that we may use goes to the server, because interrupts and other work gather on the first; the load gets
 * one of another core, where there is one.
 * @returns {Cores | undefined} nothing where processes cannot be pinned
 */
export function chooseCores() {
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(contents('/proc/self/status') ?? '')?.[1]
  const cpus = cpuList(allowed ?? '')
  const server = cpus.at(-1)
  if (server === undefined || cpus.length < 2 || which('taskset') === undefined) return undefined
  const others = cpus.filter((cpu) => cpu !== server)
  const apart = others.find((cpu) => !siblingsOf(server).includes(cpu))
  return { server, load: apart ?? /** @type {number} */ (others[0]), siblings: apart === undefined }
}

/**
 * The command that runs another one on a CPU. taskset becomes that other one, so the process id is its.
 * @param {number | undefined} cpu
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {[string, string[]]}
 */
export const pinned = (cpu, command, args) =>
  cpu === undefined ? [command, [...args]] : ['taskset', ['-c', String(cpu), command, ...args]]
