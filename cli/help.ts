import { COMMON, type Command, type Options } from './arguments.js'

const WIDTH = 90
const COLUMN = 28

/** Breaks text into lines. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}

/** A word and what it means, beside each other. */
function entry(left: string, text: string): string[] {
  const [first = '', ...rest] = wrap(text, WIDTH - COLUMN)
  const begin = left.length + 2 > COLUMN ? [left, ' '.repeat(COLUMN) + first] : [left.padEnd(COLUMN) + first]
  return [...begin, ...rest.map((line) => ' '.repeat(COLUMN) + line)]
}

function optionLines(options: Options): string[] {
  return Object.entries(options).flatMap(([name, { short, value, help }]) =>
    entry(`  ${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`, help),
  )
}

/** Where the rest is said. */
const MORE = 'Addresses, exit statuses and examples: docs/tool.md of the package.'

/** The help of a command. */
export function commandHelp(command: Command): string {
  const { name, summary, usage, options, notes } = command
  return [
    `Usage: berkeley ${name} [OPTION]... ${usage}`,
    '',
    ...wrap(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`, WIDTH),
    '',
    ...optionLines({ ...options, ...COMMON }),
    ...notes.flatMap((note) => ['', ...wrap(note, WIDTH)]),
    '',
    MORE,
  ].join('\n')
}

/** The help of the tool. */
export function toolHelp(commands: readonly Command[]): string {
  return [
    'Usage: berkeley COMMAND [OPTION]... ARGUMENT...',
    '',
    'Sockets from the command line.',
    '',
    ...commands.flatMap(({ name, summary }) => entry(`  ${name}`, summary)),
    '',
    ...optionLines({
      help: COMMON['help'] as Options[string],
      version: { type: 'boolean', help: 'show the version, and end' },
    }),
    '',
    'Addresses: tcp:host:port, tls:host:port, udp:host:port (tcp4, tcp6, udp4, udp6 for one family),',
    'unix:path, unix-abstract:name, seqpacket:path, unixgram:path, fd:number, systemd:name, icmp:host.',
    '',
    `berkeley COMMAND --help says more. ${MORE}`,
  ].join('\n')
}
