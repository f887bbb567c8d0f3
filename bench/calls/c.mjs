// C: the system call in a loop, which crosses from JavaScript once.

const CALLS = ['send', 'recv', 'recvmsg', 'getsockname', 'getsockopt']

/** @type {import('./run.mjs').Way} */
const c = (fd, addon) => ({
  ...Object.fromEntries(CALLS.map((call) => [call, (/** @type {number} */ count) => addon.run(call, fd, count)])),
  recvinto: (count) => addon.run('recv', fd, count),
})

export default c
