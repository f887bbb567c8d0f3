// What a public member has to say: what it does, its parameters, what it returns, and how it fails.
import { ReflectionKind } from 'typedoc'

/** @typedef {import('typedoc').DeclarationReflection} Declaration */
/** @typedef {import('typedoc').SignatureReflection} Signature */
/** @typedef {import('typedoc').SomeType} SomeType */

/** Of a namespace the comment is that of a module, which typedoc only takes with an `@module` tag. */
const DOCUMENTED =
  ReflectionKind.ClassOrInterface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Function |
  ReflectionKind.Method |
  ReflectionKind.Constructor |
  ReflectionKind.Accessor |
  ReflectionKind.Property |
  ReflectionKind.Variable

const CALLED = ReflectionKind.Function | ReflectionKind.Method | ReflectionKind.Constructor

/** What needs more than words: the names as in the import, classes or methods. */
const WITH_EXAMPLE = new Set(
  [
    'connect createConnection listen options relay fromNode serveHttp createSocket',
    'Socket.recv Socket.send Socket.write Socket.recvmsg Socket.detach Socket.deadlines Listening.serve',
    'UnixMethods.sendfd UnixMethods.recvfd stream.Socket.forEach stream.Socket.sendfile dgram.Socket.forEach',
    'dgram.Socket.recvfrom dgram.Socket.sendto dgram.Socket.recvmany dgram.Socket.sendmany BufferedReader.lines',
    'AddrInfo.raw CmsgHdr.rights tls.Context tls.wrap handover.offer systemd.notify proxyProtocol.header',
  ].flatMap((line) => line.split(' ').map((name) => `berkeley.${name}`)),
)

/** Properties of a type that is written in place need no comment of their own. @param {Declaration} reflection */
const isInline = (reflection) => reflection.name === '__type' || reflection.parent?.kind === ReflectionKind.TypeLiteral

/** The words of a summary without its links: a link alone says nothing. @param {import('typedoc').Comment | undefined} comment */
function wordsOf(comment) {
  const text = (comment?.summary ?? []).filter((part) => part.kind !== 'inline-tag').map(({ text }) => text)
  return (
    text
      .join(' ')
      .replaceAll(/\b(?:See|As|Same as)\b/g, '')
      .match(/\w+/g)?.length ?? 0
  )
}

/** @param {SomeType | undefined} type @returns {boolean} */
function isNothing(type) {
  if (type === undefined) return true
  if (type.type === 'intrinsic') return ['void', 'never', 'this'].includes(type.name)
  return isPromise(type) && isNothing(/** @type {import('typedoc').ReferenceType} */ (type).typeArguments?.[0])
}

/** @param {SomeType | undefined} type */
const isPromise = (type) => type?.type === 'reference' && type.name === 'Promise'

/** @param {Signature} signature @param {string} tag */
const has = (signature, tag) => signature.comment?.getTag(/** @type {`@${string}`} */ (tag)) !== undefined

/** The variants that run in turn, by lua-net's names: the methods that they repeat say the rest. */
const ALIAS = /sync$/

/** What returns something and says so in its first words needs no tag for it. @param {Signature} signature */
const saysResult = (signature) =>
  /^(?:Returns|Whether|Makes|Creates)\b/.test(signature.comment?.summary.map(({ text }) => text).join('') ?? '')

/** @param {Signature} signature @returns {string[]} */
const silentParameters = (signature) =>
  (signature.parameters ?? [])
    .filter((one) => one.name !== 'this' && !one.hasComment())
    .map(({ name }) => `@param ${name}`)

/** @param {Signature} signature @returns {string[]} */
function lackingIn(signature) {
  if (wordsOf(signature.comment) < 3) return ['a summary']
  if (ALIAS.test(signature.name)) return []
  const isSilent = !signature.kindOf(ReflectionKind.ConstructorSignature) && !isNothing(signature.type)
  return [
    ...silentParameters(signature),
    ...(isSilent && !has(signature, '@returns') && !saysResult(signature) ? ['@returns'] : []),
    ...(isPromise(signature.type) && !has(signature, '@throws') ? ['@throws'] : []),
  ]
}

/** @param {Declaration} reflection @returns {string[]} */
function lackingExample(reflection) {
  if (!WITH_EXAMPLE.has(reflection.getFullName())) return []
  const comments = [reflection.comment, ...(reflection.signatures ?? []).map(({ comment }) => comment)]
  return comments.some((comment) => comment?.getTag('@example')) ? [] : ['@example']
}

/** @param {Declaration} reflection @returns {string[]} */
function lacking(reflection) {
  const { signatures = [] } = reflection
  // A class that declares none has a constructor without parameters all the same.
  const isImplied = reflection.kindOf(ReflectionKind.Constructor) && !signatures.some((one) => one.parameters?.length)
  if (reflection.kindOf(CALLED)) return isImplied ? [] : signatures.flatMap(lackingIn)
  return wordsOf(reflection.comment ?? reflection.getSignature?.comment) < 1 ? ['a summary'] : []
}

/**
 * @param {import('typedoc').ProjectReflection} project
 * @returns {string[]} what is missing, a line for each member
 */
export const missingIn = (project) =>
  /** @type {Declaration[]} */ (project.getReflectionsByKind(DOCUMENTED))
    .filter((reflection) => !isInline(reflection))
    .map((reflection) => ({
      name: reflection.getFullName(),
      missing: [...new Set([...lacking(reflection), ...lackingExample(reflection)])],
    }))
    .filter(({ missing }) => missing.length > 0)
    .map(({ name, missing }) => `${name}: ${missing.join(', ')}`)
