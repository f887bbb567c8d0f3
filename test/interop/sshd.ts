// sshd for tests: in the foreground, with keys of its own.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../util/index.js'
import { plainEnvironment } from './common.js'

/** It starts itself again, and wants to know by which path. */
export const SSHD = '/usr/sbin/sshd'

/** Makes a pair of keys, and returns the public one. */
export async function makeKey(path: string): Promise<string> {
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]
  const { code, stderr } = await run('ssh-keygen', args, { env: plainEnvironment() })
  assert.equal(code, 0, stderr)
  return readFileSync(`${path}.pub`, 'utf8')
}

/** What it says when it is ready. */
export const SSHD_READY = /Server listening/

/**
 * The command for it. A user with the key in the file `user` of the folder may log in; `known_hosts` names the server. It insists on an empty
 * folder below /run, which it gets in a mount namespace of its own, so that nothing is left behind.
 */
export async function sshdCommand(folder: string, host: string, port: number): Promise<[string, string[]]> {
  const [hostKey] = [await makeKey(join(folder, 'host')), await makeKey(join(folder, 'user'))]
  writeFileSync(join(folder, 'known_hosts'), `[${host}]:${port} ${hostKey}`)
  const config = [
    `ListenAddress ${host}:${port}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'Subsystem sftp internal-sftp',
  ]
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`)
  const shell = 'mount -t tmpfs -o mode=755 none /run; mkdir /run/sshd; exec "$0" "$@"'
  return ['unshare', ['--mount', 'sh', '-e', '-c', shell, SSHD, '-D', '-e', '-f', join(folder, 'sshd_config')]]
}
