import { closeSync, openSync, readSync } from 'node:fs'

/** `e_machine` of an ELF file, by what Node calls the architecture. See elf(5). */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
}

/** What loaders say, and what it means. The text that is found may be quoted by `$1`. */
const SAYINGS: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/version `(GLIBC_[\d.]+)' not found/, 'needs $1, and this system has an older glibc'],
  [/ld-linux[^:\s]*\.so|libc\.so\.6/, 'built for glibc, and this is a Node for musl'],
  [/libc\.musl[^:\s]*\.so|ld-musl/, 'built for musl, and this is a Node for glibc'],
  [/version `([\w.]+)' not found/, 'needs $1 of a newer library'],
  [
    /undefined symbol: (\w+)|(?<=Error relocating .*: )(\w+): symbol not found/,
    'needs $1, which this runtime does not offer',
  ],
  [/([^:\s]+\.so[^:\s]*): cannot open shared object/, 'needs $1, which is not there'],
]

/** The beginning of a file; undefined if it cannot be read. */
function head(file: string): Buffer | undefined {
  try {
    const fd = openSync(file, 'r')
    try {
      const bytes = Buffer.alloc(20)
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0))
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined
  }
}

/** What keeps a file of another format or architecture from being loaded here. */
function formatOf(bytes: Buffer): string | undefined {
  if (process.platform !== 'linux') return undefined
  if (bytes.length < 20 || !bytes.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'))) return 'not an ELF file'
  const machine = bytes[5] === 2 ? bytes.readUInt16BE(18) : bytes.readUInt16LE(18)
  const arch = MACHINES[machine] ?? `machine ${machine}`
  return arch === process.arch ? undefined : `built for ${arch}, and this is a Node for ${process.arch}`
}

/** What Node's permission model, or the system, says about reading a file. */
function refusalOf(file: string): string {
  try {
    closeSync(openSync(file, 'r'))
    return 'missing'
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing'
    if (code === 'ERR_ACCESS_DENIED') return 'not readable: allow it by --allow-fs-read'
    return `not readable: ${message}`
  }
}

/** Why an addon was not loaded. @param error - what loading it threw; undefined if it does not seem to be there. */
export function reasonOf(file: string, error?: unknown): string {
  if (error === undefined) return refusalOf(file)
  const { code, message = String(error) } = error as NodeJS.ErrnoException
  if (code === 'ERR_DLOPEN_DISABLED') return 'addons are not allowed: allow them by --allow-addons'
  if (code === 'ERR_ACCESS_DENIED') return 'not readable: allow it by --allow-fs-read'
  const bytes = head(file)
  const format = bytes && formatOf(bytes)
  if (format !== undefined) return format
  for (const [pattern, meaning] of SAYINGS) {
    const match = pattern.exec(message)
    if (match) return `${meaning.replace('$1', match[1] ?? match[2] ?? '')} (${message.split('\n', 1)[0]})`
  }
  return message
}
