// What a guest is, in JSON: it runs there.
import { readFileSync } from 'node:fs'
import { cpus, machine, release, version } from 'node:os'

const report = /** @type {any} */ (process.report.getReport())
process.stdout.write(
  JSON.stringify({
    kernel: release(),
    build: /Debian (\S+)/.exec(version())?.[1] ?? readFileSync('/proc/version', 'utf8').trim(),
    machine: machine(),
    cpus: cpus().length,
    node: process.version,
    openssl: process.versions.openssl,
    glibc: report.header.glibcVersionRuntime,
  }),
)
