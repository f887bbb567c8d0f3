// mysql2 with MariaDB.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { createConnection } from 'berkeley'
import { hostAuthority } from '../tls/common.js'
import { leavesNoFd, within } from '../util/index.js'
import { called, event, fullBacklog, library, unavailable } from './common.js'
import { beforeAll, MARIADB, mariadb } from './servers.js'

leavesNoFd()

const mysql = library('mysql2')

type Row = Record<string, unknown>

describe('mysql2', { skip: unavailable(['mysql2'], MARIADB, 'mariadb-install-db') }, () => {
  const server = beforeAll(mariadb)
  const login = { user: 'root' }
  const ways = {
    TCP: () => ({ ...login, stream: () => createConnection(server().address) }),
    'a unix socket': () => ({ ...login, stream: () => createConnection({ path: server().path('s') }) }),
  }

  const secure = () => ({ ...ways.TCP(), host: 'host.example', ssl: { ca: hostAuthority.pem, verifyIdentity: true } })
  for (const [name, config] of Object.entries({ ...ways, 'TLS of Node': secure })) {
    test(`10 MB both ways, and 500 prepared statements over ${name}`, async () => {
      const client = mysql.createConnection(config())
      const big = randomBytes(10_000_000)
      const [row] = await called<Row[]>((done) => client.query('select ? as big', [big], done))
      assert.ok(big.equals(Buffer.from(row!['big'] as Buffer)))
      const asked = Array.from({ length: 500 }, (_, i) =>
        called<Row[]>((done) => client.execute('select ? + 0 as n', [i], done)),
      )
      const answers = await Promise.all(asked)
      assert.ok(answers.every(([one], i) => Number(one!['n']) === i))
      const closed = event(client.stream, 'close')
      await called((done) => client.end(done))
      await closed
    })

    test(`a connection that the server kills says so over ${name}`, async () => {
      const [victim, other] = [mysql.createConnection(config()), mysql.createConnection(config())]
      const [row] = await called<Row[]>((done) => victim.query('select connection_id() as id', done))
      victim.on('error', () => undefined)
      const [lost, closed] = [event<[Error & { code: string }]>(victim, 'error'), event(victim.stream, 'close')]
      await called((done) => other.query(`kill connection ${row!['id']}`, done))
      assert.equal((await lost)[0].code, 'PROTOCOL_CONNECTION_LOST')
      await closed
      await called((done) => other.end(done))
    })

    test(`a pool of four serves 200 queries, replaces killed connections and ends over ${name}`, async () => {
      const pool = mysql.createPool({ ...config(), connectionLimit: 4 })
      const ids = async (): Promise<Set<unknown>> => {
        const asked = Array.from({ length: 200 }, () =>
          called<Row[]>((done) => pool.query('select connection_id() as id, sleep(0.001)', done)),
        )
        return new Set((await Promise.all(asked)).map(([row]) => row!['id']))
      }
      const first = await ids()
      assert.equal(first.size, 4)
      const streams = await Promise.all(
        [1, 2, 3, 4].map(() =>
          called<{ stream: NodeJS.EventEmitter; release(): void }>((done) => pool.getConnection(done)),
        ),
      )
      const closed = streams.map(({ stream }) => event(stream, 'close'))
      for (const one of streams) one.release()
      const killer = mysql.createConnection(config())
      for (const id of first) await called((done) => killer.query(`kill connection ${id}`, done))
      await Promise.all(closed)
      const second = await ids()
      assert.equal([...second].filter((id) => first.has(id)).length, 0)
      await called((done) => pool.end(done))
      await called((done) => killer.end(done))
    })
  }

  test('a query, and a connection, that take too long are given up, and connecting fails where nobody listens', async (t) => {
    const client = mysql.createConnection(ways.TCP())
    const late = called((done) => client.query({ sql: 'select sleep(0.3)', timeout: 50 }, done))
    await assert.rejects(late, { code: 'PROTOCOL_SEQUENCE_TIMEOUT' })
    const closed = event(client.stream, 'close')
    client.destroy()
    await closed
    const stream = createConnection({ path: await fullBacklog(t) })
    const [timedOut] = await event<[Error & { code: string }]>(
      mysql.createConnection({ stream, connectTimeout: 50 }),
      'error',
    )
    assert.equal(timedOut.code, 'ETIMEDOUT')
    const nobody = mysql.createConnection({ ...login, stream: () => createConnection({ host: '127.0.0.1', port: 1 }) })
    const [error] = await within(event<[Error & { code: string }]>(nobody, 'error'), 'the error')
    assert.equal(error.code, 'ECONNREFUSED')
  })
})
