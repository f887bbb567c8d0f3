// Links between the pages of the repository lead to a file that is there, and to a heading that it has.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { root } from '../util/index.js'

const WITHOUT_LINKS = /^(?:node_modules|build)\/|\/node_modules\//

/** Every page, by its path below the root. */
async function pages(): Promise<string[]> {
  const folders = ['docs', 'examples', 'bench', 'trust']
  const below = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  )
  const all = [...below.flat(), 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  return all.filter((name) => name.endsWith('.md') && !WITHOUT_LINKS.test(name))
}

/** The name that GitHub gives to the place of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

function anchorsIn(text: string): Set<string> {
  const prose = text.replaceAll(/^```.*?^```/gms, '')
  const counts = new Map<string, number>()
  const anchors = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const anchor = anchorOf(heading)
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
  return new Set(anchors)
}

test('the links between pages lead to files and headings that exist', async () => {
  const broken: string[] = []
  for (const page of await pages()) {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```/gms, '')
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? page : normalize(join(dirname(page), file))
      const isThere = existsSync(join(root, target))
      const hasHeading =
        anchor === undefined || (isThere && anchorsIn(readFileSync(join(root, target), 'utf8')).has(anchor))
      if (!isThere || !hasHeading) broken.push(`${page}: ${link}`)
    }
  }
  assert.deepEqual(broken, [])
})
