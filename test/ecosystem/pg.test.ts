// pg with PostgreSQL.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { hostAuthority } from '../tls/common.js'
import { leavesNoFd, within } from '../util/index.js'
import { event, library, unavailable } from './common.js'
import { beforeAll, POSTGRES, postgres } from './servers.js'

leavesNoFd()

const { Client, Pool } = library('pg')

type Rows = { rows: Record<string, unknown>[] }

describe('pg', { skip: unavailable(['pg'], POSTGRES) }, () => {
  const server = beforeAll(postgres)

  const login = { user: 'postgres', database: 'postgres' }
  const ways = {
    // pg calls connect(port, host) of it, or connect(path).
    TCP: () => ({ ...login, ...server().address, stream: () => new stream.inet.Client().duplex() }),
    'a unix socket': () => ({
      ...login,
      host: server().folder,
      port: server().address.port,
      stream: () => new stream.unix.Client().duplex(),
    }),
  }

  const secure = () => ({ ...ways.TCP(), ssl: { ca: hostAuthority.pem, servername: 'host.example' } })
  for (const [name, config] of Object.entries({ ...ways, 'TLS of Node': secure })) {
    test(`queries, parameters of 20 MB and 500 queries in a queue over ${name}`, async () => {
      const client = new Client(config())
      await client.connect()
      const big = randomBytes(20_000_000)
      const { rows }: Rows = await client.query('select $1::bytea as big', [big])
      assert.ok(big.equals(rows[0]!['big'] as Buffer))
      const asked = Array.from({ length: 500 }, (_, i) => client.query('select $1::int as n', [i]))
      const answers: Rows[] = await within(Promise.all(asked), 'the answers')
      assert.deepEqual(
        answers.map((answer) => answer.rows[0]!['n']),
        asked.map((_, i) => i),
      )
      await client.end()
    })

    test(`a client whose backend is terminated notices over ${name}`, async () => {
      const [victim, other] = [new Client(config()), new Client(config())]
      await Promise.all([victim.connect(), other.connect()])
      const { rows }: Rows = await victim.query('select pg_backend_pid() as pid')
      victim.on('error', () => undefined) // there are two: the second one tells of the end
      const [heard, ended] = [event<[Error & { code: string }]>(victim, 'error'), event(victim, 'end')]
      await other.query('select pg_terminate_backend($1)', [rows[0]!['pid']])
      assert.equal((await heard)[0].code, '57P01')
      await ended
      await assert.rejects(victim.query('select 1'), /not queryable|Connection terminated/)
      await other.end()
    })

    test(`a pool of five serves 200 queries, replaces terminated connections and ends over ${name}`, async () => {
      const pool = new Pool({ ...config(), max: 5 })
      pool.on('error', () => undefined)
      const query = (text: string): Promise<Rows> => pool.query(text)
      const pids = async (): Promise<Set<unknown>> => {
        const asked = Array.from({ length: 200 }, () => query('select pg_backend_pid() as pid, pg_sleep(0.001)'))
        return new Set((await within(Promise.all(asked), 'the answers')).map(({ rows }) => rows[0]!['pid']))
      }
      const first = await pids()
      assert.equal(first.size, 5)
      let left = 4
      const removed = new Promise<void>((resolve) => pool.on('remove', () => --left === 0 && resolve()))
      await query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where pid <> pg_backend_pid() and backend_type = 'client backend'`,
      )
      await within(removed, 'the end of the others')
      const second = await pids()
      assert.equal([...second].filter((pid) => first.has(pid)).length, 1)
      await within(pool.end(), 'the end of the pool')
    })
  }

  test('a query that takes too long is given up, and so is a server that does not answer', async () => {
    const client = new Client({ ...ways.TCP(), query_timeout: 50 })
    await client.connect()
    await assert.rejects(client.query('select pg_sleep(5)'), /timeout/)
    client.connection.stream.destroy()
    await client.end()
    const silent = await stream.inet.Server.create({ host: '127.0.0.1' })
    silent.listen()
    const { port } = silent.getsockname()
    const never = new Client({ ...ways.TCP(), host: '127.0.0.1', port, connectionTimeoutMillis: 50 })
    await assert.rejects(never.connect(), /timeout/)
    await silent.close()
  })

  test('nobody listens', async () => {
    const client = new Client({ ...ways.TCP(), port: 1 })
    await assert.rejects(client.connect(), { code: 'ECONNREFUSED' })
  })
})
