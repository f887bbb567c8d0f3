// Whom a certificate is for: a client that wants a host, and the names that its server shows.
import * as der from '../../der.js'
import * as pki from '../../pki.js'
import { directory, dns, email, extension, ip, leaf, root } from '../../pki.js'
import { accepts, type Case, lazy, refuses, type Sides, shows } from '../verdict.js'

const OTHER_HOST = 'ERR_TLS_CERT_ALTNAME_INVALID'
const TOLD = 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'

const authority = lazy(() => root())

/** A client of `servername`, and a server whose certificate is as wished. */
function sides(servername: string, wish: pki.Wish): Sides {
  const own = leaf(authority(), { key: pki.sharedKey('p256'), ...wish })
  return { client: { ca: authority().pem, servername }, server: shows(own) }
}

type Names = readonly (string | Buffer)[]

/** Texts are DNS names; all else is a GeneralName already. */
const generalNames = (names: Names): Buffer[] => names.map((name) => (typeof name === 'string' ? dns(name) : name))

const fits = (host: string, names: Names, why: string): Case =>
  accepts(`the host ${JSON.stringify(host)}: ${why}`, () => sides(host, { names: generalNames(names) }))

const fails = (host: string, names: Names, why: string): Case =>
  refuses(
    `the host ${JSON.stringify(host)}: ${why}`,
    'client',
    OTHER_HOST,
    () => sides(host, { names: generalNames(names) }),
    TOLD,
  )

const failsWith = (host: string, wish: () => pki.Wish, why: string): Case =>
  refuses(`the host ${JSON.stringify(host)}: ${why}`, 'client', OTHER_HOST, () => sides(host, wish()), TOLD)

const LABEL_63 = 'a'.repeat(63)
const V4 = ip('c0000201')
const V6 = ip('20010db8 00000000 00000000 00000001')

