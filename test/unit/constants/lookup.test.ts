// The list of constants: complete, right, and safe to look things up in.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants as osConstants } from 'node:os'
import { describe, it } from 'node:test'
import * as exported from '#internal/constants/exported.generated.js'
import { errnoName, isSupported, level, lookup, nameOf, sys } from '#internal/constants/lookup.js'
import { internalFamilies, publicFamilies } from '#internal/constants/names.generated.js'
import { native } from '#internal/native/sockets.js'

const root = new URL('.', import.meta.resolve('berkeley/package.json'))
const linux = process.platform === 'linux'
const publicNames: readonly string[] = Object.values(publicFamilies).flat()
const internalNames: readonly string[] = Object.values(internalFamilies).flat()

/** Every constant of the API that the package implements. */
const reference = `
  AI_PASSIVE AI_CANONNAME AI_NUMERICHOST AI_NUMERICSERV AI_ALL AI_V4MAPPED_CFG AI_ADDRCONFIG AI_V4MAPPED AI_DEFAULT
  IPPROTO_IP IPPROTO_HOPOPTS IPPROTO_ICMP IPPROTO_IGMP IPPROTO_GGP IPPROTO_IPV4 IPPROTO_IPIP IPPROTO_TCP IPPROTO_ST
  IPPROTO_EGP IPPROTO_PIGP IPPROTO_RCCMON IPPROTO_NVPII IPPROTO_PUP IPPROTO_ARGUS IPPROTO_EMCON IPPROTO_XNET
  IPPROTO_CHAOS IPPROTO_UDP IPPROTO_MUX IPPROTO_MEAS IPPROTO_HMP IPPROTO_PRM IPPROTO_IDP IPPROTO_TRUNK1 IPPROTO_TRUNK2
  IPPROTO_LEAF1 IPPROTO_LEAF2 IPPROTO_RDP IPPROTO_IRTP IPPROTO_TP IPPROTO_BLT IPPROTO_NSP IPPROTO_INP IPPROTO_SEP
  IPPROTO_3PC IPPROTO_IDPR IPPROTO_XTP IPPROTO_DDP IPPROTO_CMTP IPPROTO_TPXX IPPROTO_IL IPPROTO_IPV6 IPPROTO_SDRP
  IPPROTO_ROUTING IPPROTO_FRAGMENT IPPROTO_IDRP IPPROTO_RSVP IPPROTO_GRE IPPROTO_MHRP IPPROTO_BHA IPPROTO_ESP IPPROTO_AH
  IPPROTO_INLSP IPPROTO_SWIPE IPPROTO_NHRP IPPROTO_ICMPV6 IPPROTO_NONE IPPROTO_DSTOPTS IPPROTO_AHIP IPPROTO_CFTP
  IPPROTO_HELLO IPPROTO_SATEXPAK IPPROTO_KRYPTOLAN IPPROTO_RVD IPPROTO_IPPC IPPROTO_ADFS IPPROTO_SATMON IPPROTO_VISA
  IPPROTO_IPCV IPPROTO_CPNX IPPROTO_CPHB IPPROTO_WSN IPPROTO_PVP IPPROTO_BRSATMON IPPROTO_ND IPPROTO_WBMON
  IPPROTO_WBEXPAK IPPROTO_EON IPPROTO_VMTP IPPROTO_SVMTP IPPROTO_VINES IPPROTO_TTP IPPROTO_IGP IPPROTO_DGP IPPROTO_TCF
  IPPROTO_IGRP IPPROTO_OSPFIGP IPPROTO_SRPC IPPROTO_LARP IPPROTO_MTP IPPROTO_AX25 IPPROTO_IPEIP IPPROTO_MICP
  IPPROTO_SCCSP IPPROTO_ETHERIP IPPROTO_ENCAP IPPROTO_APES IPPROTO_GMTP IPPROTO_PIM IPPROTO_IPCOMP IPPROTO_PGM
  IPPROTO_SCTP IPPROTO_DIVERT IPPROTO_RAW
  MSG_CMSG_CLOEXEC MSG_CONFIRM MSG_CTRUNC MSG_DONTROUTE MSG_DONTWAIT MSG_EOR MSG_ERRQUEUE MSG_MORE MSG_NOSIGNAL MSG_OOB
  MSG_PEEK MSG_TRUNC MSG_WAITALL
  NI_NOFQDN NI_NUMERICHOST NI_NAMEREQD NI_NUMERICSERV NI_DGRAM NI_WITHSCOPEID
  SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET SHUT_RD SHUT_WR SHUT_RDWR
`
  .trim()
  .split(/\s+/)

interface Row {
  readonly name: string
  readonly source: string | undefined
  readonly number: number
}

