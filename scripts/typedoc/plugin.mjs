// Keeps the pages of docs/api short: each member is described where it is declared, and what has a page of its own is left out.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, Converter, ReferenceType, ReflectionKind, RendererEvent } from 'typedoc'
import { missingIn } from './completeness.mjs'

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

/** Members named by a symbol are for the language, or for `util.inspect`; those of Node's streams with an underscore for its own classes. @param {Declaration} member */
const isUnnamed = (member) => /^[[_]/.test(member.name)

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

/**
 * Static methods that make an object of the class that they are called on say so by a type of `this`: on a page the class itself is enough.
 * @param {Project} project
 */
function simplifyFactories(project) {
  const signatures = /** @type {import('typedoc').SignatureReflection[]} */ (
    project.getReflectionsByKind(ReflectionKind.CallSignature)
  )
  for (const signature of signatures) {
    const [self] = signature.parameters ?? []
    const owner = signature.parent.parent
    if (self?.name !== 'this' || !owner?.kindOf(ReflectionKind.Class)) continue
    project.removeReflection(self)
    const result = ReferenceType.createResolvedReference(owner.name, owner, project)
    signature.typeParameters = undefined
    signature.type = ReferenceType.createBrokenReference('Promise', project, 'typescript')
    signature.type.typeArguments = [result]
  }
}

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
    simplifyFactories(project)
  })
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const line of missingIn(project)) app.logger.error(`lacks documentation: ${line}`)
  })
  app.renderer.on(RendererEvent.END, ({ outputDirectory }) => {
    writeFileSync(join(outputDirectory, 'constants.md'), pageOfConstants(constants.sort()))
  })
}
