// What can be measured: servers in C, and those of bench/servers on one Node or another.
import { inRoot } from '../../scripts/lib/project.mjs'
import { nativeProgram } from './native.mjs'
import { ownRuntime, runtimes } from './runtimes.mjs'

/** @typedef {import('./scenario.mjs').Peer} Peer */

/**
 * @param {string} name
 * @param {string} file in bench/servers
 * @param {import('./runtimes.mjs').Runtime} runtime
 * @param {readonly string[]} [flags] of the runtime
 * @returns {Peer}
 */
const script = (name, file, runtime, flags = []) => ({
  name: `${name}, ${runtime.name}`,
  program: () => ({ command: runtime.command(), args: [...flags, inRoot('bench', 'servers', file)] }),
})

/**
 * A server in C, then berkeley and node:net on each Node.
 * @param {Peer} reference
 * @param {string} berkeley file in bench/servers
 * @param {string} net another one
 * @param {readonly string[]} [flags] of Node
 * @returns {readonly Peer[]}
 */
const besides = (reference, berkeley, net, flags) => [
  reference,
  ...runtimes().flatMap((runtime) => [
    script('berkeley', berkeley, runtime, flags),
    script('node:net', net, runtime, flags),
  ]),
]

/** @param {import('./native.mjs').Role} role @returns {Peer} */
const epoll = (role) => ({ name: 'C, epoll', program: () => nativeProgram(role, false) })

export const streamPeers = () => besides(epoll('server'), 'berkeley.mjs', 'net.mjs')

/** Those that one would write for much data: berkeley receives into one buffer. */
export const bulkPeers = () => besides(epoll('server'), 'berkeley-recvinto.mjs', 'net.mjs')

/** They collect their garbage when they are told to. */
export const memoryPeers = () => besides(epoll('server'), 'berkeley.mjs', 'net.mjs', ['--expose-gc'])

/** It is they who connect. */
export const connectPeers = () => besides(epoll('connector'), 'berkeley-connect.mjs', 'net-connect.mjs')

/** All on one Node, so that all use one build of OpenSSL. @returns {readonly Peer[]} */
export const tlsPeers = () => [
  { name: `C, OpenSSL of ${ownRuntime.name}`, program: () => nativeProgram('server', true) },
  script('berkeley', 'berkeley.mjs', ownRuntime),
  script('node:tls', 'tls.mjs', ownRuntime),
]
