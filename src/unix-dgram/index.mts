import { createSocket } from './index.js'

export * from './index.js'
export default { createSocket }
