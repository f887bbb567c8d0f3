// What a server of HTTP answers.

/** @type {import('node:http').RequestListener} */
export function greet(_, response) {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 12 })
  response.end('hello world\n')
}
