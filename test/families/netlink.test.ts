// Netlink: requests of rtnetlink, acknowledgements, groups, and what is lost.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  AddrInfo,
  IFLA_IFNAME,
  if_nameindex,
  MsgHdr,
  NETLINK_GENERIC,
  NETLINK_USERSOCK,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  netlink,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTMGRP_LINK,
  RTNLGRP_LINK,
} from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { closing, leavesNoFd } from '../util/index.js'
import { otherNamespace, withoutNamespaces } from './kernel.js'

leavesNoFd()

const HEADER = 16
const KERNEL = AddrInfo.netlink()

/** A request about links: header and `struct ifinfomsg`. */
function linkRequest(type: number, flags: number, index = 0): Buffer {
  const message = Buffer.alloc(HEADER + 16)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(NLM_F_REQUEST | flags, 6)
  message.writeUInt32LE(7, 8)
  message.writeInt32LE(index, HEADER + 4)
  return message
}

interface Message {
  readonly type: number
  readonly flags: number
  readonly body: Buffer
}

function* messagesIn(data: Buffer): Generator<Message> {
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt32LE(at)
    assert.ok(length >= HEADER && at + length <= data.length, 'a message is cut')
    const message = data.subarray(at, at + length)
    yield { type: message.readUInt16LE(4), flags: message.readUInt16LE(6), body: message.subarray(HEADER) }
    at += (length + 3) & ~3
  }
}

/** The attributes behind the fixed part of a message, as text. */
function nameIn(body: Buffer): string | undefined {
  for (let at = 16; at < body.length; at += (body.readUInt16LE(at) + 3) & ~3)
    if (body.readUInt16LE(at + 2) === IFLA_IFNAME) return body.toString('utf8', at + 4, at + body.readUInt16LE(at) - 1)
  return undefined
}

async function opened(t: TestContext, options: netlink.Options = {}): Promise<netlink.Socket> {
  const sock = closing(t, await netlink.Socket.create(options))
  sock.deadlines(5000, 5000)
  return sock
}

