// Whether a chain leads to a trusted authority.
import * as der from '../../der.js'
import * as pki from '../../pki.js'
import { accepts, type Case, lazy, refuses, type Sides, shows } from '../verdict.js'

const servername = 'host.example'

interface World {
  readonly root: pki.Certificate
  readonly between: pki.Certificate
  readonly leaf: pki.Certificate
}

const world = lazy((): World => {
  const root = pki.root()
  const between = pki.intermediate(root)
  return { root, between, leaf: pki.leaf(between) }
})

/** A client that trusts `ca`, and a server that shows this. */
function meet(ca: pki.Certificate, own: pki.Certificate, ...chain: readonly pki.Certificate[]): Sides {
  return { client: { ca: ca.pem, servername }, server: shows(own, ...chain) }
}

/** A leaf right below the root. */
function below(wish: pki.Wish): Sides {
  return meet(world().root, pki.leaf(world().root, wish))
}

/** A leaf below an authority that is as wished. */
function through(wish: pki.Wish, leafWish: pki.Wish = {}): Sides {
  const between = pki.intermediate(world().root, wish)
  return meet(world().root, pki.leaf(between, leafWish), between)
}

/** A chain of so many authorities between root and leaf, of which the first is as wished. */
function tower(height: number, first: pki.Wish = {}, client: object = {}): Sides {
  const { root } = world()
  const chain = [pki.intermediate(root, first)]
  while (chain.length < height)
    chain.push(pki.intermediate(chain.at(-1) ?? root, { commonName: `Floor ${chain.length}` }))
  const sides = meet(root, pki.leaf(chain.at(-1)), ...chain.reverse())
  return { ...sides, client: { ...sides.client, ...client } }
}

function keyed(type: pki.KeyType, digest: pki.Digest = 'sha256'): Sides {
  const root = pki.root({ key: type, digest })
  return meet(root, pki.leaf(root, { key: type, digest }))
}

/** What a trusted authority that may only speak for some names says. */
function constrained(nameConstraints: pki.NameConstraints, wish: pki.Wish = {}): Sides {
  return through({ nameConstraints }, wish)
}

const unknown = (critical: boolean): Buffer => pki.extension('1.3.6.1.4.1.55555.1', der.nothing(), critical)

