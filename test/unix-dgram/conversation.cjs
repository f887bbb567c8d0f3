// What a program sees of unix-dgram: everything that happens, in its order, as lines of JSON. The argument is the module; the working directory
// is for sockets.
const fs = require('node:fs')
const unix = require(process.argv[2])

const say = (what, ...details) => process.stdout.write(`${JSON.stringify([what, ...details])}\n`)
const about = (error) => ({
  name: error.name,
  message: error.message,
  keys: Object.keys(error).sort(),
  code: error.code,
  errno: error.errno,
  syscall: error.syscall,
})
const details = (value) => {
  if (value instanceof Error) return about(value)
  return Buffer.isBuffer(value) ? value.toString('latin1') : value
}

function make(name, listener) {
  const socket = unix.createSocket('unix_dgram', listener)
  for (const event of ['message', 'listening', 'connect', 'writable', 'congestion', 'error', 'close'])
    socket.on(event, (...args) => {
      say(name, event, ...args.map(details))
      socket.emit(`seen ${event}`)
    })
  return socket
}

/** Makes a call, and says when it returned. */
function call(name, method, socket, ...args) {
  try {
    const result = socket[method](...args)
    say(name, method, 'returned', typeof result === 'object' ? 'an object' : result)
  } catch (error) {
    say(name, method, 'threw', about(error))
  }
}

const told =
  (name) =>
  (...args) =>
    say(name, 'callback', ...args.map(details))
const once = (socket, event) => new Promise((resolve) => socket.once(`seen ${event}`, resolve))

async function main() {
  const server = make('server', (message, info) => say('listener', String(message), Object.keys(info)))
  say('types', typeof server.fd, server.type, server.connected, server instanceof require('node:events'))
  call('server', 'bind', server, 'server.sock')
  call('server', 'bind', server, 'again.sock')
  call('server', 'connect', server, 'nobody.sock')

  const client = make('client')
  call('client', 'send', client, Buffer.from('lost'), 0, 4, 'nobody.sock', told('client'))
  call('client', 'send', client, Buffer.from('lost'), 0, 4, 'nobody.sock')
  let came = once(server, 'message')
  call('client', 'send', client, Buffer.from('abcdef'), 1, 3, 'server.sock', told('client'))
  await came
  call('client', 'bind', client, 'client.sock')
  came = once(server, 'message')
  call('client', 'sendto', client, Buffer.from('named'), 0, 5, 'server.sock')
  await came
  call('client', 'connect', client, 'server.sock')
  say('connected', client.connected)
  came = once(server, 'message')
  call('client', 'send', client, Buffer.alloc(0), told('client'))
  await came
  came = once(server, 'message')
  call('client', 'send', client, Buffer.from('to the peer'))
  await came
  call('client', 'send', client, Buffer.alloc(1 << 24), told('client'))
  call('client', 'send', client, Buffer.alloc(1 << 24))

  // Nobody receives in the meantime.
  let sent = 0
  let isCongested = false
  const seen = once(client, 'congestion').then(() => {
    isCongested = true
  })
  const writable = once(client, 'writable')
  server.removeAllListeners('message')
  while (!isCongested && sent < 1000) {
    client.send(Buffer.from('flood'))
    if (++sent % 100 === 0) await Promise.resolve()
    await Promise.resolve()
  }
  await seen
  call('client', 'send', client, Buffer.from('dropped'), told('client'))
  await writable
  say('writable again')

  for (const method of [
    'address',
    'setTTL',
    'setBroadcast',
    'setMulticastTTL',
    'setMulticastLoopback',
    'addMembership',
    'dropMembership',
  ])
    call('client', method, client, 'x')
  say('methods', ...['ref', 'unref', 'address', 'on'].map((name) => typeof client[name]))
  call('server', 'close', server)
  say('closed', server.fd, fs.existsSync('server.sock'))
  call('client', 'send', client, Buffer.from('late'), told('client'))
  call('client', 'send', client, Buffer.from('late'))
  call('client', 'close', client)
  say('closed', client.fd, client.connected)
  for (const type of ['unix_stream', undefined])
    try {
      unix.createSocket(type)
    } catch (error) {
      say('create', about(error))
    }
  const udp = unix.createSocket('udp4')
  say('udp', udp.constructor === require('node:dgram').Socket)
  udp.close()
}

main()
