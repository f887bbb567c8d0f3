// Links between the pages of the repository lead to a file that is there, and to a heading that it has.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { root } from '../util/index.js'

const WITHOUT_LINKS = /^(?:node_modules|build)\/|\/node_modules\//

/** Whether the API reference is there: it is generated. */
const hasReference = existsSync(join(root, 'docs', 'api'))

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

/** Whether a link of a page leads somewhere. */
function leadsSomewhere(page: string, link: string): boolean {
  if (/^[a-z]+:/.test(link) || (link.startsWith('docs/api/') && !hasReference)) return true
  const [file = '', anchor] = link.split('#')
  const target = join(root, file === '' ? page : normalize(join(dirname(page), file)))
  if (!existsSync(target)) return false
  return anchor === undefined || anchorsIn(readFileSync(target, 'utf8')).has(anchor)
}

test('the links between pages lead to files and headings that exist', async () => {
  const broken: string[] = []
  for (const page of await pages()) {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```/gms, '')
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    broken.push(...links.filter((link) => !leadsSomewhere(page, link)).map((link) => `${page}: ${link}`))
  }
  assert.deepEqual(broken, [])
})
