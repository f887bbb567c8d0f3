// What the tool understands, and what it says about what it does not.
import assert from 'node:assert/strict'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { Socket } from 'berkeley/llsocket'
import { type Address, addressText, KINDS, parseAddress } from '#cli/address.js'
import { nearest } from '#cli/nearest.js'
import { SETTABLE } from '#cli/settings.js'
import { leavesNoFd, root } from '../util/index.js'
import { TOOL, tool } from './common.js'

leavesNoFd()

const COMMANDS = ['listen', 'connect', 'relay', 'inspect', 'ping']
const manual = readFileSync(join(root, 'docs', 'tool.md'), 'utf8')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Wrong arguments: status 2, nothing on standard output, and a hint at the help. */
async function refused(args: string[], message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await tool(args, { input: '' })
  assert.deepEqual([code, stdout], [2, ''], stderr)
  assert.match(stderr, message)
  assert.match(stderr, /\nTry 'berkeley[ a-z]* --help'\.\n$/)
}

/** A part of the manual, from its heading to the next one. */
function section(heading: string): string {
  const [, text = ''] = manual.split(`\n${heading}\n`)
  return text.split(/^#{2,3} /m)[0] ?? ''
}

test('package.json names the tool, which begins as a program does', () => {
  assert.equal(join(root, manifest.bin.berkeley), TOOL)
  accessSync(TOOL, constants.R_OK)
  assert.match(readFileSync(TOOL, 'utf8'), /^#!\/usr\/bin\/env node\n/)
})

test('the tool imports what users can, and nothing else', () => {
  const folder = join(root, 'cli')
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  assert.ok(sources.length > 15)
  for (const name of sources) {
    const imports = [...readFileSync(join(folder, name), 'utf8').matchAll(/\bfrom '([^']+)'/g)].map(
      ([, from = '']) => from,
    )
    for (const from of imports) {
      const isOwn = from.startsWith('.') && join(dirname(name), from).startsWith('..') === false
      assert.ok(isOwn || /^(node:.*|berkeley|berkeley\/llsocket)$/.test(from), `${name} imports ${from}`)
    }
  }
})

test('--version says the version of the package', async () => {
  const { code, stdout } = await tool(['--version'])
  assert.deepEqual([code, stdout], [0, `berkeley ${manifest.version}\n`])
})

test('--help shows the commands, and that of each command its options, all of which are in docs/tool.md', async () => {
  for (const args of [['--help'], ['-h'], ['help']]) {
    const { code, stdout } = await tool(args)
    assert.equal(code, 0)
    for (const name of COMMANDS) assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
  }
  for (const name of COMMANDS) {
    const { code, stdout } = await tool([name, '--help'])
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`^Usage: berkeley ${name} `))
    assert.equal((await tool(['help', name])).stdout, stdout)
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 100),
      'a line of the help is too long',
    )
    const sections = [`## berkeley ${name}`, '### Conversations', '### Connections', '## Options of all commands']
    const documented = sections.map(section).join('')
    const options = [...stdout.matchAll(/^ {2}(?:-\w, | {4})(--[a-z0-9-]+)/gm)].map(([, option]) => option)
    assert.ok(options.length > 3)
    assert.deepEqual(
      options.filter((option) => !documented.includes(`\`${option}`)),
      [],
      name,
    )
  }
})

test('docs/tool.md lists every kind of address and every option that --set takes', () => {
  for (const kind of KINDS) assert.ok(manual.includes(`\`${kind}:`), kind)
  for (const option of SETTABLE) assert.ok(manual.includes(`\`${option}\``), option)
  for (const option of SETTABLE) assert.equal(typeof Reflect.get(Socket.prototype, option), 'function', option)
})

test('unknown commands and options are refused, with the nearest that is known', async () => {
  await refused([], /^berkeley: it takes a command\n/)
  await refused(['conect', 'x'], /^berkeley: unknown command conect; did you mean connect\?\n/)
  await refused(['frobnicate'], /unknown command frobnicate; known are listen, connect, relay, inspect, ping\n/)
  await refused(
    ['connect', '--tiemout', '4', 'tcp:a:1'],
    /^berkeley connect: unknown option --tiemout; did you mean --timeout\?/,
  )
  await refused(['connect', '--ech', 'tcp:a:1'], /unknown option --ech/)
  await refused(['listen', '--ech', 'tcp:1'], /unknown option --ech; did you mean --echo\?/)
  await refused(['ping', '-z', 'a'], /unknown option -z/)
  await refused(['connect', '--timeout'], /^berkeley connect: Option '-t, --timeout <value>' argument missing/)
  await refused(['connect', '--json=yes', 'tcp:a:1'], /Option '--json' does not take an argument/)
})

test('too many and too few arguments are refused', async () => {
  await refused(['connect'], /^berkeley connect: it takes ADDRESS, and not nothing\n/)
  await refused(['connect', 'tcp:a:1', 'tcp:b:2'], /it takes ADDRESS, and not tcp:a:1 tcp:b:2\n/)
  await refused(['relay', 'tcp:a:1'], /it takes LISTEN CONNECT, and not tcp:a:1\n/)
  await refused(['inspect'], /it takes PROCESS\.\.\., and not nothing\n/)
})

