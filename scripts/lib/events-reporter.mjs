// A reporter of node:test: each test and suite that has ended as a line of JSON.

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* events(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const { name, nesting, skip, file, details } = data
    const isSuite = details?.type === 'suite'
    yield `${JSON.stringify({ name, nesting, isSuite, passed: type === 'test:pass', skip, file })}\n`
  }
}
