import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { nativeTls } from '../native/tls.js'
import { checkField } from './errors.js'

let areLoaded = false

/** Adds Node's root certificates and those of `NODE_EXTRA_CA_CERTS`, once per thread: parsing them takes milliseconds. */
export function loadRoots(): void {
  if (areLoaded) return
  checkField(nativeTls().rootsAdd(Buffer.from(rootCertificates.join('\n'))), 'ca')
  const extra = process.env['NODE_EXTRA_CA_CERTS']
  if (extra) addExtraRoots(extra)
  areLoaded = true
}

/** Adds the certificates of a file. One that cannot be read is a process warning, as in Node; the other roots remain trusted. */
function addExtraRoots(file: string): void {
  try {
    checkField(nativeTls().rootsAdd(readFileSync(file)), 'ca')
  } catch (error) {
    process.emitWarning(`NODE_EXTRA_CA_CERTS: ${(error as Error).message}`)
  }
}