test('addresses that are none are explained', async () => {
  await refused(['connect', 'localhost'], /"localhost" is no address: it begins with its kind, as in tcp:localhost:80/)
  await refused(['connect', 'localhost:80'], /has the unknown kind localhost:; did you mean tcp:localhost:80\?/)
  await refused(['connect', 'tpc:localhost:80'], /has the unknown kind tpc:; did you mean tcp\?/)
  await refused(['connect', 'unix:'], /"unix:" has no path/)
  await refused(['connect', 'unix-abstract:'], /has no name/)
  await refused(['connect', 'tcp:localhost:http'], /has no port from 0 to 65535/)
  await refused(['connect', 'tcp:localhost:65536'], /has no port from 0 to 65535/)
  await refused(
    ['connect', 'tcp:::1:80'],
    /has no port from 0 to 65535: tcp:host:port, with an IPv6 address in brackets/,
  )
  await refused(['connect', 'fd:x'], /has no number of a descriptor/)
  await refused(['connect', 'icmp:localhost'], /icmp:localhost is nothing to connect to/)
  await refused(['listen', '-'], /- is nothing to listen at/)
  await refused(['relay', 'udp:1', 'tcp:a:1'], /relay is for connections, and udp:\*:1 has none/)
  await refused(['relay', 'tcp:1', 'seqpacket:/a'], /seqpackets can only be relayed to seqpackets/)
  await refused(['listen', 'systemd:web'], /systemd has passed no server called "web", but nothing/)
  await refused(['listen', 'tls:127.0.0.1:0'], /listening for TLS needs --cert and --key/)
  await refused(['ping', 'udp:a:1'], /udp:a:1 cannot be pinged/)
})

test('values of options that make no sense are explained', async () => {
  await refused(['ping', '-c', '0', 'localhost'], /--count must be a whole number from 1 on/)
  await refused(['ping', '-c', '1.5', 'localhost'], /--count must be a whole number from 1 on/)
  await refused(['ping', '-i', 'soon', 'localhost'], /--interval must be a number of seconds/)
  await refused(['connect', '-t', '99999999', 'tcp:a:1'], /--timeout must be a number of seconds, up to 2000000/)
  await refused(['listen', '--keep', '--echo', 'tcp:0'], /--keep and --echo exclude each other/)
  await refused(['listen', '--max', '3', 'tcp:0'], /--max is for --keep and --echo/)
  await refused(['listen', '-q', '-v', 'tcp:0'], /--quiet and --verbose contradict each other/)
  await refused(['ping', '-4', '-6', 'localhost'], /--ipv4 and --ipv6 exclude each other/)
  await refused(['connect', '--set', 'rcvbuf', 'tcp:a:1'], /--set takes OPTION=VALUE, and not "rcvbuf"/)
  await refused(['connect', '--set', 'rcvbufs=1', 'tcp:a:1'], /--set knows no option "rcvbufs"; did you mean rcvbuf\?/)
  await refused(['connect', '--set', 'close=1', 'tcp:a:1'], /--set knows no option "close"/)
  await refused(
    ['listen', '--set', 'rcvbuf=many', 'tcp:127.0.0.1:0'],
    /--set rcvbuf: The "value" argument must be of type number/,
  )
})

test('parseAddress() reads every kind, and addressText() writes it', () => {
  const same: [string, Partial<Address>][] = [
    ['tcp:localhost:80', { kind: 'tcp', host: 'localhost', port: 80, version: undefined }],
    ['tcp6:[::1]:80', { kind: 'tcp', host: '::1', port: 80, version: 6 }],
    ['udp4:127.0.0.1:0', { kind: 'udp', host: '127.0.0.1', port: 0, version: 4 }],
    ['tls:a.example:443', { kind: 'tls', host: 'a.example', port: 443, version: undefined }],
    ['unix:/run/a:b', { kind: 'unix', path: '/run/a:b' }],
    ['unix-abstract:x', { kind: 'unix', path: '\0x' }],
    ['seqpacket:./x', { kind: 'seqpacket', path: './x' }],
    ['unixgram-abstract:x', { kind: 'unixgram', path: '\0x' }],
    ['fd:3', { kind: 'fd', name: '3' }],
    ['systemd:web.socket', { kind: 'systemd', name: 'web.socket' }],
    ['icmp:::1', { kind: 'icmp', name: '::1' }],
    ['-', { kind: 'stdio', name: '-' }],
  ]
  for (const [text, address] of same) {
    assert.deepEqual(parseAddress(text), address)
    assert.equal(addressText(parseAddress(text)), text)
  }
  assert.equal(addressText(parseAddress('tcp:8080')), 'tcp:*:8080')
  assert.equal(addressText(parseAddress('tcp::8080')), 'tcp:*:8080')
})

test('nearest() finds what was meant, and nothing for what is far from everything', () => {
  const known = ['--timeout', '--echo', '--keep', '--json']
  assert.equal(nearest('--tiemout', known), '--timeout')
  assert.equal(nearest('--time', known), '--timeout')
  assert.equal(nearest('--jsno', known), '--json')
  assert.equal(nearest('--frobnicate', known), undefined)
  assert.equal(nearest('', known), undefined)
  assert.equal(nearest('x'.repeat(100_000), known), undefined)
})
