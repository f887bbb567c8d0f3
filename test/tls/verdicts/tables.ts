import { CHAINS } from './cases/chains.js'
import { CLIENTS } from './cases/clients.js'
import { CONFIG } from './cases/config.js'
import { HANDSHAKES } from './cases/handshakes.js'
import { NAMES } from './cases/names.js'
import { OWN } from './cases/own.js'
import { OWN_SERVERS } from './cases/own-servers.js'
import { PROTOCOL } from './cases/protocol.js'
import { PSK } from './cases/psk.js'
import { RESUMPTION } from './cases/resumption.js'
import { REVOCATION } from './cases/revocation.js'
import { SHOWN } from './cases/shown.js'
import { SKIPS } from './cases/skips.js'
import { STREAMS } from './cases/streams.js'

/** All tables of verdicts, by name. */
export const TABLES = {
  CHAINS,
  CLIENTS,
  CONFIG,
  HANDSHAKES,
  NAMES,
  OWN,
  OWN_SERVERS,
  PROTOCOL,
  PSK,
  RESUMPTION,
  REVOCATION,
  SHOWN,
  SKIPS,
  STREAMS,
}
