import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddrInfo, stream } from 'berkeley'
import { SOCK_STREAM, socket } from 'berkeley/llsocket'
import { closingAll, leavesNoFd, thrownBy } from '../../util/index.js'

leavesNoFd()

/** The first frame of a stack. */
const top = (error: Error): string => error.stack?.split('\n').find((line) => line.startsWith('    at ')) ?? ''

test('the stack of an error begins at the line of the caller', async (t) => {
  function userOfLlsocket(): void {
    closingAll(t, socket.pair(SOCK_STREAM, true))[0].getsockopt(1, 9999, 'int')
  }
  function userOfAddresses(): void {
    AddrInfo.inet('nonsense')
  }
  const failed = thrownBy(userOfLlsocket)
  assert.match(top(failed), /userOfLlsocket/)
  assert.match(failed.stack ?? '', /^SystemError: getsockopt ENOPROTOOPT/)
  assert.match(top(thrownBy(userOfAddresses)), /userOfAddresses/)
  const [a] = closingAll(t, await stream.unix.pair())
  await a.close()
  async function userOfStreams(): Promise<void> {
    await a.send('x')
  }
  await assert.rejects(userOfStreams(), (error: Error) => /userOfStreams/.test(top(error)))
})

test('the stack of an error is no longer than the limit, which stays unchanged', () => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 2
  const error = thrownBy(() => AddrInfo.inet('nonsense'))
  assert.equal(Error.stackTraceLimit, 2)
  Error.stackTraceLimit = limit
  assert.equal(error.stack?.split('\n').filter((line) => line.startsWith('    at ')).length, 2)
})

test('the stack of an error from an event has the frames that exist', async (t) => {
  const [a] = closingAll(t, await stream.unix.pair())
  a.deadlines(1)
  await assert.rejects(a.recv(), (error: Error) => top(error) !== '')
})
