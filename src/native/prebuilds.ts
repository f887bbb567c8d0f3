/**
 * The folder of the prebuilt addons; undefined where this has become part of an ES module, which has no such name. It stays a file of its own, in
 * plain words: bundlers look for such a path to find the files that belong to a package, and give up on files with newer syntax.
 */
export function prebuildsFolder(): string | undefined {
  try {
    return `${__dirname}/../prebuilds`
  } catch {
    return undefined
  }
}
