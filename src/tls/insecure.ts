import type { TlsConfig } from './config.js'

const warned = new Set<string>()

/** Warns once per process and subject. */
function warnOnce(subject: string): void {
  if (warned.has(subject)) return
  warned.add(subject)
  process.emitWarning(`${subject}: anyone between here and there can read and change everything`, {
    type: 'SecurityWarning',
    code: 'BERKELEY_TLS_INSECURE',
  })
}

/** Warns of each check of the server's identity that a client's configuration leaves out. */
export function warnOfInsecure({ insecureSkipVerify, rejectUnauthorized }: TlsConfig): void {
  for (const check of new Set(insecureSkipVerify))
    warnOnce(`A TLS client does not check the ${check} of its server (insecureSkipVerify)`)
  if (rejectUnauthorized === false)
    warnOnce('A TLS client does not refuse servers that it cannot verify (rejectUnauthorized: false)')
}
