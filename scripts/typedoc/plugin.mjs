// Keeps the pages of docs/api short: each member is described where it is declared, and what has a page of its own is left out.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, Converter, ReflectionKind, RendererEvent } from 'typedoc'

/** Sources whose symbols are documented elsewhere. */
const ELSEWHERE = {
  // Hundreds of constants, which are the system's; the page of constants lists their names.
  constants: 'src/constants/exported.generated.ts',
  // Every option is a row of docs/options.md.
  options: 'src/options/',
}

/** @typedef {import('typedoc').DeclarationReflection} Declaration */
/** @typedef {import('typedoc').ProjectReflection} Project */

/** @param {Project} project @param {import('typedoc').Reflection} reflection */
const sourceOf = (project, reflection) => project.getSymbolIdFromReflection(reflection)?.packagePath ?? ''

/** Documented classes and interfaces in a type: those of an intersection are several. @param {import('typedoc').SomeType} type @returns {Declaration[]} */
function documented(type) {
  if (type.type === 'intersection') return type.types.flatMap(documented)
  const target = type.type === 'reference' ? type.reflection : undefined
  return target === undefined ? [] : [/** @type {Declaration} */ (target)]
}

/** @param {Declaration} declaration @returns {Declaration[]} all that it inherits from, and that is documented */
const basesOf = (declaration) =>
  [...(declaration.extendedTypes ?? []), ...(declaration.implementedTypes ?? [])]
    .flatMap(documented)
    .flatMap((base) => [base, ...basesOf(base)])

/** @param {Project} project @param {Declaration} member */
function isElsewhere(project, member) {
  const source = sourceOf(project, member)
  if (source === ELSEWHERE.constants) return member.kind === ReflectionKind.Variable
  return source.startsWith(ELSEWHERE.options) && member.kind === ReflectionKind.Property
}

/** Members named by a symbol are for the language, or for `util.inspect`. @param {Declaration} member */
const isUnnamed = (member) => member.name.startsWith('[')

/** @param {Project} project */
function leftOut(project) {
  const owners = /** @type {Declaration[]} */ (project.getReflectionsByKind(ReflectionKind.ClassOrInterface))
  const inherited = owners.flatMap((owner) => {
    const names = new Set(basesOf(owner).flatMap((base) => base.children?.map(({ name }) => name) ?? []))
    return (owner.children ?? []).filter(
      (member) => isUnnamed(member) || (member.inheritedFrom !== undefined && names.has(member.name)),
    )
  })
  const all = /** @type {Declaration[]} */ (project.getReflectionsByKind(ReflectionKind.All))
  return new Set([...inherited, ...all.filter((member) => isElsewhere(project, member))])
}

/** Of a namespace the comment is that of a module, which typedoc only takes with an `@module` tag. */
const MUST_HAVE_COMMENT =
  ReflectionKind.ClassOrInterface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Function |
  ReflectionKind.Method |
  ReflectionKind.Accessor |
  ReflectionKind.Property |
  ReflectionKind.Variable

/** Properties of a type that is written in place need no comment of their own. @param {Declaration} reflection */
const isInline = (reflection) => reflection.parent?.kind === ReflectionKind.TypeLiteral

/** @param {Project} project @returns {string[]} names of what has no comment */
const undocumented = (project) =>
  /** @type {Declaration[]} */ (project.getReflectionsByKind(MUST_HAVE_COMMENT))
    .filter((reflection) => !isInline(reflection) && !reflection.hasComment())
    .filter(({ signatures }) => signatures === undefined || signatures.some((signature) => !signature.hasComment()))
    .filter(({ getSignature }) => !getSignature?.hasComment())
    .map((reflection) => reflection.getFullName())

/** @param {readonly string[]} names */
const pageOfConstants = (names) => `# Constants

Both entry points export the constants of the system by their names. \`isSupported(name)\` tells whether this platform has one.

${names.map((name) => `\`${name}\``).join(', ')}
`

/** @param {Application} app */
export function load(app) {
  /** @type {string[]} */
  let constants = []
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const removed = leftOut(project)
    constants = [...removed].filter(({ kind }) => kind === ReflectionKind.Variable).map(({ name }) => name)
    for (const reflection of removed) project.removeReflection(reflection)
  })
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const name of undocumented(project)) app.logger.error(`${name} has no comment`)
  })
  app.renderer.on(RendererEvent.END, ({ outputDirectory }) => {
    writeFileSync(join(outputDirectory, 'constants.md'), pageOfConstants(constants.sort()))
  })
}
