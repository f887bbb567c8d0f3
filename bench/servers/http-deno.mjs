// Deno.serve.
import { address, announce } from './run.mjs'

/**
 * As much of Deno's API as is used here; its types are no dependency of this project.
 * @typedef {{ hostname: string, port: number, onListen: (at: { port: number }) => void }} ServeOptions
 */
const { Deno } = /** @type {{ Deno: { serve: (options: ServeOptions, handler: () => Response) => void } }} */ (
  /** @type {unknown} */ (globalThis)
)

if ('path' in address) throw new Error('this server is measured with TCP only')
const { host: hostname, port } = address
const headers = { 'Content-Type': 'text/plain' }
Deno.serve({ hostname, port, onListen: (at) => announce(at.port) }, () => new Response('hello world\n', { headers }))
