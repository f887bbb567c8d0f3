// A worker of node:cluster that wants to give its listener to Node: see to-node.test.ts.
import { listen } from 'berkeley'

const listener = await listen({ host: '127.0.0.1' })
let code: unknown = 'nothing'
try {
  listener.toNode()
} catch (error) {
  code = (error as NodeJS.ErrnoException).code
}
await listener.close()
process.send?.(code)
