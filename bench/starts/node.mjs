// Node's own modules for the same purpose.
import 'node:net'
import 'node:dgram'
import 'node:tls'
import './tell.mjs'
