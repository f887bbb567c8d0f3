// OpenSSH takes its connection from a program of ours (ProxyUseFdpass), and runs a command at a real sshd over it.
import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { listen } from 'berkeley'
import { type Child, leavesNoFd, start, tempFolder } from '../util/index.js'
import { bounded, ending, missing, ownAddress, plainEnvironment, programOfOurs, type Test, whole } from './common.js'
import { makeKey, SSHD, SSHD_READY, sshdCommand } from './sshd.js'

leavesNoFd()

const env = plainEnvironment()

/** What ssh is to run instead of connecting by itself; with the sanitizer, if one is loaded into this process. */
const proxyCommand = ['env', `'LD_PRELOAD=${process.env['LD_PRELOAD'] ?? ''}'`, `'${process.execPath}'`]
  .concat(`'${programOfOurs('fd-proxy')}'`, '%h', '%p')
  .join(' ')

/** Arguments for ssh that leave nothing to the configuration of this machine or this user. */
function clientArguments(folder: string, port: number): string[] {
  const options = [
    'ProxyUseFdpass=yes',
    `ProxyCommand=${proxyCommand}`,
    `UserKnownHostsFile=${join(folder, 'known_hosts')}`,
    'StrictHostKeyChecking=yes',
    'IdentitiesOnly=yes',
    'BatchMode=yes',
  ]
  return ['-F', 'none', '-i', join(folder, 'user'), '-p', `${port}`, ...options.flatMap((option) => ['-o', option])]
}

async function sshd(t: Test, folder: string, host: string, port: number): Promise<Child> {
  const child = start(t, ...(await sshdCommand(folder, host, port)), { env })
  await child.waitForOutput(SSHD_READY)
  return child
}

const withoutSshd = missing('unshare', SSHD) || (process.getuid?.() !== 0 && 'sshd needs root here')

describe('ssh', { skip: missing('ssh', 'ssh-keygen') }, () => {
  test('ssh runs a command at sshd over a connection passed to it', { skip: withoutSshd }, async (t) => {
    const folder = tempFolder(t)
    const { host, port } = ownAddress()
    const server = await sshd(t, folder, host, port)
    const login = `${userInfo().username}@${host}`
    const ssh = start(t, 'ssh', [...clientArguments(folder, port), login, 'echo hello; cat; exit 7'], { env })
    ssh.write('through and through\n')
    ssh.endInput()
    const { code, stdout, stderr } = await ending(ssh)
    assert.equal(stdout, 'hello\nthrough and through\n', stderr + server.stderr)
    assert.equal(code, 7)
  })

  test('ssh speaks over the passed connection that its proxy made', async (t) => {
    const folder = tempFolder(t)
    await makeKey(join(folder, 'user'))
    const server = bounded(t, await listen({ host: '127.0.0.1', port: 0 }))
    const args = clientArguments(folder, server.getsockname().port)
    const ssh = start(t, 'ssh', [...args, '127.0.0.1'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = ssh.ended.then(({ stderr }) => assert.fail(stderr))
    const conn = bounded(t, await Promise.race([server.accept(), ended]))
    assert.match(String(await conn.recv()), /^SSH-2\.0-OpenSSH/)
    await conn.send('SSH-2.0-berkeley\r\n')
    assert.ok((await conn.recv()) !== null) // what it can, for the exchange of keys
    conn.closew()
    await whole(conn)
    assert.equal((await ending(ssh)).code, 255)
  })
})
