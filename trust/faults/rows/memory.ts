/** TLS without memory: of the addon's own, of OpenSSL's, of Node-API's. Whatever was half made is given back. */
import { tls } from 'berkeley'
import type { Open, Row } from '../row.js'
import { message } from '../row.js'
import { keyConfigs, keyPair, tlsConfigs, tlsPair } from '../sockets.js'
import { GENERIC_FAILURE } from './numbers.js'

/** A context for a server in each step, with all that one can have. */
const contexts: Open = () => ({
  step(i) {
    const { server } = tlsConfigs('TLSv1.3')
    tls.Context.server({ ...server, ALPNProtocols: [`${process.hrtime.bigint()}-${i}`] })
  },
})

/** A connection in each step, on contexts that are there already. */
const sessions: Open = () => ({
  async step(i) {
    const { from, to, close } = await tlsPair('TLSv1.3', true)
    try {
      await from.send(message(i))
      await to.recv()
    } finally {
      await close()
    }
  },
})

/** The same by keys. */
const keyContexts: Open = () => ({
  step() {
    tls.Context.server(keyConfigs('TLSv1.3').server)
  },
})

const keySessions: Open = () => ({
  async step(i) {
    const { from, to, close } = await keyPair('TLSv1.3')
    try {
      await from.send(message(i))
      await to.recv()
    } finally {
      await close()
    }
  },
})

/** What answers NULL, or 0, for want of memory. */
const failing = (what: string, open: Open, call: string, code: string, syscall: string | RegExp): Row => ({
  what: `${what}: ${call}`,
  open,
  call,
  syscall,
  errors: ['ENOMEM'],
  result: call.startsWith('napi_') ? GENERIC_FAILURE : 0,
  code,
  occurrences: [1, 2, 10],
})

const NO_REASON = 'ERR_SSL_FAILED'

export const memoryRows: Row[] = [
  failing('a context', contexts, 'calloc', 'ENOMEM', 'tlscfg'),
  failing('a context', contexts, 'SSL_CTX_new', NO_REASON, 'tlscfg'),
  failing('a context', contexts, 'napi_create_external', NO_REASON, 'tlscfg'),
  failing('a context', contexts, 'BIO_new_mem_buf', NO_REASON, /^tlscfg\./),
  failing('a context', contexts, 'malloc', NO_REASON, /^tlscfg\./),
  failing('a session', sessions, 'calloc', 'ENOMEM', /^tls(cfg)?$/),
  ...['SSL_new', 'SSL_set_ex_data', 'BIO_new', 'napi_create_external'].map((call) =>
    failing('a session', sessions, call, NO_REASON, /^tls(cfg)?$/),
  ),
  failing('a session', sessions, 'SSL_set_session_id_context', NO_REASON, 'tls'),
  failing('a context with keys', keyContexts, 'SSL_CTX_use_psk_identity_hint', NO_REASON, 'tlscfg.pskIdentityHint'),
  ...['SSL_SESSION_new', 'SSL_set_ciphersuites'].map((call) =>
    failing(
      'a session with a key',
      keySessions,
      call,
      call === 'SSL_SESSION_new' ? 'ERR_SSL_BAD_PSK' : NO_REASON,
      'handshake',
    ),
  ),
  // The keys of session tickets: without good ones there is no ticket, and no connection that would go without.
  ...['RAND_bytes', 'RAND_priv_bytes'].map((call) =>
    failing('a session', sessions, call, 'ERR_SSL_CALLBACK_FAILED', /^(handshake|send|recv)$/),
  ),
]
