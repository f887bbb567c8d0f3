// Node-API: crosses from JavaScript each time, and does nothing there, whatever the call that it is compared with.

const CALLS = ['send', 'recv', 'recvinto', 'recvmsg', 'getsockname', 'getsockopt']

/** @type {import('./run.mjs').Way} */
function nothing(_, addon) {
  const loop = (/** @type {number} */ count) => {
    for (let i = 0; i < count; i++) addon.nothing()
  }
  return Object.fromEntries(CALLS.map((call) => [call, loop]))
}

export default nothing