const POISONS: readonly Case[] = [
  refuses(
    'a leaf that has expired',
    'client',
    'CERT_HAS_EXPIRED',
    () => below({ from: -48, to: -1 }),
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  ),
  refuses('a leaf that expired a minute ago', 'client', 'CERT_HAS_EXPIRED', () => below({ to: -1 / 60 })),
  refuses(
    'a leaf that is not valid yet',
    'client',
    'CERT_NOT_YET_VALID',
    () => below({ from: 1 }),
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  ),
  refuses('a leaf that ends before it begins', 'client', 'CERT_HAS_EXPIRED', () => below({ from: -1, to: -2 })),
  refuses('an authority that has expired', 'client', 'CERT_HAS_EXPIRED', () => through({ to: -1 })),
  refuses('an authority that is not valid yet', 'client', 'CERT_NOT_YET_VALID', () => through({ from: 1 })),
  refuses('a root that has expired', 'client', 'CERT_HAS_EXPIRED', () => {
    const root = pki.root({ to: -1 })
    return meet(root, pki.leaf(root))
  }),
  refuses(
    'a certificate that signs itself',
    'client',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    () => meet(world().root, pki.leaf(undefined)),
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  ),
  refuses(
    'another root, which is sent along',
    'client',
    'SELF_SIGNED_CERT_IN_CHAIN',
    () => {
      const other = pki.root()
      return meet(world().root, pki.leaf(other), other)
    },
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  ),
  refuses(
    'another root of the same name and with the same key identifier, which is not sent',
    'client',
    'CERT_SIGNATURE_FAILURE',
    () => {
      const { root } = world()
      return below({ signWith: pki.newKey(), commonName: `Not of ${root.serial}` })
    },
  ),
  refuses(
    'another root, which is not sent',
    'client',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    () => meet(world().root, pki.leaf(pki.root({ commonName: 'Another root' }))),
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  ),
  refuses('the default roots', 'client', 'SELF_SIGNED_CERT_IN_CHAIN', () => {
    const { root, between, leaf } = world()
    return { client: { servername }, server: shows(leaf, between, root) }
  }),
  refuses(
    'the authority in between is missing',
    'client',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    () => meet(world().root, world().leaf),
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  ),
  refuses('the middle of three is missing', 'client', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', () => {
    const { root, between } = world()
    const second = pki.intermediate(between, { commonName: 'Second' })
    return meet(root, pki.leaf(second), second)
  }),
  refuses('an authority is trusted, but its root is not there', 'client', 'UNABLE_TO_GET_ISSUER_CERT', () =>
    meet(world().between, world().leaf, world().between),
  ),
  refuses('a leaf is trusted, but its issuer is not', 'client', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', () => {
    const own = pki.leaf(world().root)
    return meet(own, own)
  }),
  refuses(
    'a signature that is not good',
    'client',
    'CERT_SIGNATURE_FAILURE',
    () => below({ spoilt: true }),
    'ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR',
  ),
  refuses('an authority with a signature that is not good', 'client', 'CERT_SIGNATURE_FAILURE', () =>
    through({ spoilt: true }),
  ),
  refuses(
    'a leaf for clients only',
    'client',
    'INVALID_PURPOSE',
    () => below({ purposes: ['clientAuth'] }),
    'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
  ),
  refuses('a leaf for code', 'client', 'INVALID_PURPOSE', () => below({ purposes: ['codeSigning'] })),
  refuses('a leaf for e-mail and times', 'client', 'INVALID_PURPOSE', () =>
    below({ purposes: ['emailProtection', 'timeStamping'] }),
  ),
  refuses('a leaf for any purpose, which is not said to be that of servers', 'client', 'INVALID_PURPOSE', () =>
    below({ purposes: ['any'] }),
  ),
  refuses('an authority for clients only', 'client', 'INVALID_PURPOSE', () => through({ purposes: ['clientAuth'] })),
  refuses('an authority for e-mail only', 'client', 'INVALID_PURPOSE', () =>
    through({ purposes: ['emailProtection'] }),
  ),
  refuses('a leaf whose key may sign certificates only', 'client', 'INVALID_PURPOSE', () =>
    below({ usage: ['keyCertSign'] }),
  ),
  refuses('an issuer that is not an authority', 'client', 'INVALID_CA', () => through({ ca: false })),
  refuses('a leaf as the issuer', 'client', 'INVALID_CA', () =>
    through({ ca: false, usage: ['digitalSignature', 'keyCertSign'] }),
  ),
  refuses('an issuer without basic constraints', 'client', 'INVALID_CA', () =>
    through({ noConstraints: true, usage: undefined }),
  ),
  refuses('an issuer of version 1', 'client', 'INVALID_CA', () => through({ version1: true })),
  refuses('an authority whose key may not sign certificates', 'client', 'INVALID_CA', () =>
    through({ usage: ['cRLSign', 'digitalSignature'] }),
  ),
  refuses('a path length of 0, and another authority', 'client', 'PATH_LENGTH_EXCEEDED', () =>
    tower(2, { pathLength: 0 }),
  ),
  refuses('a path length of 1, and two others', 'client', 'PATH_LENGTH_EXCEEDED', () => tower(3, { pathLength: 1 })),
  refuses('a root with a path length of 0, and an authority', 'client', 'PATH_LENGTH_EXCEEDED', () => {
    const root = pki.root({ pathLength: 0 })
    const between = pki.intermediate(root)
    return meet(root, pki.leaf(between), between)
  }),
  refuses('a depth of 0, and an authority', 'client', 'CERT_CHAIN_TOO_LONG', () => tower(1, {}, { verifyDepth: 0 })),
  refuses('a depth of 2, and three authorities', 'client', 'CERT_CHAIN_TOO_LONG', () =>
    tower(3, {}, { verifyDepth: 2 }),
  ),
  refuses('an authority for other names', 'client', 'PERMITTED_VIOLATION', () =>
    constrained({ permitted: [pki.dns('other.example')] }),
  ),
  refuses('an authority for a domain, and a name that ends like it', 'client', 'PERMITTED_VIOLATION', () =>
    constrained({ permitted: [pki.dns('st.example')] }),
  ),
  refuses('an authority for one domain, and a second name of another', 'client', 'PERMITTED_VIOLATION', () =>
    constrained(
      { permitted: [pki.dns('host.example')] },
      { names: [pki.dns('host.example'), pki.dns('other.example')] },
    ),
  ),
  refuses('an authority that must not speak for the name', 'client', 'EXCLUDED_VIOLATION', () =>
    constrained({ excluded: [pki.dns('host.example')] }),
  ),
  refuses('an authority that must not speak for the domain', 'client', 'EXCLUDED_VIOLATION', () =>
    constrained({ excluded: [pki.dns('example')] }),
  ),
  refuses('an authority that may speak for the domain, but not for the name', 'client', 'EXCLUDED_VIOLATION', () =>
    constrained({ permitted: [pki.dns('example')], excluded: [pki.dns('host.example')] }),
  ),
  refuses('an authority for addresses of another network', 'client', 'PERMITTED_VIOLATION', () =>
    constrained(
      { permitted: [pki.ip('0a000000 ff000000'), pki.dns('host.example')] },
      { names: [pki.dns('host.example'), pki.ip('c0000201')] },
    ),
  ),
  refuses('an authority that must not speak for a network', 'client', 'EXCLUDED_VIOLATION', () =>
    constrained({ excluded: [pki.ip('c0000200 ffffff00')] }, { names: [pki.dns('host.example'), pki.ip('c0000201')] }),
  ),
  refuses('constraints of a root', 'client', 'PERMITTED_VIOLATION', () => {
    const root = pki.root({ nameConstraints: { permitted: [pki.dns('other.example')] } })
    const between = pki.intermediate(root)
    return meet(root, pki.leaf(between), between)
  }),
  refuses('a critical extension that is unknown', 'client', 'UNHANDLED_CRITICAL_EXTENSION', () =>
    below({ extensions: [unknown(true)] }),
  ),
  refuses('an authority with a critical extension that is unknown', 'client', 'UNHANDLED_CRITICAL_EXTENSION', () =>
    through({ extensions: [unknown(true)] }),
  ),
  refuses('an authority with an RSA key of 1024 bits', 'client', 'CA_KEY_TOO_SMALL', () =>
    weakAuthority({ key: pki.sharedKey('rsa1024') }),
  ),
  refuses('an authority with a key of 192 bits', 'client', 'CA_KEY_TOO_SMALL', () =>
    weakAuthority({ key: pki.sharedKey('p192') }),
  ),
  refuses('an authority signed with SHA-1', 'client', 'CA_MD_TOO_WEAK', () => weakAuthority({ digest: 'sha1' })),
]

