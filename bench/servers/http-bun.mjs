// Bun.serve.
import { address, announce } from './run.mjs'

/**
 * As much of Bun's API as is used here; its types are no dependency of this project.
 * @typedef {{ hostname: string, port: number, fetch: () => Response }} ServeOptions
 */
const { Bun } = /** @type {{ Bun: { serve: (options: ServeOptions) => { port: number } } }} */ (
  /** @type {unknown} */ (globalThis)
)

if ('path' in address) throw new Error('this server is measured with TCP only')
const { host: hostname, port } = address
const headers = { 'Content-Type': 'text/plain' }
announce(Bun.serve({ hostname, port, fetch: () => new Response('hello world\n', { headers }) }).port)
