// Other implementations of TLS behind one face: each calls a listener of ours, and serves a client of ours.
import { once } from 'node:events'
import net from 'node:net'
import nodeTls from 'node:tls'
import { type Child, PATIENCE_MS, start, within } from '../../util/index.js'
import type { Authority, Identity } from './certificates.js'
import { NAME } from './certificates.js'
import { type Address, missing, ownPort, plainEnvironment, type Test, type Version, type Way } from './common.js'
import { python } from './python.js'

/** How the other side is to behave. */
export interface Manner {
  /** The authorities that it trusts. */
  readonly authority: Authority
  /** What it shows: always as a server, perhaps as a client. */
  readonly identity?: Identity | undefined
  readonly version?: Version | undefined
  readonly alpn?: readonly string[] | undefined
  /** Clients: the name that they want. */
  readonly name?: string | undefined
  /** Servers: whether they want to see the certificate of a client. */
  readonly asks?: 'required' | 'optional' | undefined
  /** Further arguments for a program. */
  readonly more?: readonly string[] | undefined
}

/** The other side of a conversation in lines. */
export interface Talk {
  say(text: string): void
  hear(pattern: RegExp): Promise<RegExpExecArray>
  /** Ends the conversation as it should be ended. */
  finish(): void
  /** Resolves when it is over, whichever side ended it, with what was said outside of it. */
  readonly over: Promise<string>
  /** What was agreed, as far as it tells: the versions are named as by us. */
  readonly child?: Child
}

export interface Counterparty {
  readonly name: string
  readonly skip: string | false
  /** Whether it knows unix sockets. */
  readonly unix: boolean
  call(t: Test, to: Address, manner: Manner): Talk
  /** Starts a server that answers lines. It may take a while until it listens. */
  serve(t: Test, way: Way, manner: Manner): [address: Address, talk: Talk]
  /** What that server answers to a line. */
  answer(line: string): string
}

class ChildTalk implements Talk {
  constructor(readonly child: Child) {}

  say(text: string): void {
    this.child.write(text)
  }

  hear(pattern: RegExp): Promise<RegExpExecArray> {
    return this.child.waitForOutput(pattern)
  }

  finish(): void {
    this.child.endInput()
  }

  get over(): Promise<string> {
    return within(this.child.ended, `the end of ${this.child.process.spawnfile}`).then(
      ({ stdout, stderr }) => stdout + stderr,
    )
  }
}

function run(t: Test, program: string, args: readonly string[]): Talk {
  return new ChildTalk(start(t, program, args, { env: plainEnvironment() }))
}

const optional = <T>(value: T | undefined, words: (value: T) => readonly string[]): readonly string[] =>
  value === undefined ? [] : words(value)

const reversed = (text: string): string => `${[...text.trimEnd()].reverse().join('')}\n`

const opensslWords = ({ version, identity, alpn, more = [] }: Manner): string[] => [
  ...optional(version, (v) => [v === 'TLSv1.2' ? '-tls1_2' : '-tls1_3']),
  ...optional(identity, ({ certFile, keyFile }) => ['-cert', certFile, '-key', keyFile]),
  ...optional(alpn, (list) => ['-alpn', list.join(',')]),
  ...more,
]

/** Where to, or where, in the words of `openssl s_client` and `s_server`. */
export const opensslAddress = (option: string, address: Address): string[] =>
  'path' in address ? ['-unix', address.path] : [option, `${address.host}:${address.port}`]

const openssl: Counterparty = {
  name: 'openssl',
  skip: missing('openssl'),
  unix: true,
  call: (t, to, manner) =>
    run(t, 'openssl', [
      's_client',
      ...opensslAddress('-connect', to),
      ...['-CAfile', manner.authority.caFile, '-verify_return_error'],
      ...['-servername', manner.name ?? NAME, '-verify_hostname', manner.name ?? NAME],
      ...opensslWords(manner),
    ]),
  serve(t, way, manner) {
    const address = way.fresh(t)
    const talk = run(t, 'openssl', [
      's_server',
      ...opensslAddress('-accept', address),
      ...['-naccept', '1', '-rev', '-CAfile', manner.authority.caFile],
      ...optional(manner.asks, (how) => [how === 'required' ? '-Verify' : '-verify', '3', '-verify_return_error']),
      ...opensslWords(manner),
    ])
    return [address, talk]
  },
  answer: reversed,
}

/** In the language of gnutls: which versions, in addition to what is normal. */
const priority = (version: Version): string =>
  `NORMAL:-VERS-ALL:+VERS-TLS${version === 'TLSv1.2' ? '1.2' : '1.3'}:+SIGN-EDDSA-ED25519`

const gnutlsWords = ({ version, identity, alpn, more = [] }: Manner): string[] => [
  ...optional(version, (v) => [`--priority=${priority(v)}`]),
  ...optional(identity, ({ certFile, keyFile }) => [`--x509certfile=${certFile}`, `--x509keyfile=${keyFile}`]),
  ...(alpn ?? []).map((protocol) => `--alpn=${protocol}`),
  ...more,
]