/** The same as {@link meet}, with a client that trusts whatever it is given. */
function partial(...args: Parameters<typeof meet>): Sides {
  const { client, server } = meet(...args)
  return { client: { ...client, allowPartialTrustChain: true }, server }
}

const PARTIAL: readonly Case[] = [
  refuses(
    'another authority is trusted, where a partial chain will do',
    'client',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    () => partial(pki.intermediate(world().root, { commonName: 'Another' }), world().leaf, world().between),
  ),
  refuses('another leaf is trusted, where a partial chain will do', 'client', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', () =>
    partial(pki.leaf(world().root), pki.leaf(world().root)),
  ),
  refuses(
    'the leaf itself is trusted and has expired, where a partial chain will do',
    'client',
    'CERT_HAS_EXPIRED',
    () => {
      const own = pki.leaf(world().root, { to: -1 })
      return partial(own, own)
    },
  ),
  refuses(
    'the authority that is trusted has expired, where a partial chain will do',
    'client',
    'CERT_HAS_EXPIRED',
    () => {
      const between = pki.intermediate(world().root, { to: -1 })
      return partial(between, pki.leaf(between), between)
    },
  ),
  refuses('the leaf itself is trusted and for another name', 'client', 'ERR_TLS_CERT_ALTNAME_INVALID', () => {
    const own = pki.leaf(world().root, { names: [pki.dns('other.example')] })
    return partial(own, own)
  }),
]

/** The server would not have such a chain at its own level of security. */
function weakAuthority(wish: pki.Wish): Sides {
  const { client, server } = through(wish)
  return { client, server: { ...server, ciphers: 'DEFAULT:@SECLEVEL=0' } }
}

function weakLeaf(wish: pki.Wish): Sides {
  const { client, server } = below(wish)
  return { client, server: { ...server, ciphers: 'DEFAULT:@SECLEVEL=0' } }
}

const WEAK: readonly Case[] = [
  refuses('a leaf with an RSA key of 1024 bits', 'client', 'EE_KEY_TOO_SMALL', () =>
    weakLeaf({ key: pki.sharedKey('rsa1024') }),
  ),
  refuses(
    'a leaf with a key of 192 bits, which the client has no group for',
    'server',
    'ERR_SSL_NO_SHARED_CIPHER',
    () => weakLeaf({ key: pki.sharedKey('p192') }),
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  ),
  refuses('a leaf signed with SHA-1', 'client', 'CA_MD_TOO_WEAK', () => weakLeaf({ digest: 'sha1' })),
  refuses('a leaf signed with SHA-1 and RSA', 'client', 'CA_MD_TOO_WEAK', () => {
    const root = pki.root({ key: pki.sharedKey('rsa2048') })
    return {
      client: { ca: root.pem, servername },
      server: { ...shows(pki.leaf(root, { digest: 'sha1' })), ciphers: 'DEFAULT:@SECLEVEL=0' },
    }
  }),
  refuses('a leaf signed with MD5 and RSA', 'client', 'CA_MD_TOO_WEAK', () => {
    const root = pki.root({ key: pki.sharedKey('rsa2048') })
    return {
      client: { ca: root.pem, servername },
      server: { ...shows(pki.leaf(root, { digest: 'md5' })), ciphers: 'DEFAULT:@SECLEVEL=0' },
    }
  }),
]

