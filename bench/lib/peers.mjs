// What can be measured: programs in C, and those of bench/servers on one runtime or another.
import { spawnSync } from 'node:child_process'
import { inRoot } from '../../scripts/lib/project.mjs'
import { which } from '../../scripts/lib/run.mjs'
import { nativeProgram } from './native.mjs'
import { bun, deno, denoWithAddons, ownRuntime, runtimes } from './runtimes.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {import('./scenario.mjs').Peer} Peer */

/** @param {string} file */
const server = (file) => inRoot('bench', 'servers', file)

/**
 * @param {string} name
 * @param {string} file in bench/servers
 * @param {import('./runtimes.mjs').Runtime} runtime
 * @param {readonly string[]} [flags] of the runtime
 * @returns {Peer}
 */
const script = (name, file, runtime, flags = []) => ({
  name: `${name}, ${runtime.name}`,
  program() {
    const { command, args } = runtime.program()
    return { command, args: [...args, ...flags, server(file)] }
  },
})

/**
 * The library that berkeley comes from, where a Lua has it, as its documentation describes it: later versions have other
 * names for the same.
 * @type {Peer}
 */
const luaNet = {
  name: 'lua-net, Lua',
  program() {
    const lua = ['luajit', 'lua5.1', 'lua'].find((name) => which(name) !== undefined)
    if (lua === undefined) throw new Missing('there is neither luajit nor lua')
    const needed = "require('net.stream.inet'); assert(require('act').waitReadable)"
    const { status } = spawnSync(lua, ['-e', needed])
    if (status !== 0) throw new Missing(`${lua} has no modules net 0.23 and act 0.9 (luarocks)`)
    return { command: lua, args: [server('lua-net.lua')] }
  },
}

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

const pushPeers = () => runtimes().map((runtime) => script('berkeley, push', 'berkeley-push.mjs', runtime))

/** Those for messages there and back, where push mode has something to save. */
export const echoPeers = () => [...streamPeers(), ...pushPeers()]

/** A runtime without libuv: its own sockets, then berkeley. @param {import('./runtimes.mjs').Runtime} runtime @param {Peer} own */
const besidesOwn = (runtime, own) => [
  upTo(500, own),
  upTo(500, script('berkeley', 'berkeley.mjs', runtime)),
  upTo(500, script('berkeley, push', 'berkeley-push.mjs', runtime)),
]

/** A program that is measured with so many connections at most. @param {number} lanes @param {Peer} peer @returns {Peer} */
const upTo = (lanes, peer) => ({
  ...peer,
  program: (setting) => {
    if (setting.lanes > lanes) throw new Missing(`it is not measured with more than ${lanes} connections`)
    return peer.program(setting)
  },
})

/** The same, and other runtimes with their own sockets. */
export const tcpPeers = () => [
  // node:net takes half a minute until it serves 5,000.
  ...echoPeers().map((peer) => (peer.name.startsWith('node:net') ? upTo(500, peer) : peer)),
  ...besidesOwn(bun, script('Bun.listen', 'bun.mjs', bun)),
  ...besidesOwn(denoWithAddons, script('Deno.listen', 'deno.mjs', deno)),
  luaNet,
]

/** node:http over sockets of either kind, and what other runtimes have instead. */
export const httpPeers = () => [
  ...runtimes().flatMap((runtime) => [
    script('node:http', 'http-net.mjs', runtime),
    script('berkeley, serveHttp', 'http-berkeley.mjs', runtime),
    script('berkeley, toNode', 'http-berkeley-handed.mjs', runtime),
  ]),
  script('Bun.serve', 'http-bun.mjs', bun),
  script('Deno.serve', 'http-deno.mjs', deno),
]

/** Streams of either kind. */
export const pipelinePeers = () =>
  runtimes().flatMap((runtime) => [
    script('node:net', 'pipeline-net.mjs', runtime),
    script('berkeley, duplex', 'pipeline-berkeley.mjs', runtime),
  ])

/** Those that one would write for much data: berkeley receives into one buffer. */
export const bulkPeers = () => besides(epoll('server'), 'berkeley-recvinto.mjs', 'net.mjs')

/** They collect their garbage when they are told to. */
export const memoryPeers = () => besides(epoll('server'), 'berkeley.mjs', 'net.mjs', ['--expose-gc'])

/** @param {string} name @param {string} file @param {import('./runtimes.mjs').Runtime} runtime @returns {Peer} */
const start = (name, file, runtime) => ({
  name: `${name}, ${runtime.name}`,
  program() {
    const { command, args } = runtime.program()
    return { command, args: [...args, '--expose-gc', inRoot('bench', 'starts', file)] }
  },
})

/** Programs that load something and do nothing with it. */
export const startPeers = () =>
  runtimes().flatMap((runtime) => [
    start('nothing', 'nothing.mjs', runtime),
    start('node:net, dgram and tls', 'node.mjs', runtime),
    start('berkeley, require', 'require.mjs', runtime),
    start('berkeley, import', 'import.mjs', runtime),
  ])

/** The peers connect. */
export const connectPeers = () => besides(epoll('connector'), 'berkeley-connect.mjs', 'net-connect.mjs')

/** The program in C uses the OpenSSL of the Node that runs the harness; another Node has another one. @returns {readonly Peer[]} */
export const tlsPeers = () => [
  { name: `C, OpenSSL of ${ownRuntime.name}`, program: () => nativeProgram('server', true) },
  ...runtimes().flatMap((runtime) => [
    script('berkeley', 'berkeley.mjs', runtime),
    script('node:tls', 'tls.mjs', runtime),
  ]),
]

export const tlsEchoPeers = () => [...tlsPeers(), ...pushPeers()]
