// A name server that does not answer: a C library whose getaddrinfo(3) and getnameinfo(3) take their time stands in for it.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { available, type Ending, leavesNoFd, run, script, tempFolder } from '../util/index.js'

leavesNoFd()

const SLOW_MS = 600

/** Names that begin with "slow" take their time, and so do addresses of 192.0.2.0/24; all others are the C library's. */
const SHIM = `
  #define _GNU_SOURCE
  #include <dlfcn.h>
  #include <netdb.h>
  #include <string.h>
  #include <time.h>
  int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **answer) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (host == NULL || strncmp(host, "slow", 4) != 0) return real(host, service, hints, answer);
    struct timespec time = {0, ${SLOW_MS} * 1000000L};
    nanosleep(&time, NULL);
    return real("127.0.0.1", service, hints, answer);
  }
  int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t room, char *service, socklen_t more, int flags) {
    int (*real)(const struct sockaddr *, socklen_t, char *, socklen_t, char *, socklen_t, int) = dlsym(RTLD_NEXT, "getnameinfo");
    const unsigned char *bytes = (const unsigned char *)address;
    if (bytes[4] != 192 || bytes[5] != 0 || bytes[6] != 2 || (flags & NI_NUMERICHOST)) return real(address, length, host, room, service, more, flags);
    struct timespec time = {0, ${SLOW_MS} * 1000000L};
    nanosleep(&time, NULL);
    return real(address, length, host, room, service, more, flags | NI_NUMERICHOST);
  }
`

async function compiled(t: Pick<TestContext, 'after'>): Promise<string> {
  const folder = tempFolder(t)
  const [source, shim] = [join(folder, 'slow.c'), join(folder, 'slow.so')]
  writeFileSync(source, SHIM)
  // The compiler is no part of what is tested: a sanitizer that is preloaded is not for it.
  const env = { ...process.env, LD_PRELOAD: '' }
  const { code, stderr } = await run('cc', ['-shared', '-fPIC', '-o', shim, source, '-ldl'], { env })
  assert.equal(code, 0, stderr)
  return shim
}

