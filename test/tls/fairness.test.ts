import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, listen } from 'berkeley'
import { closing, leavesNoFd, patient, root as project, script, start, within } from '../util/index.js'
import { authority, tlscfg, trust } from './common.js'

leavesNoFd()

/** Sends updates of its keys, which ask for one in return, until it is ended. Only the internal API can do this. */
const FLOOD = `
import { connect } from 'berkeley'
import { Context } from '#internal/tls/context.js'
import { nativeTls } from '#internal/native/tls.js'
const [port, ca] = process.argv.slice(1)
const tls = nativeTls()
const sock = await connect({ host: '127.0.0.1', port: Number(port) })
const fd = sock.fd()
const session = tls.sessionNew(Context.client({ ca, servername: 'localhost' }).handle, 0, 1, 'localhost', 0, 0)
const pause = () => new Promise((go) => setTimeout(go, 1))
while (tls.sessionHandshake(session, fd) !== 0) await pause()
console.log('flooding')
const nothing = Buffer.alloc(0)
for (;;) {
  tls.sessionKeyUpdate(session, 1)
  const result = tls.sessionHandshake(session, fd)
  if (result < 0 && result !== -11) process.exit()
  while (tls.sessionWrite(session, fd, nothing, 0, 0) === -11) await pause()
}
`

test('a peer that floods a server with key updates does not delay other clients (H13, H92)', async (t) => {
  const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
  const port = String(listener.getsockname().port)
  const child = start(t, process.execPath, [...script(FLOOD), port, authority.pem], { cwd: project })
  const flooded = closing(t, await listener.accept())
  await flooded.handshake()
  await child.waitForOutput(/flooding/)
  const receiving = flooded.recv().catch(() => null)
  for (let i = 0; i < 20; i++) {
    const before = performance.now()
    const connecting = connect({ host: '127.0.0.1', port: Number(port), timeout: patient(5000), tlscfg: trust })
    const served = await within(listener.accept(), 'accepting a good client')
    await served.handshake()
    const client = await connecting
    await client.close()
    await served.close()
    assert.ok(performance.now() - before < patient(3000))
  }
  await child.stop()
  await receiving
})
