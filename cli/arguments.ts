import { type ParseArgsConfig, parseArgs } from 'node:util'
import { suggestion } from './nearest.js'
import type { Reporter } from './reporter.js'
import { UsageError } from './usage.js'

/** An option of a command. */
export interface Option {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  /** What its value is called; for options that have one. */
  readonly value?: string
  /** Whether it may be given several times. */
  readonly multiple?: boolean
  /** What it does, for the help. */
  readonly help: string
}

/** Options by their long names. */
export type Options = Readonly<Record<string, Option>>

/** The options and arguments that were given, checked when they are asked for. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]

  constructor(values: Readonly<Record<string, unknown>>, positionals: readonly string[]) {
    this.#values = values
    this.positionals = positionals
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  list(name: string): string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.map(String) : []
  }

  /** A time in seconds, as milliseconds. */
  milliseconds(name: string): number | undefined {
    const seconds = this.#number(name, /^[0-9]+(\.[0-9]+)?$/, 'a number of seconds')
    return seconds === undefined ? undefined : Math.round(seconds * 1000)
  }

  /** A whole number from 1 on. */
  count(name: string): number | undefined {
    return this.#number(name, /^[1-9][0-9]*$/, 'a whole number from 1 on')
  }

  #number(name: string, form: RegExp, expected: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const number = Number(text)
    if (form.test(text) && number <= NUMBER_MAX) return number
    throw new UsageError(`--${name} must be ${expected}, up to ${NUMBER_MAX}, and is "${text}"`)
  }
}

/** Milliseconds of more seconds would not fit into a timer. */
const NUMBER_MAX = 2_000_000

/** What a command runs with. */
export interface Context {
  readonly given: Given
  readonly report: Reporter
  /** Is aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}

/** One of the commands of the tool. */
export interface Command {
  readonly name: string
  /** What it does, in one line. */
  readonly summary: string
  /** Its arguments behind the name. */
  readonly usage: string
  /** How many of those there have to be. */
  readonly least: number
  readonly most: number
  readonly options: Options
  /** Further paragraphs of the help. */
  readonly notes: readonly string[]
  /** Does it, and returns the exit status. */
  run(context: Context): Promise<number>
}

/** What every command has besides its own. */
export const COMMON: Options = {
  json: { type: 'boolean', help: 'say everything as JSON, a line each' },
  'no-color': { type: 'boolean', help: 'no colours in a terminal either, as with NO_COLOR' },
  help: { type: 'boolean', short: 'h', help: 'show this, and end' },
}

type Config = NonNullable<ParseArgsConfig['options']>

function configOf(options: Options): Config {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple = false }]) => [
      name,
      short === undefined ? { type, multiple } : { type, short, multiple },
    ]),
  )
}

/**
 * Reads the arguments of a command.
 * @throws UsageError for unknown options, absent values, and values that nothing asks for.
 */
export function parse(args: readonly string[], options: Options): Given {
  refuseUnknown(args, options)
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: configOf(options), allowPositionals: true })
    return new Given(values, positionals)
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('\n')
    throw new UsageError(sentence.replace(/\.? To specify.*$/, '').replace(/\.$/, ''))
  }
}

/** Looks for names that no option has: parseArgs does not say which were meant. */
function refuseUnknown(args: readonly string[], options: Options): void {
  const { tokens } = parseArgs({
    args: [...args],
    options: configOf(options),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  for (const token of tokens)
    if (token.kind === 'option' && options[token.name] === undefined) {
      const names = Object.entries(options).flatMap(([name, { short }]) =>
        short ? [`--${name}`, `-${short}`] : `--${name}`,
      )
      const long = names.filter((name) => name.startsWith('--'))
      throw new UsageError(
        `unknown option ${token.rawName}${suggestion(token.rawName, token.rawName.startsWith('--') ? long : names)}`,
      )
    }
}
