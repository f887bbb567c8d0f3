import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../util/index.js'

const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8')

test('the ratios that docs/trust.md shows are among those of docs/performance.md', () => {
  const [, speed = ''] = page('trust.md').split('## How fast it is')
  const [shown = ''] = speed.split('## Where it falls short')
  const ratios = [...shown.matchAll(/^\| .*\|$/gm)].flatMap(([row]) => row.match(/\b\d\.\d\d\b/g) ?? [])
  assert.ok(ratios.length > 25, `${ratios.length} ratios`)
  const measured = page('performance.md')
  assert.deepEqual(
    ratios.filter((ratio) => !measured.includes(`| ${ratio} `)),
    [],
  )
})