export const NAMES: readonly Case[] = [
  fits('host.example', ['host.example'], 'the very name'),
  fits('HOST.Example', ['host.EXAMPLE'], 'case is of no matter'),
  fits('host.example.', ['host.example'], 'one final dot is of no matter'),
  fits('www.host.example', ['*.host.example'], 'a wildcard for one label'),
  fits('WWW.HOST.EXAMPLE.', ['*.Host.example'], 'wildcard, case and final dot'),
  fits('xn--bcher-kva.example', ['xn--bcher-kva.example'], 'the A-label itself'),
  fits('bücher.example', ['xn--bcher-kva.example'], 'in Unicode, against the A-label'),
  fits('bücher.host.example', ['*.host.example'], 'in Unicode, against a wildcard'),
  fits('localhost', ['localhost'], 'one label, exactly'),
  fits('my_service', ['my_service'], 'an underscore'),
  fits(`${LABEL_63}.example`, [`${LABEL_63}.example`], 'the longest label'),
  fits('host.example', ['a.example', 'b.example', 'host.example'], 'the last of three'),
  fits('host.example', ['*', '*.*.example', 'h*.example', '', 'host.example'], 'useless names beside it'),
  fits('host.example', [V4, email('root@host.example'), 'host.example'], 'names of other kinds beside it'),
  accepts('the host "host.example": among five hundred names', () =>
    sides('host.example', {
      names: [...Array.from({ length: 500 }, (_, n) => dns(`n${n}.example`)), dns('host.example')],
    }),
  ),
  accepts('the host "host.example": the common name is another, and does not count', () =>
    sides('host.example', { commonName: 'other.example', names: [dns('host.example')] }),
  ),
  accepts('the host "host.example": no subject at all, and a critical name', () =>
    sides('host.example', { commonName: '', names: [dns('host.example')] }),
  ),
  fits('192.0.2.1', [V4], 'the bytes of an IPv4 address'),
  fits('192.0.2.1', ['192.0.2.1', V6, V4], 'the last of several addresses'),
  fits('2001:db8::1', [V6], 'the bytes of an IPv6 address'),
  fits('2001:DB8:0:0::0:1', [V6], 'another spelling of the same IPv6 address'),
  fits('2001:0db8:0000:0000:0000:0000:0000:0001', [V6], 'an IPv6 address in full'),
  fits('::1', [ip('00000000 00000000 00000000 00000001')], 'the IPv6 loopback'),
  fits('::ffff:192.0.2.1', [ip('00000000 00000000 0000ffff c0000201')], 'an IPv4-mapped address by all its bytes'),

  fails('host.example', ['other.example'], 'another name'),
  fails('host.example', ['www.host.example'], 'the name of something below'),
  fails('www.host.example', ['host.example'], 'the name of what is above'),
  fails('host.example', ['host.example.org'], 'a name that begins like it'),
  fails('badhost.example', ['host.example'], 'a name that ends like it'),
  fails('hostXexample', ['host.example'], 'a dot is no wildcard'),
  fails('host.example..', ['host.example'], 'two final dots'),
  fails('.host.example', ['host.example'], 'a dot in front'),
  fails('host.example', ['host.example.'], 'a final dot in the certificate'),
  fails('host.example', ['.example'], 'a name that begins with a dot'),
  fails('host.example', [''], 'an empty name'),
  fails('host.example', ['example'], 'the top-level domain'),
  fails('host.example', ['*.host.example'], 'a wildcard stands for a label, and not for none'),
  fails('a.b.host.example', ['*.host.example'], 'a wildcard stands for one label, and not for two'),
  fails('host.example', ['*'], 'a wildcard for everything'),
  fails('host.example', ['*.example'], 'a wildcard for a whole top-level domain'),
  fails('a.b.example', ['*.*.example'], 'two wildcards'),
  fails('a.b.example', ['a.*.example'], 'a wildcard that is not in front'),
  fails('a.host.example', ['a.host.*'], 'a wildcard at the end'),
  fails('baz.host.example', ['ba*.host.example'], 'a part of a label, at its end'),
  fails('baz.host.example', ['*z.host.example'], 'a part of a label, at its beginning'),
  fails('baz.host.example', ['b*z.host.example'], 'a part of a label, in its middle'),
  fails('xn--bcher-kva.host.example', ['xn--*.host.example'], 'a part of an A-label'),
  fails('*.host.example', ['*.host.example'], 'a host with an asterisk is none'),
  fails('www.host.example', ['**.host.example'], 'two asterisks'),
  fails('www.host.example', ['*.host.example.'], 'a wildcard with a final dot'),
  fails('www.host.example', ['*..host.example'], 'a wildcard and an empty label'),
  fails('a\u3002host.example', ['*.host.example'], 'an ideographic full stop'),
  fails('a\uff0ehost.example', ['*.host.example'], 'a full-width full stop'),
  fails('a\uff61host.example', ['*.host.example'], 'a half-width full stop'),
  fails(
    'a\u3002b.host.example',
    ['*.b.host.example', 'a.b.host.example'],
    'an ideographic full stop, and the exact name',
  ),
  fails('ｈost.example', ['host.example'], 'a full-width letter'),
  fails('ho\u00adst.example', ['host.example'], 'a soft hyphen'),
  fails('\u212aelvin.example', ['kelvin.example'], 'the Kelvin sign'),
  fails('bücher.example', [dns(Buffer.from('bücher.example'))], 'a name in UTF-8 in the certificate'),
  fails('host.example', [dns('host.example\0.evil.example')], 'a NUL after the name'),
  fails('host.example', [dns('host.example\0')], 'a NUL at the end'),
  fails('evil.example', [dns('host.example\0.evil.example')], 'a NUL before the name'),
  fails('host.example', [dns(' host.example')], 'a space in front'),
  fails('host.example', [dns('host.example\n')], 'a newline at the end'),
  fails('host.example', [dns('host.example, DNS:evil.example')], 'text that looks like two names'),
  fails('evil.example', [dns('host.example, DNS:evil.example')], 'text that looks like two names, the second'),
  fails('host.example', [pki.uri('https://host.example/')], 'a URI alone'),
  fails('host.example', [email('host.example')], 'an e-mail address alone'),
  fails('host.example', [directory('host.example')], 'a directory name alone'),
  fails('192.0.2.1', ['192.0.2.1'], 'an IPv4 address as a DNS name'),
  fails('192.0.2.1', ['*.0.2.1'], 'an IPv4 address and a wildcard'),
  fails('192.0.2.1', [pki.uri('https://192.0.2.1/')], 'an IPv4 address in a URI'),
  fails('192.0.2.1', [ip('c0000202')], 'the next IPv4 address'),
  fails('192.0.2.1', [ip('c000020100')], 'five bytes'),
  fails('192.0.2.1', [ip('c00002')], 'three bytes'),
  fails('192.0.2.1', [ip('')], 'no bytes'),
  fails('192.0.2.1', [ip('c0000201 ffffffff')], 'an address and a mask'),
  fails('192.0.2.1', [ip('00000000 00000000 0000ffff c0000201')], 'the IPv4-mapped IPv6 address'),
  fails('::ffff:192.0.2.1', [V4], 'the same the other way round'),
  fails('2001:db8::1', ['2001:db8::1'], 'an IPv6 address as a DNS name'),
  fails('2001:db8::1', [ip('20010db8 00000000 00000000 00000002')], 'the next IPv6 address'),
  fails('fe80::1%lo', [ip('fe800000 00000000 00000000 00000001')], 'an address with a zone'),
  fails('[2001:db8::1]', [V6], 'an IPv6 address in brackets'),
  fails('192.0.2.01', [V4], 'a zero in front'),
  fails('3221225985', [V4], 'an IPv4 address as one number'),
  fails('0xc0.0.2.1', [V4, '0xc0.0.2.1'], 'an IPv4 address in hexadecimal'),
  fails('192.0.513', [V4, '192.0.513'], 'an IPv4 address of three numbers'),
  fails('host.example:443', ['host.example'], 'a port behind'),
  fails('https://host.example', ['host.example'], 'a URL'),
  fails('user@host.example', ['host.example'], 'a user in front'),
  fails('', ['host.example'], 'an empty host'),
  fails(`${'a'.repeat(64)}.example`, [`${'a'.repeat(64)}.example`], 'a label that is too long'),
  fails('-a.example', ['-a.example'], 'a hyphen in front'),
  failsWith('host.example', () => ({ commonName: 'host.example', names: [] }), 'an empty list, and the common name'),
  failsWith(
    'host.example',
    () => ({ commonName: 'host.example', names: [pki.uri('https://host.example/')] }),
    'a URI, and the common name',
  ),
  failsWith(
    '192.0.2.1',
    () => ({ commonName: '192.0.2.1', names: [dns('a.example')] }),
    'an address as the common name',
  ),
  refuses('the host "host.example": the common name alone', 'client', OTHER_HOST, () => {
    const own = pki.issue(authority(), { commonName: 'host.example', key: pki.sharedKey('p256') })
    return { client: { ca: authority().pem, servername: 'host.example' }, server: shows(own) }
  }),
  refuses('the host "host.example": names in an extension that only looks like theirs', 'client', OTHER_HOST, () => {
    const names = extension('2.5.29.18', der.sequence(dns('host.example')))
    const own = pki.issue(authority(), { key: pki.sharedKey('p256'), extensions: [names] })
    return { client: { ca: authority().pem, servername: 'host.example' }, server: shows(own) }
  }),
  refuses('the host "host.example": the name stands in the certificate of the issuer', 'client', OTHER_HOST, () => {
    const between = pki.intermediate(authority(), { names: [dns('host.example')] })
    const own = leaf(between, { names: [dns('other.example')] })
    return { client: { ca: authority().pem, servername: 'host.example' }, server: shows(own, between) }
  }),
]