describe('netlink sockets', () => {
  it('a netlink socket lists the links of the kernel', async (t) => {
    const sock = await opened(t)
    await sock.sendto(linkRequest(RTM_GETLINK, NLM_F_DUMP), KERNEL)
    const names: (string | undefined)[] = []
    for await (const [data, from] of sock) {
      assert.deepEqual([from.pid, from.groups], [0, 0])
      const all = [...messagesIn(data)]
      names.push(...all.filter(({ type }) => type === RTM_NEWLINK).map(({ body }) => nameIn(body)))
      if (all.some(({ type }) => type === NLMSG_DONE)) break
    }
    assert.deepEqual(
      names.sort(),
      if_nameindex()
        .map(({ name }) => name)
        .sort(),
    )
  })

  it('bind() takes a free port, and the groups', async (t) => {
    const sock = await opened(t, { groups: RTMGRP_LINK })
    assert.equal(sock.getsockname().pid, 0)
    await sock.bind()
    const { pid, groups } = sock.getsockname()
    assert.ok(pid > 0)
    assert.equal(groups, RTMGRP_LINK)
    assert.deepEqual(sock.netlinklistmemberships(), [RTNLGRP_LINK])
    sock.netlinkaddmembership(33)
    assert.deepEqual(sock.netlinklistmemberships(), [RTNLGRP_LINK, 33])
    assert.throws(() => sock.netlinkaddmembership(100_000), { code: 'EINVAL' })
    const other = await opened(t)
    await assert.rejects(other.bind(AddrInfo.netlink({ pid })), { code: 'EADDRINUSE', address: `netlink:${pid}` })
  })

  it('links are heard as they come and go', { skip: withoutNamespaces() }, async (t) => {
    const { path, shell } = await otherNamespace(t)
    const sock = await opened(t, { groups: RTMGRP_LINK, netns: path })
    await sock.bind()
    sock.netlinkpktinfo(true)
    shell.write('ip link add first type veth peer name second\n')
    const msg = new MsgHdr()
    msg.addn(65536)
    await sock.recvmsg(msg)
    assert.equal(msg.control().value('netlinkpktinfo'), RTNLGRP_LINK)
    shell.write('ip link add heard type veth peer name peer && ip link del heard\n')
    const seen = new Set<number>()
    for await (const [data, { pid }] of sock) {
      assert.equal(pid, 0)
      const about = [...messagesIn(data)].filter(({ body }) => nameIn(body) === 'heard')
      for (const { type } of about) seen.add(type)
      if (seen.has(RTM_DELLINK)) break
    }
    assert.deepEqual([...seen], [RTM_NEWLINK, RTM_DELLINK])
  })

  it('an acknowledgement says what was wrong, and leaves out the request, if it is asked to', async (t) => {
    const sock = await opened(t)
    sock.netlinkextack(true)
    sock.netlinkcapack(true)
    // The mask of IFLA_EXT_MASK, which has 4 bytes, has 1 here.
    const request = Buffer.concat([linkRequest(RTM_GETLINK, NLM_F_ACK, 1), Buffer.from([5, 0, 29, 0, 1, 0, 0, 0])])
    request.writeUInt32LE(request.length, 0)
    await sock.sendto(request, KERNEL)
    const [data] = await sock.recvfrom()
    const [error] = [...messagesIn(data)]
    assert.equal(error?.type, NLMSG_ERROR)
    assert.equal(error?.body.readInt32LE(0), -sys.ERANGE)
    assert.ok(((error?.flags as number) & NLM_F_CAPPED) !== 0)
    assert.ok(((error?.flags as number) & NLM_F_ACK_TLVS) !== 0)
    assert.match(error?.body.toString('latin1') as string, /[Aa]ttribute/)
  })

  it('messages that were lost are an error, also in a loop, unless that is switched off (H135)', async (t) => {
    const [receiver, sender] = [
      await opened(t, { protocol: NETLINK_USERSOCK }),
      await opened(t, { protocol: NETLINK_USERSOCK }),
    ]
    await receiver.bind(AddrInfo.netlink({ groups: 1 }))
    receiver.rcvbuf(1)
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 50; i++)
        await sender.sendto(Buffer.alloc(1000), AddrInfo.netlink({ groups: 1 })).catch((error) => {
          if (!['ENOBUFS', 'ECONNREFUSED'].includes(error.code)) throw error
        })
    }
    await flood()
    const drain = async (): Promise<string> => {
      try {
        for await (const _ of receiver.messages({ timeout: 100 }));
        return 'closed'
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    const first = await drain()
    assert.equal(first, 'ENOBUFS')
    assert.equal(await drain(), 'ETIMEDOUT')
    receiver.netlinknoenobufs(true)
    await flood()
    assert.equal(await drain(), 'ETIMEDOUT')
  })

  it('a message that does not fit is an error, and what another program sends shows its port', async (t) => {
    const [a, b] = [await opened(t, { protocol: NETLINK_USERSOCK }), await opened(t, { protocol: NETLINK_USERSOCK })]
    await a.bind()
    await b.bind()
    await b.sendto('x'.repeat(100), a.getsockname())
    await assert.rejects(a.recvfrom({ bufsize: 10 }), { code: 'EMSGSIZE', bytes: 100 })
    await b.sendto('from a program', a.getsockname())
    const [data, from] = await a.recvfrom()
    assert.equal(String(data), 'from a program')
    assert.equal(from.pid, b.getsockname().pid)
  })

  it('a protocol that the kernel lacks is named, and addresses of another family are refused', async (t) => {
    await assert.rejects(netlink.Socket.create({ protocol: 17 }), {
      code: 'EPROTONOSUPPORT',
      message: /AF_NETLINK, SOCK_RAW, 17/,
    })
    await assert.rejects(netlink.Socket.create({ protocol: 13 }), { message: /NETLINK_IP6_FW/ })
    const sock = await opened(t, { protocol: NETLINK_GENERIC })
    await assert.rejects(sock.sendto('x', AddrInfo.vsock(1, 1)), { code: 'EAFNOSUPPORT', syscall: 'sendto' })
    assert.throws(() => sock.write('x', AddrInfo.vsock(1, 1)), { code: 'EAFNOSUPPORT' })
    await assert.rejects(sock.bind(AddrInfo.packet({})), { code: 'EAFNOSUPPORT', syscall: 'bind' })
  })
})
