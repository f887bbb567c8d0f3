// Sends a line to the system log, as logger(1) does: RFC 3164 in the form that local daemons read, without a host name,
// over a unix datagram socket.
//
//   node build/examples/syslog.js [-p facility.severity] [-t tag] [-u socket] message ...
//
// Node has no unix datagram sockets; here they are three lines.
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { dgram } from 'berkeley'

/** Each name is at its number. Of facilities 12 to 15 the names differ, so they have none here. */
const FACILITIES = 'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp'.split(' ')
const LOCAL_FIRST = 16
const SEVERITIES = 'emerg alert crit err warning notice info debug'.split(' ')
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

function facilityOf(name: string): number {
  const local = /^local([0-7])$/.exec(name)
  return local ? LOCAL_FIRST + Number(local[1]) : FACILITIES.indexOf(name)
}

/** The number that a line begins with: `user.notice` is 13. */
function priorityOf(text: string): number {
  const [facility, severity] = text.split('.')
  const [high, low] = [facilityOf(facility ?? ''), SEVERITIES.indexOf(severity ?? '')]
  if (high < 0 || low < 0) throw new RangeError(`no facility and severity: ${text}`)
  return high * SEVERITIES.length + low
}

/** `Jan  2 03:04:05`, in local time. */
function timestamp(date: Date): string {
  const day = `${date.getDate()}`.padStart(2)
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => `${part}`.padStart(2, '0'))
  return `${MONTHS[date.getMonth()]} ${day} ${clock.join(':')}`
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    priority: { type: 'string', short: 'p', default: 'user.notice' },
    tag: { type: 'string', short: 't', default: userInfo().username },
    socket: { type: 'string', short: 'u', default: '/dev/log' },
  },
})
const message = positionals.join(' ')
if (message === '') throw new Error('usage: syslog [-p facility.severity] [-t tag] [-u socket] message ...')
const line = `<${priorityOf(values.priority)}>${timestamp(new Date())} ${values.tag}[${process.pid}]: ${message}`

await using log = await dgram.unix.Socket.create({ path: values.socket })
await log.connect()
await log.send(line)
