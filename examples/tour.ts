// A tour of berkeley: `npm start`, or some of its steps only: `npm start -- 2 5`.
//
// Each step is a file in tour/, which does something over real sockets, verifies it, and returns its figures. Exit status
// 0 says that everything was verified, 1 that something was not, 130 that Ctrl-C ended it.
import { readFileSync } from 'node:fs'
import { constants, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import * as datagrams from './tour/datagrams.js'
import * as deadlines from './tour/deadlines.js'
import * as handOver from './tour/hand-over.js'
import * as multicast from './tour/multicast.js'
import * as options from './tour/options.js'
import * as passFile from './tour/pass-file.js'
import * as roundTrips from './tour/round-trips.js'
import { takeSteps } from './tour/run.js'
import { Screen } from './tour/screen.js'
import * as sendFile from './tour/send-file.js'
import * as seqpacket from './tour/seqpacket.js'
import type { Step } from './tour/step.js'
import * as tcpEcho from './tour/tcp-echo.js'
import * as unixStream from './tour/unix-stream.js'

const STEPS: readonly Step[] = [
  tcpEcho,
  unixStream,
  passFile,
  datagrams,
  multicast,
  seqpacket,
  options,
  sendFile,
  deadlines,
  handOver,
  roundTrips,
]

const INTERRUPTED = 128

/** The steps that the command line names by number; all of them when it names none. */
function chosen(args: readonly string[]): Map<number, Step> {
  const all = new Map(STEPS.map((step, i) => [i + 1, step]))
  if (args.length === 0) return all
  const numbers = args.map(Number)
  if (!numbers.every((number) => all.has(number))) {
    process.stderr.write(`usage: tour [step ...], each from 1 to ${all.size}\n`)
    process.exit(2)
  }
  return new Map([...all].filter(([number]) => numbers.includes(number)))
}

function version(): string {
  const path = fileURLToPath(import.meta.resolve('berkeley/package.json'))
  return JSON.parse(readFileSync(path, 'utf8')).version
}

const screen = new Screen()

// Files and children are removed when the process exits, however that comes about (see tour/leftovers.ts).
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    screen.summary(false, `Ended by ${signal}.`)
    process.exit(INTERRUPTED + constants.signals[signal])
  })

// The output is not read any more, as in `npm start | head`.
process.stdout.on('error', () => process.exit(INTERRUPTED + constants.signals.SIGPIPE))

const steps = chosen(process.argv.slice(2))
screen.title(`A tour of berkeley ${version()}, on Node ${process.versions.node} and Linux ${release()}`)
const status = await takeSteps(steps, screen)
// After a failure something may still be waiting that would keep the process alive. Without one it has to end by itself.
if (status === 0) process.exitCode = 0
else process.exit(status)
