// nodemailer with smtp-server, both over our streams.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Duplex, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { createConnection, listen } from 'berkeley'
import { hostAuthority, hostCertificate } from '../tls/common.js'
import { abstractName, eventually, leavesNoFd, within } from '../util/index.js'
import { called, event, library, type Test, unavailable } from './common.js'

leavesNoFd()

const { SMTPServer } = library('smtp-server')
const nodemailer = library('nodemailer')

type Done = (error?: Error | null, result?: unknown) => void

describe('nodemailer', { skip: unavailable(['nodemailer', 'smtp-server']) }, () => {
  /** A server that keeps its mails, and what connects to it. */
  async function mailbox(t: Test, options: object = {}) {
    const mails: Buffer[] = []
    const { pem: cert, keyPem: key } = hostCertificate
    const server = new SMTPServer({
      authOptional: true,
      cert,
      key,
      ...options,
      onData: (stream: Readable, _: unknown, done: Done) => {
        void buffer(stream).then((mail) => {
          mails.push(mail)
          done()
        })
      },
    })
    server.on('error', () => undefined)
    const path = abstractName()
    const listener = await listen({ path })
    const streams = new Set<Duplex>()
    const serving = listener.serve(async (conn) => {
      const duplex = conn.duplex()
      streams.add(duplex)
      server.server.emit('connection', duplex)
      // For STARTTLS the server removes all listeners.
      await eventually(() => conn.fd() < 0, 'the end')
    })
    t.after(async () => {
      await listener.close()
      await within(serving, 'the end of the connections')
    })
    const clients = new Set<Duplex>()
    const getSocket = (_: unknown, done: Done): void => {
      const connection = createConnection({ path })
      clients.add(connection)
      connection.once('connect', () => done(null, { connection }))
      connection.once('error', done)
    }
    return { mails, streams, clients, getSocket }
  }

  const mail = { from: 'a@host.example', to: 'b@host.example', subject: 'test' }
  const tls = { ca: hostAuthority.pem, servername: 'host.example' }

  for (const secure of [false, true])
    test(`a mail of 5 MB arrives ${secure ? 'over STARTTLS' : 'in the clear'}`, async (t) => {
      const { mails, streams, getSocket } = await mailbox(t, secure ? {} : { disabledCommands: ['STARTTLS'] })
      const transport = nodemailer.createTransport({ getSocket, requireTLS: secure, ignoreTLS: !secure, tls })
      const content = randomBytes(5_000_000)
      await within(transport.sendMail({ ...mail, attachments: [{ filename: 'file', content }] }), 'the mail', 30_000)
      assert.ok(`${mails[0]}`.replaceAll(/\r?\n/g, '').includes(content.toString('base64')))
      transport.close()
      assert.equal(streams.size, 1)
    })

  test('a pool of three sends 50 mails, and goes on when its connections are destroyed', async (t) => {
    const { mails, streams, clients, getSocket } = await mailbox(t)
    const transport = nodemailer.createTransport({ getSocket, pool: true, maxConnections: 3, ignoreTLS: true })
    transport.on('error', () => undefined)
    const send = (count: number): Promise<unknown> =>
      within(
        Promise.all(Array.from({ length: count }, () => transport.sendMail({ ...mail, text: 'hello' }))),
        'the mails',
      )
    await send(50)
    assert.ok(mails.length === 50 && streams.size <= 3)
    const closed = [...clients].map((one) => event(one, 'close'))
    for (const one of streams) one.destroy()
    await Promise.all(closed)
    await send(10)
    assert.equal(mails.length, 60)
    transport.close()
  })

  test('a server that says nothing is given up, and connecting fails where nobody listens', async (t) => {
    const silent = await listen({ path: abstractName() })
    t.after(() => silent.close())
    const transportTo = (path: string) =>
      nodemailer.createTransport({
        greetingTimeout: 50,
        getSocket: (_: unknown, done: Done) => {
          const connection = createConnection({ path })
          connection.once('connect', () => done(null, { connection }))
          connection.once('error', done)
        },
      })
    const late = called((done) => transportTo(`${silent.getsockname().path}`).sendMail(mail, done))
    await assert.rejects(late, { code: 'ETIMEDOUT' })
    await assert.rejects(
      called((done) => transportTo(abstractName()).sendMail(mail, done)),
      { code: 'ECONNREFUSED' },
    )
  })
})
