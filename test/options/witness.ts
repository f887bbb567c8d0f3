// Other programs that look at a socket of ours.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Socket } from 'berkeley/llsocket'

const program = fileURLToPath(new URL('../../../test/options/witness.py', import.meta.url))

/** What `witness.py` printed, or the reason why it could not. An error in it is an error of the test. */
export function python(sock: Socket, ...args: (string | number)[]): { lines: string[] } | { failed: string } {
  const { status, stdout, stderr, error } = spawnSync('python3', [program, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe', sock.fd()],
    encoding: 'utf8',
  })
  if (error) return { failed: `python3: ${error.message}` }
  if (stderr.includes('Traceback')) throw new Error(stderr)
  return status === 0 ? { lines: stdout.split('\n').filter(Boolean) } : { failed: stderr.trim() }
}

/** The lines of ss(8) about the TCP socket with that local port, or undefined where there is no ss. */
export function ss(port: number): string | undefined {
  const { error, stdout } = spawnSync('ss', ['-tinemoHO', 'sport', '=', `:${port}`], { encoding: 'utf8' })
  return error ? undefined : stdout
}
