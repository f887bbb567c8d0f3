// Checks the wording of documents, comments and messages: CONTRIBUTING.md, "Style", says why. A finding in a rare sentence that is right
// can be allowed by a narrower pattern here, never by a comment beside the sentence.
//   node scripts/check-style.mjs            all files
//   node scripts/check-style.mjs FILE ...   these
import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { filesBelow, inRoot } from './lib/project.mjs'
import { Failure, script } from './lib/run.mjs'

/** People, of whom one says "who". */
const PEOPLE =
  'users?|callers?|people|persons?|anyone|everyone|those|readers?|authors?|attackers?|administrators?|developers?|operators?|members'

/** @typedef {{ pattern: RegExp, instead: string, isForShipped?: boolean }} Rule */

/** @type {Rule[]} */
const RULES = [
  {
    // "who the peer is" asks for an identity, and so do quoted questions.
    pattern: new RegExp(
      `(?<!\\b(?:${PEOPLE})(?: else)?(?:'s)?,? )\\b(?:who|whom)\\b(?!\\?)(?! (?:(?:the|its|their|a) [\\w-]+|it|they|we|one) (?:is|are)\\b)`,
      'i',
    ),
    instead: 'code, sockets and peers are things: that, which, the caller, the owner',
  },
  { pattern: /\bwho(?:m)?ever\b/i, instead: 'name it: the caller, the owner, another process, the code that' },
  { pattern: /\b(?:some|every)body(?:'s)?\b/i, instead: 'name it: other code, another process, all' },
  {
    // That nobody listens on a port is how everyone says it.
    pattern: /\bnobody(?:'s)?\b(?! (?:listens|listened|is listening|answers|answered)\b)/i,
    instead: 'no caller, no process, nothing',
  },
  { pattern: /\b(?:hears?|heard) of\b/i, instead: 'is notified of, learns of, receives' },
  {
    pattern: /\b(?:is|are|be|been|was|were) told\b/i,
    instead: 'is called with, is reported to, is notified',
    isForShipped: true,
  },
  { pattern: /\bstands\b(?! (?:in )?for\b)/i, instead: 'is, is in, precedes' },
  { pattern: /\b(?:is|are|was) through\b(?! a)/i, instead: 'is complete, has returned' },
  { pattern: /\b(?:passes|is passed|are passed) over\b(?! (?:a|an|the|its?) )/i, instead: 'ignores, skips' },
  { pattern: /\bfrom birth\b|\bat birth\b/i, instead: 'at creation' },
  {
    pattern: /\b(?:what|which) (?:is|are|was|were) (?:no|none)\b(?! longer)/i,
    instead: 'anything that is not a …, other values',
  },
  { pattern: /\bAs of {2}/, instead: 'Same as `' },
  { pattern: /\b(?:last words|no news|its kin|their kin|a luck)\b/i, instead: 'plain words' },
]

const CODE = /\.(?:m?ts|mjs|c|h|def)$/
const PROSE = /\.md$/
const FOLDERS = ['src', 'native', 'cli', 'test', 'trust', 'bench', 'examples', 'scripts', 'docs']
const SKIPPED = ['node_modules', 'build', 'results', 'api']
/** Made from other files, which are checked themselves. */
const GENERATED =
  /\.generated\.|names\.inc$|docs\/(?:reliability|failure-modes|options|ecosystem)\.md$|scripts\/check-style\.mjs$/
const SHIPPED = /^(?:src|native|cli|docs|README)/
/** Messages and help texts are prose as well; elsewhere strings are data. */
const HAS_MESSAGES = /^(?:src|native|cli)\//

const COMMENT = /\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g
const STRING = /(['"`])(?:\\.|(?!\1)[^\\\n])* (?:\\.|(?!\1)[^\\\n])*\1/g
const CODE_SPAN = /```[\s\S]*?```|`[^`\n]*`|\]\([^)]*\)|\{@link [^}\s|]+/g

/** Keeps the places of everything else. @param {string} text @param {RegExp} pattern */
const blank = (text, pattern) => text.replace(pattern, (match) => match.replaceAll(/[^\n]/g, ' '))

/** Keeps only what matches, in its place. @param {string} text @param {RegExp} pattern */
function keep(text, pattern) {
  let result = ''
  let end = 0
  for (const match of text.matchAll(pattern)) {
    result += text.slice(end, match.index).replaceAll(/[^\n]/g, ' ') + match[0]
    end = match.index + match[0].length
  }
  return result
}

/** The prose of a file, line by line in its places. @param {string} name @param {string} text @returns {string[]} */
function proseOf(name, text) {
  if (PROSE.test(name)) return blank(text, CODE_SPAN).split('\n')
  if (name.endsWith('.def')) return text.split('\n').map((line) => line.slice(line.indexOf(' : ') + 1))
  const comments = blank(keep(text, COMMENT), CODE_SPAN).split('\n')
  if (!HAS_MESSAGES.test(name)) return comments
  const messages = keep(blank(text, COMMENT), STRING).split('\n')
  return comments.map((comment, index) => `${comment} ${messages[index]?.trim() ?? ''}`)
}

/** @param {string} path @returns {string[]} findings */
function findingsIn(path) {
  const name = relative(inRoot(), resolve(path))
  return proseOf(name, readFileSync(path, 'utf8')).flatMap((line, index) =>
    RULES.filter(({ isForShipped, pattern }) => (!isForShipped || SHIPPED.test(name)) && pattern.test(line)).map(
      ({ pattern, instead }) => `${name}:${index + 1}: "${pattern.exec(line)?.[0]}" (${instead})`,
    ),
  )
}

const allFiles = () =>
  [
    inRoot('README.md'),
    inRoot('CONTRIBUTING.md'),
    ...FOLDERS.flatMap((folder) => filesBelow(inRoot(folder), /./, SKIPPED)),
  ].filter((path) => (CODE.test(path) || PROSE.test(path)) && !GENERATED.test(path))

await script(() => {
  const files = process.argv.length > 2 ? process.argv.slice(2) : allFiles()
  const findings = files.flatMap(findingsIn)
  if (findings.length > 0) throw new Failure(`${findings.join('\n')}\n${findings.length} findings`)
  process.stdout.write(`style: ${files.length} files in order\n`)
})
