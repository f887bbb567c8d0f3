import { AddrInfo } from '../address/addrinfo.js'
import { SOCK_DGRAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { Socket as UnixDgramSocket } from '../dgram/unix.js'
import { create } from '../llsocket/create.js'
import { CmsgHdr } from '../message/cmsghdr.js'
import { MsgHdr } from '../message/msghdr.js'
import type { WaitOptions } from '../socket/settings.js'
import { StepsWait } from '../socket/steps-wait.js'
import { pair } from '../stream/unix.js'
import { variable } from '../support/environment.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { type Notice, type NotifyState, noticeOf, numbersOf } from './state.js'

const SYSCALL = 'notify'

/**
 * Tells the service manager how this service is: one message to `$NOTIFY_SOCKET`, a path or, with an `@` first, an abstract name. Calls
 * arrive in the order in which they are made. For the manager to hear it, `NotifyAccess=` of the unit has to allow it (`Type=notify`
 * does).
 * @param state - `ready`, `status`, `reloading`, `stopping`, `fdstore`, … : see {@link NotifyState}.
 * @param options - `timeout` and `signal` of the call, which waits while the queue of the manager is full, and for `barrier`.
 * @returns false when no manager asks for it: `$NOTIFY_SOCKET` is absent or empty. True when the message is in its queue; with `barrier`
 *   when it has read it.
 * @throws EINVAL or EAFNOSUPPORT for an address of another kind; ENOENT or ECONNREFUSED when no socket is bound there; EMSGSIZE for more
 *   than 4096 bytes; TypeError or RangeError for what the manager would ignore. See sd_notify(3).
 * @example
 * await systemd.notify({ ready: true, status: 'accepting connections' })
 * await systemd.notify({ fdstore: server, fdname: 'listener' })
 */
export async function notify(state: NotifyState, options?: WaitOptions): Promise<boolean> {
  const notice = noticeOf(state)
  if (notice.text === '' && !notice.barrier) throw validate.invalidValue('state', 'says nothing', state)
  const wait = new StepsWait(SYSCALL, options)
  const name = variable('NOTIFY_SOCKET')
  if (name === undefined) return false
  const manager = addressOf(name)
  if (notice.text !== '') await send(manager, notice, wait.next())
  if (notice.barrier) await waitUntilRead(manager, wait)
  return true
}

function addressOf(name: string): AddrInfo {
  if (name.startsWith('/')) return AddrInfo.unix(name, { socktype: SOCK_DGRAM })
  if (name.startsWith('@') && name.length > 1) return AddrInfo.unix(`\0${name.slice(1)}`, { socktype: SOCK_DGRAM })
  if (name.startsWith('vsock'))
    throw systemError(sys.EAFNOSUPPORT, SYSCALL, {
      detail: `$NOTIFY_SOCKET is ${JSON.stringify(name)}: only unix sockets are supported`,
    })
  throw systemError(sys.EINVAL, SYSCALL, {
    detail: `$NOTIFY_SOCKET must be an absolute path, or begin with @, and is ${JSON.stringify(name)}`,
  })
}

/** The socket of the calls that are under way: they take their turn on it, and the last one closes it. */
interface Line {
  readonly sock: UnixDgramSocket
  users: number
}

let line: Line | undefined

function openLine(): Line {
  return { sock: new UnixDgramSocket(create(AddrInfo.unix('', { socktype: SOCK_DGRAM }), true)), users: 0 }
}

async function send(manager: AddrInfo, { text, store }: Notice, wait: WaitOptions): Promise<void> {
  const msg = new MsgHdr()
  msg.name(manager)
  msg.add(text)
  if (store.length > 0) msg.control().push(CmsgHdr.rights(...numbersOf(store)))
  line ??= openLine()
  const used = line
  used.users++
  try {
    await used.sock.sendmsg(msg, wait)
  } finally {
    used.users--
    if (used.users === 0) {
      line = undefined
      await used.sock.close()
    }
  }
}

/** Passes one end of a pair, which the manager closes when it comes to that message. */
async function waitUntilRead(manager: AddrInfo, wait: StepsWait): Promise<void> {
  const [ours, theirs] = await pair()
  try {
    await send(manager, { text: 'BARRIER=1', store: [theirs], barrier: true }, wait.next())
    await theirs.close()
    await ours.hangup(wait.next())
  } finally {
    await theirs.close()
    await ours.close()
  }
}
