// Datagram sockets and the programs of others: UDP in batches and one by one. More about socat is in socat-dgram.test.ts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo } from 'berkeley'
import { bound, boundForBatches, portOf } from '../dgram/common.js'
import { available, leavesNoFd, start } from '../util/index.js'

leavesNoFd()

describe('UDP', () => {
  test('socat answers a datagram', { skip: available('socat') }, async (t) => {
    const client = await bound(t)
    const probe = await bound(t)
    const port = portOf(probe)
    await probe.close()
    const socat = start(t, 'socat', ['-ddd', `UDP4-RECVFROM:${port},bind=127.0.0.1`, 'EXEC:rev'])
    await socat.waitForOutput(/receiving on/)
    await client.sendto('stressed\n', AddrInfo.inet('127.0.0.1', port))
    assert.equal(String(await client.recv()), 'desserts\n')
  })

  test('python3 receives datagrams cut by the kernel, and its answers carry its address', {
    skip: available('python3'),
  }, async (t) => {
    const sock = await boundForBatches(t)
    const peer = start(t, 'python3', [
      '-c',
      `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('port', s.getsockname()[1], flush=True)
lengths = []
while True:
    data, addr = s.recvfrom(65536)
    if not data: break
    lengths.append(len(data))
print(lengths, flush=True)
for i in range(5): s.sendto(b'answer %d' % i, addr)`,
    ])
    const [, port] = await peer.waitForOutput(/port (\d+)/)
    const addr = AddrInfo.inet('127.0.0.1', Number(port))
    await sock.sendmany([
      { data: Buffer.alloc(2500), addr, segmentSize: 1000 },
      { data: 'four', addr },
      { data: '', addr },
    ])
    await peer.waitForOutput(/\[1000, 1000, 500, 4\]/)
    const answers: string[] = []
    while (answers.length < 5) {
      using batch = await sock.recvmany()
      for (const { data, addr: sender } of batch) answers.push(`${data} from ${sender}`)
    }
    assert.deepEqual(
      answers,
      Array.from({ length: 5 }, (_, i) => `answer ${i} from ${addr}`),
    )
  })
})
