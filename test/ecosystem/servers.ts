// Servers of other people, each in a temporary folder of its own, on an address that no other process takes.
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { ownAddress, plainEnvironment } from '../interop/common.js'
import { SSHD_READY, sshdCommand } from '../interop/sshd.js'
import { hostCertificate } from '../tls/common.js'
import { Child, PATIENCE_MS, run, within } from '../util/index.js'
import type { Test } from './common.js'

const env = plainEnvironment()

interface Address {
  readonly host: string
  readonly port: number
}

/** How long a database may take to make its files, or to start, on a busy machine. */
const START_MS = 6 * PATIENCE_MS

/** A server program. It is ended by its id when the test is over, and its folder is removed then. */
export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), 'bk-'))
  readonly address: Address = ownAddress()
  /** Where it speaks TLS, if it does. */
  readonly secureAddress: Address = ownAddress()
  #child: Child | undefined
  #start: (() => Promise<Child>) | undefined
  readonly #end: NodeJS.Signals

  /** @param end - the signal that ends it in order. */
  constructor(t: Test, end: NodeJS.Signals = 'SIGTERM') {
    this.#end = end
    t.after(async () => {
      await this.stop()
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  /** A path in its folder. */
  path(name: string): string {
    return join(this.folder, name)
  }

  /** Starts it, and waits until it says that it is ready. */
  async start(command: string, args: readonly string[], ready: RegExp, user?: User): Promise<this> {
    this.#start = async () => {
      const child = new Child(command, args, { env, cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'], ...user })
      this.#child = child
      await child.waitForOutput(ready, START_MS)
      return child
    }
    await this.#start()
    return this
  }

  get pid(): number {
    return this.#child?.process.pid ?? -1
  }

  /** All that it has said. */
  get output(): string {
    return `${this.#child?.stdout}${this.#child?.stderr}`
  }

  /** Ends it, and waits until it is gone. */
  async stop(signal = this.#end): Promise<void> {
    this.#child?.process.kill(signal)
    await within(Promise.resolve(this.#child?.ended), 'the end of the server').catch(() => this.#child?.stop())
  }

  /** Starts it once more, at the same address. */
  async again(): Promise<void> {
    await this.#start?.()
  }
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** A user of the system, for programs that refuse to be root; nothing where we are not root ourselves. */
async function user(name: string): Promise<User | undefined> {
  if (userInfo().uid !== 0) return undefined
  const [uid = '', gid = ''] = await Promise.all(['-u', '-g'].map(async (of) => (await run('id', [of, name])).stdout))
  return { uid: Number(uid), gid: Number(gid) }
}

/** Writes the certificate of host.example, and its key, into the folder of a server. */
function certificateFor(server: Server, owner?: User): { readonly cert: string; readonly key: string } {
  const [cert, key] = [server.path('cert.pem'), server.path('key.pem')]
  writeFileSync(cert, hostCertificate.pem)
  writeFileSync(key, hostCertificate.keyPem, { mode: 0o600 })
  if (owner) chownSync(key, owner.uid, owner.gid)
  return { cert, key }
}

export const REDIS = 'redis-server'

/** Its socket is `s` in its folder; at `secureAddress` it speaks TLS. */
export function redis(t: Test): Promise<Server> {
  const server = new Server(t)
  const { host, port } = server.address
  const { cert, key } = certificateFor(server)
  const options = {
    bind: host,
    port,
    unixsocket: server.path('s'),
    'tls-port': server.secureAddress.port,
    'tls-cert-file': cert,
    'tls-key-file': key,
    'tls-auth-clients': 'no',
    dir: server.folder,
    save: '',
    appendonly: 'no',
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])
  return server.start(REDIS, args, /Ready to accept connections/)
}

const POSTGRES_FOLDER = '/usr/lib/postgresql/15/bin'
export const POSTGRES = join(POSTGRES_FOLDER, 'postgres')

/** Its socket is `.s.PGSQL.<port>` in its folder; the superuser is `postgres`, and no user is asked for a password. */
export async function postgres(t: Test): Promise<Server> {
  const server = new Server(t, 'SIGINT')
  const { host, port } = server.address
  const owner = await user('postgres')
  if (owner) chownSync(server.folder, owner.uid, owner.gid)
  const data = server.path('data')
  const made = await run(join(POSTGRES_FOLDER, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-N'], {
    env: { ...env, LC_ALL: 'C' },
    cwd: server.folder,
    patience: START_MS,
    ...owner,
  })
  if (made.code !== 0) throw new Error(made.stderr)
  const options = [`listen_addresses=${host}`, `unix_socket_directories=${server.folder}`, 'fsync=off']
  const { cert, key } = certificateFor(server, owner)
  options.push('ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`)
  const args = ['-D', data, '-p', `${port}`, ...options.flatMap((option) => ['-c', option])]
  return server.start(POSTGRES, args, /ready to accept connections/, owner)
}

export const MARIADB = '/usr/sbin/mariadbd'

/** Its socket is `s` in its folder; all users may do everything without a password. */
export async function mariadb(t: Test): Promise<Server> {
  const server = new Server(t)
  const { host, port } = server.address
  const { cert, key } = certificateFor(server)
  const options = {
    datadir: server.path('data'),
    socket: server.path('s'),
    'pid-file': server.path('pid'),
    'bind-address': host,
    port,
    user: userInfo().username,
    'max-allowed-packet': '64M',
    'innodb-log-file-size': '64M',
    'innodb-flush-log-at-trx-commit': 0,
    'ssl-cert': cert,
    'ssl-key': key,
  }
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  const given = ['--no-defaults', `--datadir=${options.datadir}`, `--user=${options.user}`]
  const more = ['--skip-test-db', '--auth-root-authentication-method=normal']
  const made = await run('mariadb-install-db', [...given, ...more], {
    env,
    cwd: server.folder,
    patience: START_MS,
  })
  if (made.code !== 0) throw new Error(`${made.stdout}${made.stderr}`)
  return server.start(
    MARIADB,
    ['--no-defaults', '--skip-grant-tables', '--skip-networking=0', ...args],
    /ready for connections/,
  )
}

export const MOSQUITTO = '/usr/sbin/mosquitto'

/** Its socket is `s` in its folder; at `secureAddress` it speaks TLS. */
export function mosquitto(t: Test): Promise<Server> {
  const server = new Server(t)
  const { host, port } = server.address
  const { cert, key } = certificateFor(server)
  const secure = [`listener ${server.secureAddress.port} ${host}`, `certfile ${cert}`, `keyfile ${key}`]
  const others = [`listener ${port} ${host}`, `listener 0 ${server.path('s')}`]
  const lines = ['allow_anonymous true', 'user root', ...others, ...secure]
  writeFileSync(server.path('conf'), `${lines.join('\n')}\n`)
  return server.start(MOSQUITTO, ['-c', server.path('conf'), '-v'], /mosquitto version .* running/)
}

export const DBUS = 'dbus-daemon'

/** Its socket is `s` in its folder. */
export function dbus(t: Test): Promise<Server> {
  const server = new Server(t)
  const args = ['--session', '--nofork', '--nopidfile', '--print-address=1', `--address=unix:path=${server.path('s')}`]
  return server.start(DBUS, args, /unix:path=/)
}

export const XVFB = 'Xvfb'

/** Its socket is an abstract name that belongs to the number of the display, which it chooses: `displayOf()`. */
export function xvfb(t: Test): Promise<Server> {
  const server = new Server(t)
  const args = [
    '-displayfd',
    '1',
    '-screen',
    '0',
    '640x480x24',
    '-nolisten',
    'unix',
    '-nolisten',
    'tcp',
    '-ac',
    '-noreset',
  ]
  return server.start(XVFB, args, /^\d+\n/)
}

/** The number of its display. */
export function displayOf(server: Server): number {
  return Number.parseInt(server.output, 10)
}

/** Its folder has a key in `user` that lets in. */
export async function sshd(t: Test): Promise<Server> {
  const server = new Server(t)
  const { host, port } = server.address
  return server.start(...(await sshdCommand(server.folder, host, port)), SSHD_READY)
}

/** Starts a server before the tests of a suite, and ends it after them. */
export function beforeAll(make: (t: Test) => Promise<Server>): () => Server {
  const ends: (() => void | Promise<void>)[] = []
  let server: Server | undefined
  before(async () => {
    server = await make({ after: (end) => void ends.push(end) })
  })
  after(async () => {
    for (const end of ends) await end()
  })
  return () => {
    if (!server) throw new Error('the server has not been started')
    return server
  }
}
