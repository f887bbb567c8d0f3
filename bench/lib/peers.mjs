// What can be measured: servers in C, and those of bench/servers on one Node or another.
import { inRoot } from '../../scripts/lib/project.mjs'
import { nativeProgram } from './native.mjs'
import { ownRuntime, runtimes } from './runtimes.mjs'

/** @typedef {import('./scenario.mjs').Peer} Peer */

/**
 * @param {string} name
 * @param {string} file in bench/servers
 * @param {import('./runtimes.mjs').Runtime} runtime
 * @returns {Peer}
 */
const script = (name, file, runtime) => ({
  name: `${name}, ${runtime.name}`,
  program: () => ({ command: runtime.command(), args: [inRoot('bench', 'servers', file)] }),
})

/** @returns {readonly Peer[]} */
export const streamPeers = () => [
  { name: 'C, epoll', program: () => nativeProgram('server', false) },
  ...runtimes().flatMap((runtime) => [
    script('berkeley', 'berkeley.mjs', runtime),
    script('node:net', 'net.mjs', runtime),
  ]),
]

/** All on one Node, so that all use one build of OpenSSL. @returns {readonly Peer[]} */
export const tlsPeers = () => [
  { name: `C, OpenSSL of ${ownRuntime.name}`, program: () => nativeProgram('server', true) },
  script('berkeley', 'berkeley.mjs', ownRuntime),
  script('node:tls', 'tls.mjs', ownRuntime),
]
