// What is still there in the network namespace of this process: sockets and other processes.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** Connections whose processes are gone say goodbye to each other for a moment. */
const GRACE_MS = 5000

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6', 'udplite', 'udplite6', 'raw', 'raw6', 'icmp', 'icmp6', 'unix', 'packet']

/** A connection that was closed in order; the kernel remembers it for a minute, and no process has it. */
const TIME_WAIT = /^\s*\d+: \S+ \S+ 06 /

/** @param {string} path */
function linkOf(path) {
  try {
    return readlinkSync(path)
  } catch {
    return undefined // gone since the listing
  }
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // likewise
  }
}

/** Lines of /proc/net, which shows the namespace of its reader. */
function sockets() {
  return TABLES.filter((table) => existsSync(`/proc/net/${table}`)).flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .filter((line) => !(table.startsWith('tcp') && TIME_WAIT.test(line)))
      .map((line) => `socket in /proc/net/${table}: ${line.trim()}`),
  )
}

function processes() {
  const own = linkOf('/proc/self/ns/net')
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && linkOf(`/proc/${name}/ns/net`) === own)
    .map((pid) => `process ${pid}: ${textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`)
}

/**
 * Sockets and processes that stay, each as a line.
 * @returns {Promise<string[]>}
 */
export async function leftInNamespace() {
  const end = performance.now() + GRACE_MS
  for (;;) {
    const left = [...sockets(), ...processes()]
    if (left.length === 0 || performance.now() > end) return left
    await pause(50)
  }
}
