// berkeley, as CommonJS asks for it.
import { createRequire } from 'node:module'

createRequire(import.meta.url)('../../dist/index.js')
await import('./tell.mjs')