const gnutls: Counterparty = {
  name: 'gnutls',
  skip: missing('openssl', 'gnutls-cli', 'gnutls-serv'),
  unix: false,
  call(t, to, manner) {
    const { host, port } = to as { host: string; port: number }
    const name = manner.name ?? NAME
    return run(t, 'gnutls-cli', [
      ...[`--port=${port}`, `--x509cafile=${manner.authority.caFile}`],
      ...[`--sni-hostname=${name}`, `--verify-hostname=${name}`],
      ...gnutlsWords(manner),
      host,
    ])
  },
  serve(t, _way, manner) {
    const address = { host: '127.0.0.1', port: ownPort() }
    const asks = manner.asks === 'required' ? '--require-client-cert' : '--verify-client-cert'
    const talk = run(t, 'gnutls-serv', [
      ...['--echo', '--quiet', `--port=${address.port}`, `--x509cafile=${manner.authority.caFile}`],
      ...(manner.asks ? [asks, '--verify-client-cert'] : ['--disable-client-cert']),
      ...gnutlsWords(manner),
    ])
    return [address, talk]
  },
  answer: (text) => text,
}

const pythonOptions = ({ authority, identity, version, alpn, name, asks }: Manner) => ({
  ca: authority.caFile,
  cert: identity?.certFile,
  key: identity?.keyFile,
  version,
  alpn,
  name: name ?? NAME,
  verify: asks,
})

const pythonSsl: Counterparty = {
  name: 'Python',
  skip: missing('openssl', 'python3'),
  unix: true,
  call: (t, address, manner) =>
    new ChildTalk(python(t, { role: 'client', does: 'talk', address, ...pythonOptions(manner) })),
  serve(t, way, manner) {
    const address = way.fresh(t)
    return [address, new ChildTalk(python(t, { role: 'server', does: 'echo', address, ...pythonOptions(manner) }))]
  },
  answer: (text) => text,
}

/** Node's own sockets, in this process. */
class NodeTalk implements Talk {
  #heard = ''
  #again: (() => void)[] = []
  readonly over: Promise<string>

  constructor(
    t: Test,
    readonly socket: nodeTls.TLSSocket,
  ) {
    t.after(() => socket.destroy())
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#heard += text
      for (const again of this.#again.splice(0)) again()
    })
    let error = ''
    socket.on('error', (failure: Error & { code?: string }) => {
      error = `${failure.code} ${failure.message}`
    })
    const closed = new Promise<string>((resolve) => {
      socket.once('close', () => {
        for (const again of this.#again.splice(0)) again()
        resolve(error)
      })
    })
    this.over = within(closed, 'the close of a TLSSocket')
    this.over.catch(() => {}) // the code that awaits it reports it
  }

  say(text: string): void {
    this.socket.write(text)
  }

  hear(pattern: RegExp): Promise<RegExpExecArray> {
    return within(this.#match(pattern), `text like ${pattern}`, PATIENCE_MS)
  }

  async #match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#heard)
      if (match) return match
      if (this.socket.destroyed) throw new Error(`the socket is closed; it heard ${JSON.stringify(this.#heard)}`)
      await new Promise<void>((again) => this.#again.push(again))
    }
  }

  finish(): void {
    this.socket.end()
  }
}

const nodeOptions = ({
  authority,
  identity,
  version,
  alpn,
  asks,
}: Manner): nodeTls.SecureContextOptions & {
  ALPNProtocols?: string[]
  requestCert?: boolean
  rejectUnauthorized?: boolean
} => ({
  ca: authority.ca,
  ...(identity ? { cert: identity.cert, key: identity.key } : {}),
  ...(version ? { minVersion: version, maxVersion: version } : {}),
  ...(alpn ? { ALPNProtocols: [...alpn] } : {}),
  ...(asks ? { requestCert: true, rejectUnauthorized: asks === 'required' } : {}),
})

const nodes: Counterparty = {
  name: 'node:tls',
  skip: missing('openssl'),
  unix: true,
  call(t, to, manner) {
    const socket = net.connect(to)
    t.after(() => socket.destroy())
    return new NodeTalk(t, nodeTls.connect({ socket, servername: manner.name ?? NAME, ...nodeOptions(manner) }))
  },
  serve(t, way, manner) {
    const address = way.fresh(t)
    const server = nodeTls.createServer(nodeOptions(manner), (socket) => {
      t.after(() => socket.destroy())
      socket.on('error', () => {}) // the other side of the test tells
      socket.pipe(socket)
    })
    server.on('tlsClientError', (_, socket) => socket.destroy())
    const closed = once(server, 'close').then(() => '')
    server.listen(address)
    t.after(() => server.close())
    const talk = { say() {}, hear: () => Promise.reject(new Error('it only echoes')), finish() {}, over: closed }
    return [address, talk]
  },
  answer: (text) => text,
}

export const counterparties: readonly Counterparty[] = [openssl, gnutls, pythonSsl, nodes]
