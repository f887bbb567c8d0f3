// Makes programs of the snippets in the pages that users read: each has a fixture, which says what its page leaves out.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../util/index.js'

/** What a snippet needs to be a program, and what it should do. */
export interface Fixture {
  /** JavaScript in front of it: servers, peers, values. */
  readonly before?: string
  /** JavaScript behind it: what it should have brought about, and the end of everything. */
  readonly after?: string
  /** Texts of the snippet that are other ones here, such as names of hosts. */
  readonly replace?: readonly (readonly [string, string])[]
  /** What the program writes to standard output; by default nothing is asked. */
  readonly prints?: string
  /** Why it is compiled, and not run. */
  readonly notRun?: string
}

/** The fixtures of a page: by heading, with a number behind it for the second snippet and those after it. */
export type Fixtures = Readonly<Record<string, Fixture>>

export interface Program {
  /** The page and the heading. */
  readonly name: string
  readonly code: string
  readonly fixture: Fixture
}

interface Snippet {
  readonly heading: string
  readonly code: string
}

/** The snippets of a page, by their headings. */
function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(root, page), 'utf8')
  const counts = new Map<string, number>()
  const found: Snippet[] = []
  let heading = ''
  for (const [, title, language, code = ''] of text.matchAll(/^#+ ([^\n]*)$|^```(\w*)\n(.*?)^```$/gms)) {
    if (title !== undefined) heading = title
    if (language !== 'js') continue
    const count = (counts.get(heading) ?? 0) + 1
    counts.set(heading, count)
    found.push({ heading: count === 1 ? heading : `${heading} ${count}`, code })
  }
  return found
}

const IMPORT = /^import \{ (.*) \} from '(.*)'$|^import (\w+) from '(.*)'$/gm

/** Joins pieces of code to one module: their imports come first, each name once. */
function joined(pieces: readonly string[]): string {
  const names = new Map<string, Set<string>>()
  const defaults = new Set<string>()
  const bodies = pieces.map((piece) =>
    piece.replace(IMPORT, (line, list: string | undefined, from = '') => {
      if (list === undefined) defaults.add(line)
      else names.set(from, new Set([...(names.get(from) ?? []), ...list.split(', ')]))
      return ''
    }),
  )
  const imports = [...names].map(([from, list]) => `import { ${[...list].join(', ')} } from '${from}'`)
  return [...imports, ...defaults, ...bodies].join('\n')
}

/** What every page means by these, where its program runs in a folder of its own. */
const EVERYWHERE = [['/run/', './']] as const

/**
 * The programs of a page.
 * @throws when a snippet has no fixture, or a fixture no snippet.
 */
export function programsOf(page: string, fixtures: Fixtures): Program[] {
  const snippets = snippetsOf(page)
  const headings = new Set(snippets.map(({ heading }) => heading))
  const stale = Object.keys(fixtures).filter((heading) => !headings.has(heading))
  if (stale.length > 0) throw new Error(`${page} has no snippet below: ${stale.join(', ')}`)
  return snippets.map(({ heading, code }) => {
    const fixture = fixtures[heading]
    if (fixture === undefined) throw new Error(`the snippet below "${heading}" of ${page} has no fixture`)
    const { before = '', after = '', replace = [] } = fixture
    const local = [...EVERYWHERE, ...replace].reduce((text, [from, to]) => text.replaceAll(from, to), code)
    return { name: `${page}: ${heading}`, code: joined([before, local, after]), fixture }
  })
}