/** The rows of the list, read more loosely than the generator does. */
function listed(): Row[] {
  const lines = readFileSync(new URL('native/constants/constants.def', root), 'utf8').split('\n')
  return lines.flatMap((line) => {
    const [name = '', source, number] = (line.split(' : ')[0] ?? '').split(' ')
    return /^[A-Z]\w*$/.test(name) ? [{ name, source, number: Number(number) }] : []
  })
}

/** What Python's modules know, and `HEX_VERSION`; undefined where there is no Python. */
function pythonNumbers(): Map<string, number> | undefined {
  const script = `
import errno, fcntl, json, os, select, socket, sys
sys.HEX_VERSION = sys.hexversion
print(json.dumps({k: int(v) for m in (sys, os, select, fcntl, errno, socket) for k, v in vars(m).items()
                  if k.isupper() or k == 'AF_DECnet' if isinstance(v, int)}))`
  const run = spawnSync('python3', ['-c', script], { encoding: 'utf8' })
  return run.status === 0 ? new Map(Object.entries(JSON.parse(run.stdout) as Record<string, number>)) : undefined
}

describe('constants', () => {
  it('the generated files are up to date', () => {
    execFileSync(process.execPath, ['scripts/generate-constants.mjs', '--check'], { cwd: root })
  })

  it('every constant of the API is an exported number', () => {
    const numbers = exported as Readonly<Record<string, unknown>>
    assert.equal(reference.length, 141)
    for (const name of reference) assert.equal(typeof numbers[name], 'number', name)
  })

  it('the exports are the public names, each with its number, and nothing else', () => {
    const interop = new Set(['default', 'module.exports', '__esModule']) // what Node adds to a CommonJS module
    const members = Object.entries(exported).filter(([name]) => !interop.has(name))
    assert.deepEqual(members.map(([name]) => name).sort(), [...publicNames].sort())
    for (const [name, number] of members) assert.equal(number, native.constants[name], name)
  })

  it('public and internal names are kept apart', () => {
    const exportedNames = new Set(publicNames)
    assert.deepEqual(
      internalNames.filter((name) => exportedNames.has(name)),
      [],
    )
    assert.ok(internalNames.includes('EAGAIN') && internalNames.includes('EPOLLIN'))
  })

  it('every name has a whole number on Linux', { skip: !linux }, () => {
    for (const name of [...publicNames, ...internalNames]) assert.ok(Number.isSafeInteger(lookup(name)), name)
  })

  it('every Linux number in the list agrees with the C library', { skip: !linux }, () => {
    const rows = listed().filter(({ source }) => source === 'linux')
    assert.ok(rows.length > 600)
    for (const { name, number } of rows) {
      assert.equal(lookup(name), number, name)
      assert.ok(isSupported(name), name)
    }
  })

  it('assigned numbers are used only where the platform has none', () => {
    for (const { name, source, number } of listed()) {
      if (native.unsupported.includes(name)) assert.deepEqual([source, lookup(name)], ['assigned', number], name)
      else if (source === undefined && linux) assert.ok(isSupported(name), name)
    }
  })

  it('the constants agree with Python', (test) => {
    const python = pythonNumbers()
    if (!python) return test.skip('no python3')
    python.delete('SOMAXCONN') // C libraries differ, the list does not follow them
    const common = [...publicNames, ...internalNames].filter((name) => python.has(name))
    assert.ok(common.length > 300)
    for (const name of common) assert.equal(lookup(name), python.get(name), name)
  })

  it('the list has all socket constants of Python', { skip: !linux }, (test) => {
    const python = pythonNumbers()
    if (!python || (python.get('HEX_VERSION') ?? 0) >= 0x030e0000) return test.skip('no Python that the list knows')
    const family = /^(AF|SOCK|SHUT|MSG|AI|NI|EAI|IPPROTO|SOL|SO|SCM|TCP|UDPLITE|IP|IPV6|VMADDR|E[A-Z0-9]+$)/
    const other = /^(EFD|EX)_|^(EPOLL|NI_MAX|IP_DEFAULT|IP_MAX|IPPORT)|J1939/
    const lacking = [...python.keys()].filter((name) => family.test(name) && !other.test(name))
    assert.deepEqual(
      lacking.filter((name) => lookup(name) === undefined),
      [],
    )
  })

  it('the numbers of errors agree with Node', () => {
    for (const [name, number] of Object.entries(osConstants.errno)) assert.equal(lookup(name), number, name)
  })

  it('numbers beyond 31 bits are kept', { skip: !linux }, () => {
    assert.equal(exported.VMADDR_CID_ANY, 4294967295)
    assert.equal(exported.CAN_EFF_FLAG, 2147483648)
    assert.equal(sys.EPOLLET, 2147483648)
  })

  it('AI_DEFAULT consists of flags that getaddrinfo() accepts', { skip: !linux }, () => {
    assert.equal(exported.AI_DEFAULT, exported.AI_V4MAPPED | exported.AI_ADDRCONFIG)
  })

  it('the table of constants cannot be changed', () => {
    assert.ok(Object.isFrozen(native.constants) && Object.isFrozen(native.unsupported))
  })
})

