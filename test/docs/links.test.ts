// The links between the pages of the repository lead somewhere, to a heading as well. test/packaging checks those of the npm package.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { root } from '../util/index.js'

/** Folders without pages of ours. */
const SKIPPED = new Set(['.git', 'node_modules', 'build', 'dist', 'prebuilds', 'results'])

function pagesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : pagesBelow(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

/** A page whose links are those of the page that is made of it. */
const TEMPLATE = join(root, 'scripts', 'typedoc', 'introduction.md')

/** What is neither a fence nor a code span: links are in the rest. */
const withoutCode = (text: string): string =>
  text.replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2/gm, '').replaceAll(/`[^`\n]*`/g, '')

/** The name of a heading in a link, as GitHub makes it. */
const slugOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')

/** The places of a page that a link may name. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  const counts = new Map<string, number>()
  const plain = text.replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2/gm, '')
  for (const [, heading = ''] of plain.matchAll(/^#{1,6} +(.*)$/gm)) {
    const slug = slugOf(heading.replaceAll(/\\(.)/g, '$1'))
    const count = counts.get(slug) ?? 0
    counts.set(slug, count + 1)
    anchors.add(count === 0 ? slug : `${slug}-${count}`)
  }
  for (const [, id = ''] of text.matchAll(/<a id="([^"]+)"/g)) anchors.add(id)
  return anchors
}

const anchors = new Map<string, Set<string>>()

function hasAnchor(path: string, anchor: string): boolean {
  const known = anchors.get(path) ?? anchorsOf(readFileSync(path, 'utf8'))
  anchors.set(path, known)
  return known.has(decodeURIComponent(anchor))
}

/** Links of a page that lead nowhere; those to other machines are not followed. */
function deadLinksIn(page: string): string[] {
  const links = [...withoutCode(readFileSync(page, 'utf8')).matchAll(/\]\(<?([^)\s>]+)[^)]*\)/g)]
  return links
    .map(([, target = '']) => target)
    .filter((target) => {
      if (/^[a-z]+:/.test(target)) return false
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : resolve(dirname(page), decodeURIComponent(path))
      if (!existsSync(file)) return true
      return anchor !== undefined && file.endsWith('.md') && !hasAnchor(file, anchor)
    })
    .map((target) => `${relative(root, page)}: ${target}`)
}

test('no link between the pages of the repository is dead (H151)', () => {
  const pages = pagesBelow(root).filter((page) => page !== TEMPLATE)
  assert.ok(pages.length > 30, `${pages.length} pages`)
  assert.deepEqual(pages.flatMap(deadLinksIn), [])
})
