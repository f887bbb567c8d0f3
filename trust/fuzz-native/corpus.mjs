// Makes trust/fuzz-native/corpus anew: of what is there, of the seeds, and of what the last `npm run trust -- fuzz-native` came
// upon, as few inputs as reach the same places in the code.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { script } from '../../scripts/lib/run.mjs'
import { runs } from '../lib/child.mjs'
import { buildTargets, inBuild, keptCorpus, programOf, TARGETS } from './build.mjs'
import { writeSeeds } from './seeds.mjs'

/** Places only, not how often: that would keep ten times as many. */
const MERGE = ['-merge=1', '-set_cover_merge=1', '-use_counters=0', '-max_len=1024', '-detect_leaks=0', '-verbosity=0']

/** @param {string} folder */
const sizes = (folder) => readdirSync(folder).map((name) => statSync(join(folder, name)).size)

/** @param {import('./build.mjs').Target} target */
async function minimize(target) {
  const seeds = await writeSeeds(target)
  const fresh = inBuild('merged', target.name)
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  const sources = [keptCorpus(target), seeds, inBuild('corpus', target.name)].filter((folder) => existsSync(folder))
  await runs(`merging ${target.name}`, programOf('fuzzer', target), [...MERGE, fresh, ...sources])
  rmSync(keptCorpus(target), { recursive: true, force: true })
  cpSync(fresh, keptCorpus(target), { recursive: true })
  const kept = sizes(keptCorpus(target))
  process.stdout.write(`${target.name}: ${kept.length} inputs, ${kept.reduce((sum, size) => sum + size, 0)} bytes\n`)
}

await script(async () => {
  await buildTargets('fuzzer')
  await buildTargets('replay')
  for (const target of TARGETS) await minimize(target)
})