describe('isSupported()', () => {
  it('isSupported() is true for names that the platform has', () => {
    for (const name of ['AF_INET', 'SO_ERROR', 'IPPROTO_TCP', 'EAGAIN']) assert.equal(isSupported(name), true, name)
  })

  it('isSupported() is true for names younger than the headers', { skip: !linux }, () => {
    for (const name of ['SO_PASSRIGHTS', 'TCP_AO_ADD_KEY', 'AF_MCTP']) assert.equal(isSupported(name), true, name)
  })

  it('isSupported() is false for assigned numbers and for unknown names', { skip: !linux }, () => {
    for (const name of ['IPPROTO_DIVERT', 'AI_DEFAULT', 'SCM_BINTIME', 'SO_NOTHING', 'toString', ''])
      assert.equal(isSupported(name), false, name)
  })
})

describe('lookup()', () => {
  it('lookup() finds public, internal and unsupported names', () => {
    assert.equal(lookup('AF_INET'), 2)
    assert.equal(lookup('ENOENT'), 2)
    assert.equal(lookup('IPPROTO_3PC'), 34)
  })

  it('lookup() finds nothing else', () => {
    for (const name of ['AF_NOTHING', 'constructor', '__proto__', '']) assert.equal(lookup(name), undefined, name)
  })
})

describe('nameOf()', () => {
  it('nameOf() gives the first name of a number', () => {
    assert.equal(nameOf('AF_', exported.AF_UNIX), 'AF_UNIX')
    assert.equal(nameOf('AF_', exported.AF_INET), 'AF_INET')
    assert.equal(nameOf('SOCK_', exported.SOCK_SEQPACKET), 'SOCK_SEQPACKET')
    assert.equal(nameOf('IPPROTO_', 0), 'IPPROTO_IP')
    assert.equal(nameOf('EAI_', exported.EAI_NONAME), 'EAI_NONAME')
  })

  it('nameOf() prefers names that the platform has', { skip: !linux }, () => {
    assert.equal(nameOf('IPPROTO_', 33), 'IPPROTO_DCCP')
    assert.equal(nameOf('SCM_', 4), 'SCM_PIDFD')
    assert.equal(nameOf('IPPROTO_', 254), 'IPPROTO_DIVERT')
  })

  it('nameOf() tells families with the same prefix apart', { skip: !linux }, () => {
    assert.equal(nameOf('TCP_', 1), 'TCP_NODELAY')
    assert.equal(nameOf('TCP_STATE', 1), 'TCP_ESTABLISHED')
    assert.equal(nameOf('SO_', 5), 'SO_DONTROUTE')
    assert.equal(nameOf('SO_EE_ORIGIN_', 5), 'SO_EE_ORIGIN_ZEROCOPY')
  })

  it('nameOf() gives the digits of a number without a name', () => {
    assert.equal(nameOf('AF_', 9999), '9999')
    assert.equal(nameOf('SHUT_', -1), '-1')
  })
})

describe('errnoName()', () => {
  it('errnoName() accepts errno and -errno', () => {
    assert.equal(errnoName(sys.ECONNREFUSED), 'ECONNREFUSED')
    assert.equal(errnoName(-sys.ECONNREFUSED), 'ECONNREFUSED')
  })

  it('errnoName() prefers the names that errors carry', () => {
    assert.equal(errnoName(sys.EWOULDBLOCK), 'EAGAIN')
    assert.equal(errnoName(sys.EOPNOTSUPP), linux ? 'EOPNOTSUPP' : errnoName(sys.EOPNOTSUPP))
  })

  it('errnoName() gives undefined for a number that is not an error', () => {
    assert.equal(errnoName(0), undefined)
    assert.equal(errnoName(99999), undefined)
  })
})

/** Never called: this must not compile but for the comments. */
export function misspelt(): unknown[] {
  return [
    // @ts-expect-error -- sys has no such name
    sys.EAGIAN,
    // @ts-expect-error -- a public constant is no member of sys
    sys.AF_INET,
    // @ts-expect-error -- families are named by their whole prefix
    nameOf('AF', 2),
    // @ts-expect-error -- there is no such export
    exported.AF_INTE,
  ]
}

describe('a location', () => {
  it('has the numbers of its constants, the same each time', () => {
    const location = level('SOL_SOCKET')('SO_KEEPALIVE')
    const { place } = location
    assert.deepEqual(place, { level: lookup('SOL_SOCKET'), option: lookup('SO_KEEPALIVE') })
    assert.equal(location.place, place)
  })

  it('has none where the level or the option is unknown', () => {
    const unknown = level('SOL_SOCKET')('SO_UNHEARD_OF')
    assert.equal(unknown.place, undefined)
    assert.equal(unknown.place, undefined)
    assert.equal(level('SOL_UNHEARD_OF')('SO_KEEPALIVE').place, undefined)
  })
})