describe('slow lookups (H89)', { skip: available('cc') }, () => {
  async function withSlowLookups(t: TestContext, code: string): Promise<Ending> {
    const preload = [process.env['LD_PRELOAD'], await compiled(t)].filter(Boolean).join(' ')
    const header = `
      import { AddrInfo, getnameinfo, NI_NUMERICHOST, NI_NUMERICSERV, stream } from 'berkeley'
      const slow = AddrInfo.inet('192.0.2.1', 80)
      const say = (...words) => console.log(...words)
      const timed = async (act) => {
        const start = performance.now()
        const outcome = await act().then(() => 'through', (error) => error.name === 'SystemError' ? error.code : error.name)
        return [outcome, performance.now() - start]
      }
    `
    return run(process.execPath, script(header + code), { env: { ...process.env, LD_PRELOAD: preload } })
  }

  test('a slow lookup delays neither a deadline nor an abort nor a close', async (t) => {
    const { stdout, stderr, code } = await withSlowLookups(
      t,
      `
      const quick = ([outcome, took]) => say(outcome, took < ${SLOW_MS})
      quick(await timed(() => stream.inet.Client.create({ host: 'slow.invalid', port: 1 }, true, 20)))
      const signal = AbortSignal.timeout(20)
      quick(await timed(() => stream.inet.Client.create({ host: 'slow.invalid', port: 1, signal })))
      const client = await stream.inet.Client.create({ host: 'slow.invalid', port: 1 }, false)
      setTimeout(() => client.close(), 20)
      quick(await timed(() => client.connect()))
      // The answer that comes late is discarded.
      const [outcome, took] = await timed(() => stream.getaddrinfoin({ host: 'slow.invalid', port: 1 }))
      say(outcome, took >= ${SLOW_MS} - 1)
    `,
    )
    const lines = ['TimeoutError true', 'AbortError true', 'ECANCELED true', 'through true']
    assert.deepEqual([stdout.trim().split('\n'), code], [lines, 0], stderr)
  })

  test('slow lookups leave threads free for file operations', async (t) => {
    const { stdout, stderr, code } = await withSlowLookups(
      t,
      `
      import { stat } from 'node:fs/promises'
      const lookups = Array.from({ length: 8 }, (_, i) =>
        stream.getaddrinfoin({ host: 'slow-' + i + '.invalid', port: 1 }))
      let worst = 0
      for (let i = 0; i < 50; i++) {
        const [, took] = await timed(() => stat('/'))
        worst = Math.max(worst, took)
      }
      say(worst < ${SLOW_MS} / 2)
      const answers = await Promise.all(lookups)
      say(answers.every((list) => list[0].addr === '127.0.0.1'))
    `,
    )
    assert.deepEqual([stdout, code], ['true\ntrue\n', 0], stderr)
  })

  test('an address is resolved at once while slow lookups wait', async (t) => {
    const { stdout, stderr, code } = await withSlowLookups(
      t,
      `
      const lookups = Array.from({ length: 8 }, (_, i) =>
        stream.getaddrinfoin({ host: 'slow-' + i + '.invalid', port: 1 }))
      for (const host of ['127.0.0.1', '::1']) {
        const [outcome, took] = await timed(() => stream.getaddrinfoin({ host, port: 1 }))
        say(outcome, took < ${SLOW_MS} / 2)
      }
      await Promise.all(lookups)
    `,
    )
    assert.deepEqual([stdout, code], ['through true\nthrough true\n', 0], stderr)
  })

  test('a slow reverse lookup does not stop the event loop', async (t) => {
    const { stdout, stderr, code } = await withSlowLookups(
      t,
      `
      let ticks = 0
      const clock = setInterval(() => ticks++, 10)
      const names = await getnameinfo(slow)
      clearInterval(clock)
      say(names.host, ticks > 10)
    `,
    )
    assert.deepEqual([stdout, code], ['192.0.2.1 true\n', 0], stderr)
  })

  test('a slow reverse lookup delays neither a timeout nor an abort, nor another that needs no resolver', async (t) => {
    const { stdout, stderr, code } = await withSlowLookups(
      t,
      `
      const quick = ([outcome, took]) => say(outcome, took < ${SLOW_MS})
      quick(await timed(() => getnameinfo(slow, 0, { timeout: 20 })))
      quick(await timed(() => getnameinfo(slow, 0, { signal: AbortSignal.timeout(20) })))
      quick(await timed(() => getnameinfo(slow, NI_NUMERICHOST | NI_NUMERICSERV)))
      const signal = AbortSignal.timeout(60_000)
      quick(await timed(() => Promise.all(Array.from({ length: 100 }, () =>
        getnameinfo(AddrInfo.unix('/run/x'), 0, { signal, timeout: 60_000 })))))
    `,
    )
    const lines = ['TimeoutError true', 'AbortError true', 'through true', 'through true']
    assert.deepEqual([stdout.trim().split('\n'), code], [lines, 0], stderr)
  })

  test('slow reverse lookups leave threads free for file operations', async (t) => {
    const { stdout, stderr, code } = await withSlowLookups(
      t,
      `
      import { stat } from 'node:fs/promises'
      const lookups = Array.from({ length: 8 }, () => getnameinfo(slow))
      let worst = 0
      for (let i = 0; i < 50; i++) {
        const [, took] = await timed(() => stat('/'))
        worst = Math.max(worst, took)
      }
      say(worst < ${SLOW_MS} / 2)
      await Promise.all(lookups)
    `,
    )
    assert.deepEqual([stdout, code], ['true\n', 0], stderr)
  })

  test('slow lookups end with their worker and crash nothing', async (t) => {
    const { stdout, stderr, code, signal } = await withSlowLookups(
      t,
      `
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      const url = new URL('./build/test/lifecycle/work.js', 'file://' + process.cwd() + '/')
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(url, { workerData: 'slow lookups', execArgv: [] })
        await once(worker, 'message')
        await worker.terminate()
      }
      say('alive')
      stream.getaddrinfoin({ host: 'slow.invalid', port: 1 })
      getnameinfo(slow)
      setImmediate(() => process.exit(3))
    `,
    )
    assert.deepEqual([stdout, code, signal], ['alive\n', 3, null], stderr)
  })
})
