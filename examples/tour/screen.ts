// All that the tour says goes through here, so that the steps hold nothing but sockets.
// On a terminal: colours, and a progress line that is drawn over and over. Anywhere else: plain lines, nothing drawn twice.

/** What a screen writes to: process.stdout, or a stand-in of the tests. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** A column of a table. Optional ones go first when the screen is narrow. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  readonly optional?: boolean
}

const WIDEST = 80
const NARROWEST = 20
const NARROW = 60
const INDENT = '   '
const GAP = '  '

/** A terminal is slow, and no user reads faster than this. */
const REDRAW_MS = 80

const ERASE_LINE = '\r\x1b[K'
const COLOURS = { bold: '1', dim: '2', red: '31', green: '32', cyan: '36' } as const
type Colour = keyof typeof COLOURS

/** Signs beyond ASCII, where the locale says that the terminal can show them. */
const SIGNS = {
  unicode: { done: '✓', failed: '✗', full: '━', empty: '╌' },
  ascii: { done: 'ok', failed: 'FAILED', full: '#', empty: '-' },
}

function hasUnicode(env: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '')
}

/** Words in lines of at most `width`; a word that is longer than a line is cut into lines. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width))
  }
  return [...lines, line]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

export class Screen {
  readonly #out: Output
  readonly #live: boolean
  readonly #coloured: boolean
  readonly #signs: (typeof SIGNS)['unicode']
  /** When the progress line was drawn last; undefined while there is none. */
  #drawn: number | undefined

  constructor(out: Output = process.stdout, env: NodeJS.ProcessEnv = process.env) {
    this.#out = out
    this.#live = out.isTTY === true && env['TERM'] !== 'dumb'
    this.#coloured = this.#live && !env['NO_COLOR']
    this.#signs = hasUnicode(env) ? SIGNS.unicode : SIGNS.ascii
  }

  /** Asked anew each time, because people resize their terminals. */
  get width(): number {
    return Math.max(NARROWEST, Math.min(this.#out.columns || WIDEST, WIDEST))
  }

  #paint(colour: Colour, text: string): string {
    return this.#coloured ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text
  }

  #write(line: string): void {
    this.clear()
    this.#out.write(`${line}\n`)
  }

  /** Writes text behind a sign, as many lines as it takes; the next ones stand below the text. */
  #writeBehind(sign: string, text: string, colour?: Colour): void {
    const lead = INDENT + sign + (sign === '' ? '' : ' ')
    const lines = wrapped(text, this.width - lead.length)
    const first = colour ? INDENT + this.#paint(colour, `${sign} `) : lead
    for (const [i, line] of lines.entries()) this.#write((i === 0 ? first : ' '.repeat(lead.length)) + line)
  }

  /** The first line of all. */
  title(text: string): void {
    for (const line of wrapped(text, this.width)) this.#write(this.#paint('bold', line))
  }

  /** The line that a step begins with. */
  heading(number: number, text: string): void {
    this.#write('')
    const [first = '', ...rest] = wrapped(text, this.width - INDENT.length)
    this.#write(this.#paint('cyan', `${number} `.padEnd(INDENT.length)) + this.#paint('bold', first))
    for (const line of rest) this.#write(this.#paint('bold', INDENT + line))
  }

  /** Something worth knowing, while a step is at work; with a label it is to the right of that. */
  line(text: string, label = ''): void {
    this.#writeBehind(label, text)
  }

  /** Rows below a header. A screen that is too narrow loses the optional columns, and then the ends of the lines. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
    const shown = this.#columnsThatFit(columns, widths)
    const lineOf = (cells: readonly string[]): string => {
      const parts = shown.map((i) => {
        const cell = cells[i] ?? ''
        const width = widths[i] ?? 0
        return columns[i]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width)
      })
      return (INDENT + parts.join(GAP)).trimEnd().slice(0, this.width)
    }
    this.#write(this.#paint('dim', lineOf(columns.map(({ title }) => title))))
    for (const row of rows) this.#write(lineOf(row))
  }

  #columnsThatFit(columns: readonly Column[], widths: readonly number[]): number[] {
    const shown = [...columns.keys()]
    const needed = (): number => INDENT.length + sum(shown.map((i) => (widths[i] ?? 0) + GAP.length)) - GAP.length
    while (needed() > this.width) {
      const last = shown.findLastIndex((i) => columns[i]?.optional)
      if (last < 0) break
      shown.splice(last, 1)
    }
    return shown
  }

  /** How far a step is, from 0 to 1, on a line that is drawn in place. Cheap enough to be called for every packet. */
  progress(done: number, text = ''): void {
    if (!this.#live) return
    const now = performance.now()
    if (this.#drawn !== undefined && now - this.#drawn < REDRAW_MS) return
    this.#drawn = now
    const percent = `${Math.floor(Math.min(done, 1) * 100)} %`.padStart(5)
    const bar = this.#bar(done)
    // One column stays free: some terminals go on to the next line as soon as the last one is written.
    const rest = `  ${percent}  ${text}`.slice(0, Math.max(0, this.width - 1 - INDENT.length - bar.length))
    this.#out.write(ERASE_LINE + INDENT + this.#paint('cyan', bar) + rest)
  }

  #bar(done: number): string {
    const length = this.width < NARROW ? 10 : 30
    const full = Math.floor(Math.min(done, 1) * length)
    return this.#signs.full.repeat(full) + this.#signs.empty.repeat(length - full)
  }

  /** Takes the progress line away. */
  clear(): void {
    if (this.#drawn === undefined) return
    this.#drawn = undefined
    this.#out.write(ERASE_LINE)
  }

  /** The last line of a step that was verified: its figures. */
  done(text: string): void {
    this.#writeBehind(this.#signs.done, text, 'green')
  }

  /** The last lines of a step that was not: what was looked at, and what it should have been. */
  failed(what: string, expected: string, actual: string): void {
    this.#writeBehind(this.#signs.failed, what, 'red')
    this.line(expected, 'expected:')
    this.line(actual, 'came:    ')
  }

  /** The last line of all. */
  summary(good: boolean, text: string): void {
    this.#write('')
    for (const line of wrapped(text, this.width)) this.#write(this.#paint(good ? 'green' : 'red', line))
  }
}
