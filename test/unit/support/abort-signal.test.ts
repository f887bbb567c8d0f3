import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import { ignoreAbort, isAborted, isAbortSignal, listenForAbort, reasonOf } from '#internal/support/abort-signal.js'

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

describe('listening for abort (H106)', () => {
  test('all calls with one signal share one listener, which goes with the last of them', () => {
    const { signal } = new AbortController()
    const callbacks = Array.from({ length: 100 }, () => () => {})
    for (const callback of callbacks) listenForAbort(signal, callback)
    assert.equal(listeners(signal), 1)
    for (const callback of callbacks.slice(1)) ignoreAbort(signal, callback)
    assert.equal(listeners(signal), 1)
    ignoreAbort(signal, callbacks[0]!)
    assert.equal(listeners(signal), 0)
    ignoreAbort(signal, callbacks[0]!)
  })

  test('the callbacks come in the order in which they were added, once, and the listener is gone before the first', () => {
    const controller = new AbortController()
    const called: string[] = []
    for (const name of ['a', 'b', 'c'])
      listenForAbort(controller.signal, () => called.push(name + listeners(controller.signal)))
    controller.abort()
    controller.abort()
    assert.deepEqual(called, ['a0', 'b0', 'c0'])
  })

  test('a callback that an earlier one takes back is not called', () => {
    const controller = new AbortController()
    const second = (): void => assert.fail('called')
    listenForAbort(controller.signal, () => ignoreAbort(controller.signal, second))
    listenForAbort(controller.signal, second)
    controller.abort()
  })

  test('after the last call has left, the next one listens anew', () => {
    const controller = new AbortController()
    const first = (): void => assert.fail('called')
    listenForAbort(controller.signal, first)
    ignoreAbort(controller.signal, first)
    let calls = 0
    listenForAbort(controller.signal, () => calls++)
    controller.abort()
    assert.equal(calls, 1)
  })

  test('an event of that name on a signal that is not aborted calls nothing', () => {
    const controller = new AbortController()
    let calls = 0
    listenForAbort(controller.signal, () => calls++)
    controller.signal.dispatchEvent(new Event('abort'))
    assert.equal(calls, 0)
    controller.abort()
    assert.equal(calls, 1)
  })

  test('properties that code has put on a signal are not used', () => {
    const controller = new AbortController()
    const { signal } = controller
    for (const name of ['aborted', 'reason', 'addEventListener', 'removeEventListener'])
      Object.defineProperty(signal, name, { get: () => assert.fail(`${name} was read`) })
    let calls = 0
    listenForAbort(signal, () => calls++)
    assert.equal(isAborted(signal), false)
    controller.abort('why')
    assert.deepEqual([isAborted(signal), reasonOf(signal), calls], [true, 'why', 1])
  })

  test('only a signal is one', () => {
    assert.equal(isAbortSignal(new AbortController().signal), true)
    for (const other of [undefined, null, {}, { aborted: false }, new EventTarget(), AbortSignal.prototype])
      assert.equal(isAbortSignal(other), false)
  })
})
