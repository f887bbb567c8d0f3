// What the programs that connect share: the load calls and says "PORT LANES". Then so many lanes make one connection after
// the other to that port, until the load shuts the call down. When all lanes have ended we hang up.
import { createServer } from 'node:net'
import { address, announce } from './run.mjs'
import { portOf } from './streams.mjs'

/** What each connection carries, there and back. */
export const BYTE = Buffer.alloc(1)

/** @param {(port: number) => Promise<void>} converse connects, exchanges the byte, closes */
export function run(converse) {
  const server = createServer({ allowHalfOpen: true }, (call) => {
    let running = true
    const lane = async (/** @type {number} */ port) => {
      while (running) await converse(port)
    }
    call.on('data', async (order) => {
      const [port = 0, lanes = 0] = String(order).split(' ').map(Number)
      await Promise.all(Array.from({ length: lanes }, () => lane(port)))
      call.end()
    })
    call.on('end', () => {
      running = false
    })
  })
  server.listen(address, () => announce(portOf(server)))
}
