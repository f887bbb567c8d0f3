// The child process of step 3. It gets the name of a socket, and over the socket an open file.
import { createHash } from 'node:crypto'
import { closeSync, readFileSync } from 'node:fs'
import { AddrInfo, SOCK_STREAM, socket } from 'berkeley/llsocket'
import type { Finding } from './pass-file.js'

const [name] = process.argv.slice(2)

// Made without the second argument `true`, the socket blocks: each line below waits until it is done.
const parent = socket.create(AddrInfo.unix(`\0${name}`, { socktype: SOCK_STREAM }))
parent.connect()

const fd = parent.recvfd()
if (typeof fd !== 'number') throw new Error('the parent closed the connection and passed no descriptor')
const content = readFileSync(fd)
closeSync(fd)

const sha256 = createHash('sha256').update(content).digest('hex')
const finding: Finding = { pid: process.pid, fd, bytes: content.length, sha256 }
parent.send(JSON.stringify(finding))
parent.close()
