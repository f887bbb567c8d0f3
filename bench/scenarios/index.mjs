// All scenarios, in the order in which they run. A new one is a file beside this, and a line in it.
import acceptChurn from './accept-churn.mjs'
import calls from './calls.mjs'
import connectChurn from './connect-churn.mjs'
import fdPassing from './fd-passing.mjs'
import http from './http.mjs'
import idleFree from './idle-free.mjs'
import idleMemory from './idle-memory.mjs'
import loading from './loading.mjs'
import pipeline from './pipeline.mjs'
import sendfile from './sendfile.mjs'
import seqpacket from './seqpacket.mjs'
import tcpBulk from './tcp-bulk.mjs'
import tcpEcho from './tcp-echo.mjs'
import tlsBulk from './tls-bulk.mjs'
import tlsEcho from './tls-echo.mjs'
import tlsHandshake from './tls-handshake.mjs'
import udpEcho from './udp-echo.mjs'
import udpReceive from './udp-receive.mjs'
import udpSend from './udp-send.mjs'
import unixDgram from './unix-dgram.mjs'
import unixEcho from './unix-echo.mjs'

export const SCENARIOS = [
  tcpEcho,
  tcpBulk,
  acceptChurn,
  connectChurn,
  idleMemory,
  http,
  pipeline,
  unixEcho,
  tlsEcho,
  tlsBulk,
  tlsHandshake,
  udpEcho,
  udpReceive,
  udpSend,
  unixDgram,
  seqpacket,
  sendfile,
  fdPassing,
  loading,
  idleFree,
  calls,
]
