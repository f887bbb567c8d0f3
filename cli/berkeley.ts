#!/usr/bin/env node
// The command-line tool: npx berkeley. It is written on the public API alone, as any program would be.
import { readFileSync } from 'node:fs'
import { COMMON, type Command, parse } from './arguments.js'
import { connectCommand } from './commands/connect.js'
import { inspectCommand } from './commands/inspect.js'
import { listenCommand } from './commands/listen.js'
import { pingCommand } from './commands/ping.js'
import { relayCommand } from './commands/relay.js'
import { commandHelp, toolHelp } from './help.js'
import { suggestion } from './nearest.js'
import { Reporter } from './reporter.js'
import { STATUS, UsageError } from './usage.js'

const COMMANDS: readonly Command[] = [listenCommand, connectCommand, relayCommand, inspectCommand, pingCommand]

/** SIGINT and SIGTERM end what runs, with its summary; a second one does not wait for that. */
function interruptible(): { signal: AbortSignal; status: () => number | undefined } {
  const stop = new AbortController()
  let status: number | undefined
  const handle = (number: number) => () => {
    if (status !== undefined) process.exit(number)
    status = number
    stop.abort()
  }
  process.on('SIGINT', handle(STATUS.interrupted))
  process.on('SIGTERM', handle(STATUS.terminated))
  return { signal: stop.signal, status: () => status }
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return `berkeley ${version}`
}

/** The reader of the output has gone, as head(1) does. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(STATUS.brokenPipe)
    throw error
  })
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  const given = parse(args, { ...command.options, ...COMMON })
  if (given.flag('help')) {
    process.stdout.write(`${commandHelp(command)}\n`)
    return STATUS.ok
  }
  const { length } = given.positionals
  if (length < command.least || length > command.most)
    throw new UsageError(`it takes ${command.usage}, and not ${length === 0 ? 'nothing' : given.positionals.join(' ')}`)
  const report = new Reporter({
    json: given.flag('json'),
    quiet: given.flag('quiet'),
    verbose: given.flag('verbose'),
    noColor: given.flag('no-color'),
  })
  const { signal, status } = interruptible()
  try {
    return await command.run({ given, report, signal })
  } catch (error) {
    if (error instanceof UsageError) throw error
    const interrupted = status()
    if (interrupted !== undefined) return interrupted
    report.failure(error)
    return STATUS.failed
  }
}

function commandOf(name: string): Command {
  const command = COMMANDS.find((one) => one.name === name)
  if (command) return command
  throw new UsageError(
    `unknown command ${name}${suggestion(
      name,
      COMMANDS.map((one) => one.name),
    )}`,
  )
}

/** Runs the tool, and returns its exit status. */
async function main([first, ...rest]: readonly string[]): Promise<number> {
  if (first === undefined) throw new UsageError('it takes a command')
  if (first === '--help' || first === '-h' || first === 'help') {
    process.stdout.write(
      `${rest[0] === undefined || first !== 'help' ? toolHelp(COMMANDS) : commandHelp(commandOf(rest[0]))}\n`,
    )
    return STATUS.ok
  }
  if (first === '--version') {
    process.stdout.write(`${version()}\n`)
    return STATUS.ok
  }
  return runCommand(commandOf(first), rest)
}

async function program(args: readonly string[]): Promise<void> {
  endWithReader()
  try {
    process.exitCode = await main(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const name = COMMANDS.some((command) => command.name === args[0]) ? `berkeley ${args[0]}` : 'berkeley'
    process.stderr.write(`${name}: ${error.message}\nTry '${name} --help'.\n`)
    process.exitCode = STATUS.usage
  }
}

await program(process.argv.slice(2))