const GOOD: readonly Case[] = [
  accepts('a leaf right below the root', () => below({})),
  accepts('a leaf below one authority', () => meet(world().root, world().leaf, world().between)),
  accepts('a root that is sent along', () => meet(world().root, world().leaf, world().between, world().root)),
  accepts('a chain of five authorities', () => tower(5)),
  accepts('a chain in another order', () => {
    const { root } = world()
    const first = pki.intermediate(root, { commonName: 'First' })
    const second = pki.intermediate(first, { commonName: 'Second' })
    return meet(root, pki.leaf(second), first, second)
  }),
  accepts('certificates in the chain that have nothing to do with it', () =>
    meet(world().root, world().leaf, pki.root({ commonName: 'Nobody' }), world().between),
  ),
  accepts('one of several roots', () => {
    const { root, between, leaf } = world()
    const ca = [pki.root({ commonName: 'One' }).pem, `${root.pem}${pki.root({ commonName: 'Two' }).pem}`]
    return { client: { ca, servername }, server: shows(leaf, between) }
  }),
  accepts('an authority is trusted, and its root is not there, where a partial chain will do', () =>
    partial(world().between, world().leaf, world().between),
  ),
  accepts('an authority is trusted and not sent, where a partial chain will do', () =>
    partial(world().between, world().leaf),
  ),
  accepts('the leaf itself is trusted, where a partial chain will do', () => {
    const own = pki.leaf(world().root)
    return partial(own, own)
  }),
  accepts('a root, where a partial chain would do', () => partial(world().root, world().leaf, world().between)),
  accepts('the authority is known to the client, and not sent', () => {
    const { root, between, leaf } = world()
    return { client: { ca: [root.pem, between.pem], servername }, server: shows(leaf) }
  }),
  accepts('a root in DER', () => {
    const { root, between, leaf } = world()
    return { client: { ca: root.der, servername }, server: shows(leaf, between) }
  }),
  accepts('a certificate that signs itself, and is the one that is trusted', () => {
    const own = pki.leaf(undefined)
    return meet(own, own)
  }),
  accepts('a path length that is just enough', () => tower(2, { pathLength: 1 })),
  accepts('a path length of 0 and no other authority', () => tower(1, { pathLength: 0 })),
  accepts('a depth that is just enough', () => tower(2, {}, { verifyDepth: 2 })),
  accepts('an authority for the domain', () => constrained({ permitted: [pki.dns('example')] })),
  accepts('an authority for all but another domain', () => constrained({ excluded: [pki.dns('other.example')] })),
  accepts('an authority for a network, and an address of it', () =>
    constrained(
      { permitted: [pki.ip('c0000200 ffffff00'), pki.dns('host.example')] },
      { names: [pki.dns('host.example'), pki.ip('c0000201')] },
    ),
  ),
  accepts('a leaf for servers', () => below({ purposes: ['serverAuth'], usage: ['digitalSignature'] })),
  accepts('a leaf for servers and clients', () => below({ purposes: ['clientAuth', 'serverAuth'] })),
  accepts('an authority for servers', () => through({ purposes: ['serverAuth'] })),
  accepts('an unknown extension that is not critical', () => below({ extensions: [unknown(false)] })),
  accepts('dates after 2050', () => below({ to: 24 * 365 * 40 })),
  accepts('dates before 1990', () => below({ from: -24 * 365 * 40 })),
  accepts('a certificate that ends in a minute', () => below({ to: 1 / 60 })),
  accepts('a serial number of 20 bytes', () => below({ serial: 2n ** 158n })),
  accepts('keys of RSA 2048', () => keyed('rsa2048')),
  accepts('keys of P-256', () => keyed('p256')),
  accepts('keys of P-384, signed with SHA-384', () => keyed('p384', 'sha384')),
  accepts('keys of P-521', () => keyed('p521', 'sha384')),
  accepts('keys of Ed25519', () => keyed('ed25519')),
  accepts('an RSA root, an authority of Ed25519, a leaf of P-384', () => {
    const root = pki.root({ key: pki.sharedKey('rsa2048') })
    const between = pki.intermediate(root, { key: 'ed25519' })
    return meet(root, pki.leaf(between, { key: 'p384' }), between)
  }),
  accepts('an expired authority beside its successor of the same name and key', () => {
    const { root } = world()
    const key = pki.newKey()
    const former = pki.intermediate(root, { key, to: -1 })
    const now = pki.intermediate(root, { key })
    return meet(root, pki.leaf(now), former, now)
  }),
]

export const CHAINS: readonly Case[] = [...POISONS, ...PARTIAL, ...WEAK, ...GOOD]
