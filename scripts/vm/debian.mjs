// Packages of Debian of any architecture, unpacked into a folder, by any user that may write to it: apt with a state of its own.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Failure, quietly, which } from '../lib/run.mjs'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** The release that this machine runs: its programs are known to work for the tests. */
function release() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  return /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1] ?? 'bookworm'
}

/** @param {string} arch */
function sources(arch) {
  const from = `deb [arch=${arch} signed-by=${KEYRING}]`
  const name = release()
  return [
    `${from} http://deb.debian.org/debian ${name} main`,
    `${from} http://deb.debian.org/debian-security ${name}-security main`,
  ]
}

/**
 * Settings that keep apt away from those of the machine: nothing is known to be installed.
 * @param {string} folder
 * @param {string} arch
 */
const settings = (folder, arch) => [
  `APT::Architecture "${arch}";`,
  `APT::Architectures { "${arch}"; };`,
  'APT::Sandbox::User "";',
  'APT::Install-Recommends "false";',
  `Dir::State "${folder}";`,
  `Dir::State::status "${folder}/status";`,
  `Dir::Cache "${folder}";`,
  `Dir::Etc::SourceList "${folder}/sources.list";`,
  'Dir::Etc::SourceParts "-";',
  // No rights of root, so no lock of root's; the folder is this program's alone.
  'Debug::NoLocking "1";',
]

export class Debian {
  #folder = mkdtempSync(join(tmpdir(), 'berkeley-apt-'))
  #arch

  /** @param {string} arch as Debian calls it */
  constructor(arch) {
    this.#arch = arch
    for (const program of ['apt-get', 'dpkg-deb'])
      if (!which(program)) throw new Failure(`packages of Debian need ${program}, which is not here`)
    for (const name of ['lists/partial', 'archives/partial']) mkdirSync(join(this.#folder, name), { recursive: true })
    writeFileSync(join(this.#folder, 'status'), '')
    writeFileSync(join(this.#folder, 'sources.list'), `${sources(arch).join('\n')}\n`)
    writeFileSync(join(this.#folder, 'apt.conf'), `${settings(this.#folder, arch).join('\n')}\n`)
    this.#apt('apt-get', 'update', '-qq')
  }

  end() {
    rmSync(this.#folder, { recursive: true })
  }

  /** The newest version of a kernel's package: the name of the one that the general name stands for. */
  kernelPackage() {
    const text = this.#apt('apt-cache', 'depends', `linux-image-${this.#arch}`)
    const name = /Depends: (linux-image-\S+)/.exec(text)?.[1]
    if (name === undefined) throw new Failure(`Debian has no kernel for ${this.#arch}`)
    return name
  }

  /**
   * Unpacks packages into a folder, which appears when it is complete.
   * @param {readonly string[]} packages
   * @param {string} target
   * @param {{ withDependencies: boolean }} options
   */
  unpack(packages, target, { withDependencies }) {
    const archives = this.#download(packages, withDependencies)
    mkdirSync(dirname(target), { recursive: true })
    const draft = mkdtempSync(`${target}.`)
    chmodSync(draft, 0o755)
    for (const archive of archives) quietly(`unpacking ${archive}`, 'dpkg-deb', ['--extract', archive, draft])
    rmSync(target, { recursive: true, force: true })
    renameSync(draft, target)
  }

  /** @param {readonly string[]} packages @param {boolean} withDependencies */
  #download(packages, withDependencies) {
    process.stderr.write(`downloading packages of Debian for ${this.#arch} ...\n`)
    const folder = join(this.#folder, 'archives')
    this.#apt('apt-get', 'clean')
    if (withDependencies) this.#apt('apt-get', 'install', '--download-only', '--yes', '-qq', ...packages)
    else this.#apt('apt-get', 'download', '-qq', ...packages)
    return readdirSync(folder)
      .filter((name) => name.endsWith('.deb'))
      .map((name) => join(folder, name))
  }

  /** @param {string} program @param {...string} args */
  #apt(program, ...args) {
    const env = { ...process.env, APT_CONFIG: join(this.#folder, 'apt.conf') }
    return quietly(`${program} ${args[0]}`, program, args, { env, cwd: join(this.#folder, 'archives') })
  }
}
