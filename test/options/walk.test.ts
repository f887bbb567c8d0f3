// Every row of every table: read, set to something else, read again, put back. What cannot be done here is in the facts
// with its reason, and the test fails when the reason no longer holds.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { Socket } from 'berkeley/llsocket'
import { optionTables } from '#internal/options/index.js'
import type { AnyRow, OptionTable } from '#internal/options/option.js'
import { type Fact, facts, type Refusal } from './facts.js'
import { type Capability, capable, keeper, kernelSince, missing, option, type SocketName, sockets } from './sockets.js'

const tables = Object.entries(optionTables) as [string, OptionTable][]

function refuses(act: () => unknown, code: string, why: string): void {
  assert.throws(act, { code }, `${code} was expected: ${why}`)
}

const applies = (refusal: Refusal | undefined): refusal is Refusal =>
  refusal !== undefined && (refusal.applies?.() ?? true)

/** Reads twice: what the kernel left behind in memory must not show in the second answer. */
function read(sock: Socket, name: string, fact: Fact): unknown {
  const value = option(sock, name)
  if (!fact.check) assert.deepEqual(option(sock, name), value)
  fact.check?.(value)
  return value
}

const lacks = (capability: Capability | undefined): boolean => capability !== undefined && !capable(capability)

function put(sock: Socket, name: string, row: AnyRow, value: unknown, reads: unknown, fact: Fact): void {
  const args = row.kind.name === 'none' ? [] : [value]
  for (const time of fact.once || lacks(fact.again) ? ['once'] : ['once', 'twice']) {
    const answer = option(sock, name, ...args)
    if (row.access === 'wo') assert.equal(answer, undefined)
    else if (!fact.check) assert.deepEqual(answer, reads, `set ${time}`)
    if (row.access === 'rw' && !fact.check && !applies(fact.get))
      assert.deepEqual(option(sock, name), reads, `read after it was set ${time}`)
  }
}

/** Whether the first value can be set again. */
const returns = (row: AnyRow, fact: Fact): boolean =>
  row.access === 'rw' && !fact.stays && !fact.once && !lacks(fact.again) && !applies(fact.get)

function values(first: unknown, fact: Fact): readonly unknown[] {
  if (fact.set) return fact.set
  assert.equal(typeof first, 'boolean', 'an option that is no boolean needs values in facts.ts')
  return [!first]
}

function walkValues(sock: Socket, name: string, row: AnyRow, fact: Fact): void {
  const first = row.access === 'wo' || applies(fact.get) ? undefined : read(sock, name, fact)
  if (row.access === 'ro') return
  if (applies(fact.put)) {
    const [value] = fact.set ?? []
    refuses(() => option(sock, name, ...(fact.set ? [value] : [])), fact.put.code, fact.put.why)
    return
  }
  const all = values(first, fact)
  if (lacks(fact.needs)) return refuses(() => option(sock, name, all[0]), fact.denial ?? 'EPERM', `no ${fact.needs}`)
  for (const [index, value] of all.entries()) put(sock, name, row, value, fact.reads ? fact.reads[index] : value, fact)
  if (returns(row, fact)) put(sock, name, row, first, first, fact)
}

/** Whether an older kernel refuses an option as it should: it may have it from a later one, as the kernels of distributions do. */
function isRefused(sock: Socket, name: string, row: AnyRow, fact: Fact): boolean {
  const args = row.access === 'wo' ? fact.set : []
  try {
    option(sock, name, ...(args ?? []))
    return false
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOPROTOOPT', `it came with Linux ${fact.since}`)
    return true
  }
}

function walk(sock: Socket, name: string, row: AnyRow, fact: Fact): void {
  if (fact.since && !kernelSince(fact.since) && isRefused(sock, name, row, fact)) return
  if (row.access !== 'wo' && applies(fact.get)) refuses(() => option(sock, name), fact.get.code, fact.get.why)
  if (row.access === 'ro' && applies(fact.get)) return
  walkValues(sock, name, row, fact)
}

function tell(t: TestContext, what: string, fact: Fact): void {
  for (const refusal of [fact.get, fact.put])
    if (applies(refusal)) t.diagnostic(`${what}: ${refusal.code}, ${refusal.why}`)
  for (const capability of [fact.needs, fact.again])
    if (lacks(capability)) t.diagnostic(`${what}: this process lacks ${capability}`)
}

async function tryRow(t: TestContext, name: string, row: AnyRow, fact: Fact, on: readonly SocketName[]): Promise<void> {
  for (const where of fact.on ?? on)
    await t.test(`on ${where}`, (t) => {
      const absent = missing(where)
      if (absent) return t.skip(absent)
      tell(t, `${name} on ${where}`, fact)
      walk(sockets[where](keeper(t)), name, row, fact)
    })
}

for (const [table, rows] of tables)
  describe(`options of ${table} (H84)`, () => {
    const known = facts[table]
    assert.ok(known, `facts.ts says nothing of the table ${table}`)

    for (const [name, row] of Object.entries(rows))
      it(`${name}() reads and sets its option`, async (t) => {
        for (const fact of [known.rows[name] ?? {}].flat()) {
          if (!fact.elsewhere) await tryRow(t, name, row, fact, known.on)
          else assert.ok(existsSync(new URL(fact.elsewhere.replace(/\.ts$/, '.js'), import.meta.url)), fact.elsewhere)
        }
      })

    it('every fact belongs to a row of this table', () => {
      assert.deepEqual(
        Object.keys(known.rows).filter((name) => !Object.hasOwn(rows, name)),
        [],
      )
    })
  })

describe('the tables', () => {
  it('the tables have every name once', () => {
    const names = tables.flatMap(([, rows]) => Object.keys(rows))
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    )
  })

  it('every row is a method of a socket that has its name', () => {
    for (const [, rows] of tables)
      for (const name of Object.keys(rows)) {
        const method = Object.getOwnPropertyDescriptor(Socket.prototype, name)?.value
        assert.equal(method?.name, name)
      }
  })

  it('the tables name only levels and options that this platform knows', async () => {
    const { lookup } = await import('#internal/constants/lookup.js')
    for (const [, rows] of tables)
      for (const { location, location6 } of Object.values(rows))
        for (const { level, option } of location6 ? [location, location6] : [location]) {
          assert.notEqual(lookup(level), undefined, level)
          assert.notEqual(lookup(option), undefined, option)
        }
  })

  it('the rows are sorted by their constants', () => {
    for (const [, rows] of tables) {
      const constants = Object.values(rows).map(({ location }) => location.option)
      assert.deepEqual(constants, [...constants].sort())
    }
  })

  it('the tables hold at least 150 rows', () => {
    assert.ok(tables.flatMap(([, rows]) => Object.keys(rows)).length >= 150)
  })
})
