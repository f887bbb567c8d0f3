// What can be measured with files and descriptors: servers in C, those of bench/servers, and an npm package.
import { nativeTool } from './native.mjs'
import { script } from './packages.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {import('./scenario.mjs').Peer} Peer */

export const descriptorLoad = () =>
  nativeTool('descriptor-load', ['descriptor_load.c', 'descriptor.c', 'steps.c', 'measure.c', 'histogram.c'])

/** @returns {readonly Peer[]} */
export const filePeers = () => [
  { name: 'C, sendfile', program: () => nativeTool('file-server', ['file_server.c', 'wait.c']) },
  script('berkeley, sendfile', 'files-berkeley.mjs'),
  script('createReadStream, pipe', 'files-net.mjs'),
]

const usocket = script('usocket', 'descriptors-usocket.mjs', 'usocket')

/** @returns {never} */
function unableToSend() {
  throw new Missing('it loses the descriptor of a write for which the socket has no room')
}

/** @returns {readonly Peer[]} */
export const descriptorPeers = () => [
  {
    name: 'C, sendmsg and recvmsg',
    program: () => nativeTool('descriptor-server', ['descriptor_server.c', 'descriptor.c', 'wait.c']),
  },
  script('berkeley, sendfd and recvfd', 'descriptors-berkeley.mjs'),
  { ...usocket, program: (setting) => (setting.serve === 'source' ? unableToSend() : usocket.program(setting)) },
]
