// Why an addon was not loaded: what the loaders of glibc and musl say, in words that tell the user what to do.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { reasonOf } from '#internal/native/reason.js'
import { leavesNoFd, tempFolder } from '../../util/index.js'

leavesNoFd()

/** The first 20 bytes of an ELF file of a machine; see elf(5). */
function elf(machine: number, bigEndian = false): Buffer {
  const bytes = Buffer.alloc(20)
  bytes.write('\x7fELF', 'latin1')
  bytes[5] = bigEndian ? 2 : 1
  if (bigEndian) bytes.writeUInt16BE(machine, 18)
  else bytes.writeUInt16LE(machine, 18)
  return bytes
}

const HERE: Readonly<Record<string, number>> = { x64: 62, arm64: 183, arm: 40, ia32: 3 }
const failed = (message: string) => Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' })

describe('a file that cannot be an addon here', () => {
  const other = process.arch === 'arm64' ? ['x64', elf(62)] : ['arm64', elf(183)]
  for (const [what, content, reason] of [
    [
      'of another architecture',
      other[1],
      new RegExp(`^built for ${other[0]}, and this is a Node for ${process.arch}$`),
    ],
    ['of a big-endian machine', elf(22, true), /^built for s390x,/],
    ['of a machine that Node does not know', elf(999), /^built for machine 999,/],
    [
      'of text, such as the pointer that Git LFS leaves',
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      /^not an ELF file$/,
    ],
    ['of macOS', Buffer.from('cffaedfe07000001030000000200000000000000', 'hex'), /^not an ELF file$/],
    ['that is empty', Buffer.alloc(0), /^not an ELF file$/],
  ] as [string, Buffer, RegExp][])
    test(`a file ${what} is told from the others`, (t) => {
      const file = join(tempFolder(t), 'some.node')
      writeFileSync(file, content)
      assert.match(reasonOf(file, failed(`${file}: whatever the loader says`)), reason)
    })

  test('a file that is not there is missing, also below a file', (t) => {
    const file = join(tempFolder(t), 'some.node')
    assert.equal(reasonOf(file), 'missing')
    writeFileSync(file, '')
    assert.equal(reasonOf(join(file, 'some.node')), 'missing')
  })

  test('a file that may not be read is said to be so', {
    skip: process.getuid?.() === 0 && 'root reads everything',
  }, (t) => {
    const folder = join(tempFolder(t), 'closed')
    mkdirSync(folder)
    writeFileSync(join(folder, 'some.node'), '')
    chmodSync(folder, 0)
    t.after(() => chmodSync(folder, 0o700))
    assert.match(reasonOf(join(folder, 'some.node')), /^not readable: EACCES/)
  })
})

describe('what a loader says', () => {
  for (const [message, reason] of [
    [
      "/lib/libc.so.6: version `GLIBC_2.38' not found (required by F)",
      /^needs GLIBC_2\.38, and this system has an older glibc \(/,
    ],
    [
      "/lib/libstdc++.so.6: version `CXXABI_1.3.15' not found (required by F)",
      /^needs CXXABI_1\.3\.15 of a newer library/,
    ],
    [
      'libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory',
      /^built for musl, and this is a Node for glibc/,
    ],
    [
      'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by F)',
      /^built for glibc, and this is a Node for musl/,
    ],
    [
      'Error loading shared library libc.so.6: No such file or directory (needed by F)',
      /^built for glibc, and this is a Node for musl/,
    ],
    [
      'libssl.so.1.1: cannot open shared object file: No such file or directory',
      /^needs libssl\.so\.1\.1, which is not there/,
    ],
    ['F: undefined symbol: napi_new_thing', /^needs napi_new_thing, which this runtime does not offer/],
    ['Error relocating F: uv_new_thing: symbol not found', /^needs uv_new_thing, which this runtime does not offer/],
    ['F: file too short', /^F: file too short$/],
  ] as [string, RegExp][])
    test(`the reason is understood: ${message}`, (t) => {
      const file = join(tempFolder(t), 'some.node')
      writeFileSync(file, elf(HERE[process.arch] ?? 62))
      assert.match(reasonOf(file, failed(message)), reason)
    })

  test('Node that allows no addons, or no reading, is told by which option it would', () => {
    const error = (code: string) => Object.assign(new Error('Access to this API has been restricted'), { code })
    assert.match(reasonOf('/some.node', error('ERR_DLOPEN_DISABLED')), /--allow-addons/)
    assert.match(reasonOf('/some.node', error('ERR_ACCESS_DENIED')), /--allow-fs-read/)
  })
})
