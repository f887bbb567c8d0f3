import { UsageError } from './usage.js'

/** Where text goes: standard output or standard error. */
interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

/** A colour, or the like. */
export type Style = keyof typeof CODES

/** What an event is about, for `--json`. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether to use colours: in a terminal, unless the environment says otherwise (no-color.org). */
export function hasColors(output: Output, isRefused: boolean, env: NodeJS.ProcessEnv = process.env): boolean {
  return !isRefused && output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
}

/** Says what happens: results on standard output, everything else on standard error. */
export class Reporter {
  readonly isJson: boolean
  readonly #isQuiet: boolean
  readonly #isVerbose: boolean
  readonly #colors: { readonly out: boolean; readonly err: boolean }

  constructor({
    json,
    quiet,
    verbose,
    noColor,
  }: { json: boolean; quiet: boolean; verbose: boolean; noColor: boolean }) {
    if (quiet && verbose) throw new UsageError('--quiet and --verbose contradict each other')
    this.isJson = json
    this.#isQuiet = quiet
    this.#isVerbose = verbose
    this.#colors = { out: hasColors(process.stdout, noColor), err: hasColors(process.stderr, noColor) }
  }

  /** Text for standard output in a colour, where that has any. */
  paint(style: Style, text: string): string {
    return painted(this.#colors.out, style, text)
  }

  /** A result. */
  result(text: string, fields: Fields): void {
    process.stdout.write(this.isJson ? `${JSON.stringify(fields)}\n` : `${text}\n`)
  }

  /** What the user has to know, unless it is to be quiet: where it listens, the summary. */
  notice(event: string, text: string, fields: Fields = {}): void {
    if (!this.#isQuiet) this.#say('dim', event, text, fields)
  }

  /** What happens on the way: connections that come and go. */
  detail(event: string, text: string, fields: Fields = {}): void {
    if (this.#isVerbose || (this.isJson && !this.#isQuiet)) this.#say('dim', event, text, fields)
  }

  /** What went wrong. */
  failure(error: unknown): void {
    const { message, code, name } = error as Error & { code?: unknown }
    this.#say('red', 'error', message, { name, code, message })
  }

  #say(style: Style, event: string, text: string, fields: Fields): void {
    const line = this.isJson
      ? JSON.stringify({ event, ...fields })
      : painted(this.#colors.err, style, `berkeley: ${text}`)
    process.stderr.write(`${line}\n`)
  }
}

function painted(hasColor: boolean, style: Style, text: string): string {
  return hasColor ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text
}
