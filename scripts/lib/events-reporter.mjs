// A reporter of node:test: each test and suite that has ended as a line of JSON.

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* events(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const { name, nesting, skip } = data
    yield `${JSON.stringify({ name, nesting, passed: type === 'test:pass', skip })}\n`
  }
}
