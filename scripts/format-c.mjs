// Formats the C sources with the clang-format that package-lock.json pins, or checks that they are formatted.
//   node scripts/format-c.mjs [--check]
// CLANG_FORMAT names another binary, for machines that the npm package has none for.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { filesBelow, inRoot } from './lib/project.mjs'
import { Failure, quietly, script, which } from './lib/run.mjs'

/** Every major version formats a little differently, so another one would report faults that are none. */
const VERSION = 15

function clangFormat() {
  const package_ = dirname(createRequire(import.meta.url).resolve('clang-format/package.json'))
  const bundled = join(package_, 'bin', `${process.platform}_${process.arch}`, 'clang-format')
  const found = [process.env['CLANG_FORMAT'], bundled, which(`clang-format-${VERSION}`)].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  )
  if (found === undefined) {
    throw new Failure(
      `clang-format ${VERSION} is missing: the npm package has no binary for ${process.platform} ${process.arch}. ` +
        `Install clang-format-${VERSION}, or set CLANG_FORMAT to the path of one.`,
    )
  }
  return found
}

await script(() => {
  const folders = [inRoot('native'), inRoot('bench', 'native'), inRoot('trust')]
  const files = folders.flatMap((folder) => filesBelow(folder, /\.[ch]$/, ['build']))
  if (files.length === 0) throw new Failure('there is no C source to format')
  if (!process.argv.includes('--check')) return void quietly('clang-format', clangFormat(), ['-i', ...files])
  quietly('clang-format (npm run format mends it)', clangFormat(), ['--dry-run', '-Werror', ...files])
  process.stdout.write(`clang-format: ${files.length} files are formatted\n`)
})
