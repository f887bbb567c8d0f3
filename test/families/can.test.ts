// CAN, on a virtual interface of a network of its own.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { AddrInfo, AF_CAN, CAN_EFF_FLAG, CAN_RAW, CAN_SFF_MASK, can, SOCK_RAW } from 'berkeley'
import { closing, leavesNoFd } from '../util/index.js'
import { otherNamespace, withoutNamespaces, withoutSocket } from './kernel.js'

leavesNoFd()

/** The reason why this machine has no virtual CAN. */
function withoutVcan(): string | false {
  const reason = withoutSocket(AF_CAN, SOCK_RAW, CAN_RAW) || withoutNamespaces()
  if (reason) return reason
  const made = spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'vcan0', 'type', 'vcan'], { stdio: 'ignore' })
  return made.status === 0 ? false : 'this kernel has no vcan'
}

function frame(id: number, data: string): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32LE(id, 0)
  bytes[4] = Buffer.from(data).copy(bytes, 8)
  return bytes
}

describe('CAN', { skip: withoutVcan() }, () => {
  it('raw frames go from one socket to the other, by identifier', async (t) => {
    const { path, shell } = await otherNamespace(t, 'ip link add vcan0 type vcan\nip link set vcan0 up')
    shell.write('ip -o link show vcan0\n')
    const [, index] = await shell.waitForOutput(/^(\d+): vcan0/m)
    const options = { netns: path, ifindex: Number(index) }
    const [a, b] = [closing(t, await can.Socket.create(options)), closing(t, await can.Socket.create(options))]
    for (const sock of [a, b]) sock.deadlines(5000, 5000)
    b.canfilter([{ id: 0x123, mask: CAN_SFF_MASK }])
    await a.bind()
    await b.bind()
    await a.send(frame(0x124, 'not this'))
    await a.send(frame(0x123, 'but this'))
    await a.sendto(frame(CAN_EFF_FLAG + 0x123, 'and that'), AddrInfo.can({ ifindex: Number(index) }))
    const [got, from] = await b.recvfrom()
    assert.deepEqual([got, from.ifindex], [frame(0x123, 'but this'), Number(index)])
    assert.deepEqual((await b.recvfrom())[0], frame(CAN_EFF_FLAG + 0x123, 'and that'))
  })
})
