// Programs of classic BPF: as bytes, as rows, or as the text that `tcpdump -ddd` prints; and what the kernel would refuse without a word.
import * as validate from '../../support/validate.js'

/** One instruction: `[code, jt, jf, k]`, the numbers of a `struct sock_filter`. */
export type BpfRow = readonly [code: number, jt: number, jf: number, k: number]

/** A program: rows, the text of `tcpdump -ddd`, or the bytes of an array of `struct sock_filter` (8 bytes each). */
export type BpfProgram = Uint8Array | string | readonly BpfRow[]

/** The size of a `struct sock_filter`. */
export const FILTER_ROW = 8
/** The most rows of a program. */
export const FILTER_ROWS = 4096

const UINT16_MAX = 0xffff
const UINT8_MAX = 0xff
const UINT32_MAX = 0xffffffff

/** Parts of a code: see `<linux/bpf_common.h>`. */
const CLASS = 0x07
const JUMP = 0x05
const RETURN = 0x06
const JUMP_KIND = 0xf0
const ALWAYS = 0x00

/**
 * Checks a program, and returns its bytes.
 * @throws RangeError when it is empty or too long, jumps beyond its end, or does not end with a return: the kernel would say EINVAL only.
 */
export function bpfBytes(name: string, program: unknown): Uint8Array {
  const bytes = bytesOf(name, program)
  const { length } = bytes
  if (length === 0 || length % FILTER_ROW !== 0 || length > FILTER_ROW * FILTER_ROWS)
    throw validate.outOfRange(`${name}.length`, `a multiple of ${FILTER_ROW}, up to ${FILTER_ROWS} rows`, length)
  checkJumps(name, bytes)
  return bytes
}

function bytesOf(name: string, program: unknown): Uint8Array {
  if (typeof program === 'string') return bytesOfRows(name, rowsOfText(name, program))
  if (Array.isArray(program)) return bytesOfRows(name, program)
  return new Uint8Array(validate.uint8Array(name, program))
}

/** The first line has the number of those that follow; each of them has the four numbers of a row. */
function rowsOfText(name: string, text: string): number[][] {
  const lines = text.trim().split('\n')
  const rows = lines.map((line) => line.trim().split(/\s+/))
  const [[count] = [], ...program] = rows
  const isNumber = (word: string): boolean => /^[0-9]{1,10}$/.test(word)
  if (!program.every((row) => row.length === 4 && row.every(isNumber)) || rows[0]?.length !== 1)
    throw validate.invalidValue(name, 'must be what `tcpdump -ddd` prints: a count, and rows of four numbers', text)
  if (!isNumber(count as string) || Number(count) !== program.length)
    throw validate.invalidValue(name, `must have as many rows as its first line says, and has ${program.length}`, text)
  return program.map((row) => row.map(Number))
}

function bytesOfRows(name: string, rows: readonly unknown[]): Uint8Array {
  if (rows.length > FILTER_ROWS) throw validate.outOfRange(`${name}.length`, `<= ${FILTER_ROWS}`, rows.length)
  const bytes = new Uint8Array(rows.length * FILTER_ROW)
  const halves = new Uint16Array(bytes.buffer)
  const words = new Uint32Array(bytes.buffer)
  for (const [index, row] of rows.entries()) {
    const where = `${name}[${index}]`
    if (!Array.isArray(row) || row.length !== 4)
      throw validate.invalidType(where, 'an array of four numbers: code, jt, jf, k', row)
    const [code, jt, jf, k] = row as unknown[]
    halves[4 * index] = validate.integer(`${where}[0]`, code, 0, UINT16_MAX)
    bytes[8 * index + 2] = validate.integer(`${where}[1]`, jt, 0, UINT8_MAX)
    bytes[8 * index + 3] = validate.integer(`${where}[2]`, jf, 0, UINT8_MAX)
    words[2 * index + 1] = validate.integer(`${where}[3]`, k, 0, UINT32_MAX)
  }
  return bytes
}

function checkJumps(name: string, bytes: Uint8Array): void {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const rows = bytes.length / FILTER_ROW
  const code = (index: number): number => halves[4 * index] as number
  const check = (index: number, offset: number): void => {
    if (index + 1 + offset >= rows)
      throw validate.outOfRange(`the jump of ${name}[${index}]`, `< ${rows - index - 1}, the rows that follow`, offset)
  }
  for (let index = 0; index < rows; index++) {
    if ((code(index) & CLASS) !== JUMP) continue
    if ((code(index) & JUMP_KIND) === ALWAYS) check(index, words[2 * index + 1] as number)
    else for (const at of [2, 3]) check(index, bytes[FILTER_ROW * index + at] as number)
  }
  if ((code(rows - 1) & CLASS) !== RETURN)
    throw validate.invalidValue(
      `${name}[${rows - 1}]`,
      'must be a return, as the last row of a program',
      code(rows - 1),
    )
}
