// docs/options.md follows from the rows.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { publicFamilies } from '#internal/constants/names.generated.js'
import { optionTables } from '#internal/options/index.js'

const generator = fileURLToPath(new URL('../../scripts/generate-options.js', import.meta.url))
const page = () => readFileSync(new URL('../../../docs/options.md', import.meta.url), 'utf8')

describe('docs/options.md', () => {
  it('docs/options.md is up to date with the tables', () => {
    const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })

  it('docs/options.md states the number of options and has each of them once', () => {
    const names = Object.values(optionTables).flatMap((rows) => Object.keys(rows))
    const text = page()
    assert.match(text, new RegExp(`^${names.length} options`, 'm'))
    const listed = [...text.matchAll(/^\| `([a-z0-9]+)` \|/gm)].map((match) => match[1])
    assert.deepEqual([...listed].sort(), [...names].sort())
  })

  it('docs/options.md mentions every option of these levels', () => {
    const words = new Set(page().match(/\b[A-Z][A-Z0-9_]+\b/g))
    const families = [
      'SO_',
      'TCP_',
      'UDP_',
      'UDPLITE_',
      'IP_',
      'IPV6_',
      'MCAST_',
      'ORIGINAL_DST',
      'ICMP_',
      'PACKET_',
      'NETLINK_OPTION',
      'CAN_RAW_',
      'SO_VM_SOCKETS_',
    ] as const
    assert.deepEqual(
      families.flatMap((family) => publicFamilies[family].filter((name) => !words.has(name))),
      [],
    )
  })
})
