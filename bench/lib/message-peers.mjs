// What can be measured with messages: servers in C, those of bench/servers, and npm packages.
import { nativeTool } from './native.mjs'
import { script, scriptOn } from './packages.mjs'
import { runtimes } from './runtimes.mjs'

/** @typedef {import('./scenario.mjs').Peer} Peer */
/** @typedef {import('./scenario.mjs').Program} Program */

/** @param {string} name @param {'one' | 'many' | 'segments'} how @returns {Peer} */
const datagrams = (name, how) => ({
  name,
  program: () => {
    const { command } = nativeTool('message-server', ['message_server.c', 'message.c', 'wait.c'])
    return { command, args: [how] }
  },
})

/** @param {'datagram' | 'seqpacket'} kind @returns {Program} */
export function messageLoad(kind) {
  const { command } = nativeTool('message-load', ['message_load.c', 'message.c', 'steps.c', 'measure.c', 'histogram.c'])
  return { command, args: [kind] }
}

/** The same on the newest Node, where that is another one. @param {readonly (readonly [name: string, file: string])[]} scripts */
const alsoOnNewest = (scripts) =>
  runtimes()
    .slice(1)
    .flatMap((runtime) => scripts.map(([name, file]) => scriptOn(runtime, `${name}, ${runtime.name}`, file)))

/** UDP, there and back. @returns {readonly Peer[]} */
export const udpEchoPeers = () => [
  datagrams('C, recvfrom', 'one'),
  datagrams('C, recvmmsg', 'many'),
  script('berkeley, recvfrom', 'datagrams-berkeley.mjs'),
  script('berkeley, push', 'datagrams-berkeley-push.mjs'),
  script('berkeley, recvmany', 'datagrams-berkeley-many.mjs'),
  script('node:dgram', 'datagrams-node.mjs'),
  ...alsoOnNewest([
    ['berkeley, recvfrom', 'datagrams-berkeley.mjs'],
    ['berkeley, push', 'datagrams-berkeley-push.mjs'],
    ['node:dgram', 'datagrams-node.mjs'],
  ]),
]

/**
 * UDP, one way: the words are those for the direction.
 * @param {{ c: string, one: string, many: string, segments: string }} words
 * @returns {readonly Peer[]}
 */
export const udpBulkPeers = ({ c, one, many, segments }) => [
  datagrams(`C, ${c}`, 'many'),
  datagrams(`C, ${c}, ${segments}`, 'segments'),
  script(`berkeley, ${one}`, 'datagrams-berkeley.mjs'),
  script('berkeley, push', 'datagrams-berkeley-push.mjs'),
  script(`berkeley, ${many}`, 'datagrams-berkeley-many.mjs'),
  script(`berkeley, ${many}, ${segments}`, 'datagrams-berkeley-segments.mjs'),
  script('node:dgram', 'datagrams-node.mjs'),
  ...alsoOnNewest([
    ['berkeley, push', 'datagrams-berkeley-push.mjs'],
    [`berkeley, ${many}`, 'datagrams-berkeley-many.mjs'],
    ['node:dgram', 'datagrams-node.mjs'],
  ]),
]

/** @returns {readonly Peer[]} */
export const unixDgramPeers = () => [
  datagrams('C, recvfrom', 'one'),
  script('berkeley, recvfrom', 'datagrams-berkeley.mjs'),
  script('berkeley, push', 'datagrams-berkeley-push.mjs'),
  script('berkeley, recvmany', 'datagrams-berkeley-many.mjs'),
  script('unix-dgram', 'unix-dgram.mjs', 'unix-dgram'),
  script('node-unix-socket', 'node-unix-dgram.mjs', 'node-unix-socket'),
]

/** @returns {readonly Peer[]} */
export const seqpacketPeers = () => [
  { name: 'C, epoll', program: () => nativeTool('seqpacket-server', ['seqpacket_server.c', 'message.c']) },
  script('berkeley', 'seqpacket-berkeley.mjs'),
  script('berkeley, push', 'seqpacket-berkeley-push.mjs'),
  script('node-unix-socket', 'node-unix-seqpacket.mjs', 'node-unix-socket'),
]
