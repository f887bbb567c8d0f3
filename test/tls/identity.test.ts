// Which hosts a certificate is for: tables of what must match and what must not, then what holds for every input.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkIdentity, isFor, type PeerNames, servernameFor } from '#internal/tls/identity.js'
import { coded, freshSeed, leavesNoFd, randomFrom } from '../util/index.js'

leavesNoFd()

/** A dNSName as text, or an iPAddress as bytes. */
type Name = string | Uint8Array

/** The host, the names of the certificate, and why the verdict is what it is. */
type Row = readonly [host: string, names: readonly Name[], why: string]

/** An iPAddress from hexadecimal digits: the library's own reading of addresses is not asked. */
const ip = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

function certificate(names: readonly Name[], more: Partial<PeerNames> = {}): PeerNames {
  const dns = names.filter((name) => typeof name === 'string')
  return { dns, ip: names.filter((name) => typeof name !== 'string'), other: false, ...more }
}

const shown = (name: Name): string =>
  typeof name === 'string' ? JSON.stringify(name) : `ip ${Buffer.from(name).toString('hex')}`
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)
const titleOf = ([host, names, why]: Row): string =>
  `${short(JSON.stringify(host))} and ${short(names.map(shown).join(', ')) || 'no name'}: ${why}`

const IPV4 = ip('c0 00 02 01')
const IPV6 = ip('20010db8 00000000 00000000 00000001')
const LABEL_63 = 'a'.repeat(63)
const LABEL_64 = 'a'.repeat(64)
const NAME_253 = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${'a'.repeat(61)}`
const NAME_254 = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${'a'.repeat(62)}`

const ACCEPTED: Record<string, Row[]> = {
  'exact names': [
    ['example.com', ['example.com'], 'the same name'],
    ['www.example.com', ['www.example.com'], 'the same name, three labels'],
    ['a.b.c.d.e.example', ['a.b.c.d.e.example'], 'the same name, many labels'],
    ['localhost', ['localhost'], 'one label will do if it is the very same'],
    ['db', ['db'], 'a name within a site'],
    ['example.com', ['other.example', 'example.com'], 'the second of two'],
    ['example.com', ['bad..name', '*', '', '*.com', 'example.com'], 'useless names beside it do no harm'],
    ['example.com', [IPV4, 'example.com'], 'addresses beside it do no harm'],
    ['co.uk', ['co.uk'], 'a public suffix, but exact'],
    ['com', ['com'], 'a top-level domain, but exact'],
    ['a-b.example', ['a-b.example'], 'a hyphen inside'],
    ['a--b.example', ['a--b.example'], 'two hyphens inside'],
    ['ab--cd.example', ['ab--cd.example'], 'hyphens where A-labels have them, in ASCII'],
    ['1.example', ['1.example'], 'a label of digits that is not the last'],
    ['127.0.0.1.example', ['127.0.0.1.example'], 'an address in front of a name'],
    ['0x7f.example', ['0x7f.example'], 'a number in front of a name'],
    ['host.lan1', ['host.lan1'], 'a last label that only ends in a digit'],
    ['1a', ['1a'], 'a last label that only begins with a digit'],
    ['dead.beef', ['dead.beef'], 'hexadecimal digits without prefix are letters'],
    ['a.0xg', ['a.0xg'], 'what begins like a hexadecimal number and is none'],
    [LABEL_63, [LABEL_63], 'the longest label'],
    [NAME_253, [NAME_253], 'the longest name'],
    [`${NAME_253}.`, [NAME_253], 'the longest name with its final dot'],
  ],
  'case and final dot': [
    ['EXAMPLE.COM', ['example.com'], 'upper case in the host'],
    ['example.com', ['EXAMPLE.COM'], 'upper case in the certificate'],
    ['eXaMpLe.CoM', ['ExAmPlE.cOm'], 'both mixed'],
    ['WWW.example.com', ['*.EXAMPLE.com'], 'upper case and wildcard'],
    ['example.com.', ['example.com'], 'one final dot of the host'],
    ['www.example.com.', ['*.example.com'], 'final dot and wildcard'],
    ['localhost.', ['localhost'], 'final dot after one label'],
    ['EXAMPLE.COM.', ['Example.Com'], 'case and final dot'],
  ],
  wildcards: [
    ['www.example.com', ['*.example.com'], 'one label'],
    ['a.b.example.com', ['*.b.example.com'], 'one label, deeper'],
    ['1.example.com', ['*.example.com'], 'any label'],
    ['a-b.example.com', ['*.example.com'], 'a label with hyphen'],
    ['xn--bcher-kva.example.com', ['*.example.com'], 'a whole A-label'],
    ['bücher.example.com', ['*.example.com'], 'the same label in Unicode'],
    ['www.xn--bcher-kva.example', ['*.xn--bcher-kva.example'], 'a base with an A-label'],
    ['example.co.uk', ['*.co.uk'], 'two labels to the right: which suffixes are public is not known here'],
    ['_tcp.example.com', ['*.example.com'], 'a label with underscore'],
    [`${LABEL_63}.example.com`, ['*.example.com'], 'the longest label'],
    ['www.example.com', ['*.com', '*.*.com', 'w*.example.com', '*.example.com'], 'after three bad ones'],
  ],
  underscores: [
    ['my_service', ['my_service'], 'a container'],
    ['_dmarc.example.com', ['_dmarc.example.com'], 'in front'],
    ['a_.example.com', ['a_.example.com'], 'at the end'],
  ],
  'names in Unicode': [
    ['bücher.example', ['xn--bcher-kva.example'], 'small letters'],
    ['BÜCHER.example', ['xn--bcher-kva.example'], 'capital letters'],
    ['bu\u0308cher.example', ['xn--bcher-kva.example'], 'decomposed'],
    ['xn--bcher-kva.example', ['xn--bcher-kva.example'], 'the A-label itself'],
    ['XN--BCHER-KVA.example', ['xn--bcher-kva.example'], 'the A-label in capitals'],
    ['bücher.example.', ['xn--bcher-kva.example'], 'with final dot'],
    ['faß.example', ['xn--fa-hia.example'], 'sharp s is a letter of its own'],
    ['日本.example', ['xn--wgv71a.example'], 'ideographs'],
    ['☃.example', ['xn--n3h.example'], 'a symbol'],
    ['www.рф', ['www.xn--p1ai'], 'a top-level domain'],
    ['a.παράδειγμα.δοκιμή', ['*.xn--hxajbheg2az3al.xn--jxalpdlp'], 'every label right of the wildcard'],
    ['xn--a.example', ['xn--a.example'], 'an A-label that decodes to nothing is compared like any label'],
  ],
  addresses: [
    ['192.0.2.1', [IPV4], 'IPv4'],
    ['0.0.0.0', [ip('00000000')], 'IPv4, all zero'],
    ['255.255.255.255', [ip('ffffffff')], 'IPv4, all one'],
    ['192.0.2.1', ['192.0.2.1', ip('c0000202'), IPV4], 'the last of several names'],
    ['2001:db8::1', [IPV6], 'IPv6'],
    ['2001:DB8::1', [IPV6], 'IPv6 in capitals'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', [IPV6], 'IPv6 in full'],
    ['2001:db8:0:0::1', [IPV6], 'IPv6 cut elsewhere'],
    ['::1', [ip('00000000 00000000 00000000 00000001')], 'a gap in front'],
    ['::', [ip('00000000 00000000 00000000 00000000')], 'nothing but a gap'],
    ['2001:db8::', [ip('20010db8 00000000 00000000 00000000')], 'a gap at the end'],
    ['1:2:3:4:5:6:7::', [ip('00010002 00030004 00050006 00070000')], 'a gap of one group'],
    ['1:2:3:4:5:6:7:8', [ip('00010002 00030004 00050006 00070008')], 'no gap'],
    ['fedc:ba98:7654:3210:fedc:ba98:7654:3210', [ip('fedcba98 76543210 fedcba98 76543210')], 'all digits'],
    ['::ffff:192.0.2.1', [ip('00000000 00000000 0000ffff c0000201')], 'an IPv4-mapped one is an IPv6 address'],
    ['::ffff:c000:201', [ip('00000000 00000000 0000ffff c0000201')], 'the same in groups'],
    ['64:ff9b::192.0.2.1', [ip('0064ff9b 00000000 00000000 c0000201')], 'a dotted quad after a gap'],
    ['1:2:3:4:5:6:192.0.2.1', [ip('00010002 00030004 00050006 c0000201')], 'a dotted quad without gap'],
  ],
}

const REFUSED: Record<string, Row[]> = {
  'other names': [
    ['example.com', [], 'no name'],
    ['example.com', ['example.org'], 'another top-level domain'],
    ['example.com', ['www.example.com'], 'a name below'],
    ['www.example.com', ['example.com'], 'the name above'],
    ['badexample.com', ['example.com'], 'an ending that is no label'],
    ['example.com', ['badexample.com'], 'the same the other way round'],
    ['example.com.evil.example', ['example.com'], 'a beginning'],
    ['example.com', ['example.com.evil.example'], 'the same the other way round'],
    ['example.com', ['com'], 'the top-level domain'],
    ['com', ['example.com'], 'the same the other way round'],
    ['exampleXcom', ['example.com'], 'a dot stands for itself only'],
    ['example.com', ['example.co', 'xample.com', 'example.comm'], 'one letter more or less'],
    ['localhost', ['localhost.localdomain'], 'nothing is appended'],
    ['my_service', ['my-service'], 'an underscore is no hyphen'],
  ],
  'wildcards for more or less than one label': [
    ['example.com', ['*.example.com'], 'no label'],
    ['.example.com', ['*.example.com'], 'an empty label'],
    ['a.b.example.com', ['*.example.com'], 'two labels'],
    ['badexample.com', ['*.example.com'], 'a part of a label'],
    ['www.example.org', ['*.example.com'], 'another base'],
    ['www.example.com.evil.example', ['*.example.com'], 'the base in the middle'],
    ['a\u3002b.example.com', ['*.example.com'], 'Node 20 takes the ideographic full stop for a letter'],
    ['a\uff0eb.example.com', ['*.example.com'], 'Node 20 takes the full-width full stop for a letter'],
    ['a\uff61b.example.com', ['*.example.com'], 'Node 20 takes the half-width full stop for a letter'],
  ],
  'wildcards too wide': [
    ['example.com', ['*.com'], 'a top-level domain'],
    ['example.com', ['*.com.'], 'a top-level domain with final dot'],
    ['com', ['*'], 'everything of one label'],
    ['localhost', ['*'], 'everything of one label'],
    ['example.com', ['*'], 'everything'],
    ['example.com', ['*.*'], 'everything of two labels'],
    ['example.com', ['*.'], 'a base that is empty'],
    ['www.example.com', ['*.*.com'], 'two wildcards'],
    ['a.b.example.com', ['*.*.example.com'], 'two wildcards above a domain'],
    ['a.b.example.com', ['**.example.com'], 'two stars'],
    ['www.example.com', ['**.example.com'], 'two stars for one label'],
    ['www.рф', ['*.xn--p1ai'], 'a top-level domain as A-label'],
  ],
  'wildcards in the wrong place': [
    ['www.example.com', ['www.*.com'], 'in the middle'],
    ['www.example.com', ['www.example.*'], 'at the end'],
    ['a.b.example.com', ['a.*.example.com'], 'second from the left'],
    ['baz.example.com', ['ba*.example.com'], 'Node 20 takes the end of a label'],
    ['baz.example.com', ['*z.example.com'], 'Node 20 takes the beginning of a label'],
    ['baz.example.com', ['b*z.example.com'], 'Node 20 takes the middle of a label'],
    ['a.example.com', ['*a.example.com'], 'a star for nothing'],
    ['a.example.com', ['a*.example.com'], 'a star for nothing at the end'],
    ['baz.example.com', ['*b*.example.com'], 'two stars in a label'],
    ['xn--bcher-kva.example.com', ['xn--*.example.com'], 'a part of an A-label'],
    ['xn--bcher-kva.example.com', ['xn--bcher-*.example.com'], 'a part of an A-label, at its end'],
    ['bücher.example.com', ['b*.example.com'], 'a part of a label in Unicode'],
    ['www.example.com', ['*.example.com.'], 'a final dot'],
    ['www.example.com', ['*..example.com'], 'an empty label'],
    ['www.example.com', ['.*.example.com'], 'a dot in front'],
    ['www.example.com', [' *.example.com'], 'a space in front'],
    ['www.example.com', ['\uff0a.example.com'], 'a full-width star'],
    ['*.example.com', ['*.example.com'], 'a star is no label of a host'],
    ['*.example.com', ['www.example.com'], 'a wildcard in the host'],
    ['*', ['*'], 'a star is no host'],
  ],
  'names of a certificate that are none': [
    ['example.com', [''], 'empty'],
    ['example.com', ['.'], 'a dot'],
    ['example.com', ['.example.com'], 'a dot in front, as in name constraints'],
    ['www.example.com', ['.example.com'], 'a dot in front is no wildcard'],
    ['example.com', ['example.com.'], 'a final dot'],
    ['example.com.', ['example.com.'], 'a final dot on both sides'],
    ['example.com', ['example..com'], 'an empty label'],
    ['example.com', ['example.com\0'], 'NUL at the end'],
    ['example.com', ['example.com\0.evil.example'], 'NUL in the middle (CVE-2009-2408)'],
    ['example.com', ['\0example.com'], 'NUL in front'],
    ['example.com', ['example.com '], 'a space at the end'],
    ['example.com', [' example.com'], 'a space in front'],
    ['example.com', ['example.com\n'], 'a line feed'],
    ['example.com', ['example.com, DNS:example.com'], 'a list in one name (CVE-2021-44532)'],
    ['example.com', ['evil.example, DNS:example.com'], 'a name that reads like two'],
    ['example.com', ['"example.com"'], 'quotes'],
    ['example.com', ['DNS:example.com'], 'a prefix'],
    ['example.com', ['https://example.com'], 'a URL'],
    ['example.com', ['example.com:443'], 'a port'],
    ['example.com', ['user@example.com'], 'a mailbox'],
    ['example.com', ['example.com/'], 'a path'],
    ['bücher.example', ['bücher.example'], 'Latin-1 in the certificate'],
    ['bücher.example', ['b\u00c3\u00bccher.example'], 'UTF-8 in the certificate'],
    ['xn--bcher-kva.example', ['bücher.example'], 'Latin-1 is not mapped'],
    ['kb.example', ['\u212ab.example'], 'the Kelvin sign, whose lower case is a k'],
    ['www.kb.example', ['*.\u212ab.example'], 'the same after a wildcard'],
    ['-a.example', ['-a.example'], 'a hyphen in front'],
    ['a-.example', ['a-.example'], 'a hyphen at the end'],
    [LABEL_64, [LABEL_64], 'a label too long'],
    [NAME_254, [NAME_254], 'a name too long'],
    ['192.0.2.1', ['192.0.2.1'], 'an address as DNS name'],
    ['2001:db8::1', ['2001:db8::1'], 'an IPv6 address as DNS name'],
    ['192.0.2.1', ['*.0.2.1'], 'a wildcard for addresses'],
    ['192.0.2.1', ['*'], 'a star for addresses'],
  ],
  'hosts that are none': [
    ['', ['example.com', ''], 'empty'],
    ['.', ['example.com', '.'], 'the root'],
    ['example.com..', ['example.com'], 'two final dots'],
    ['example..com', ['example..com'], 'an empty label'],
    ['..', ['..'], 'nothing but dots'],
    ['example.com\0', ['example.com'], 'NUL at the end'],
    ['example.com\0.evil.example', ['example.com'], 'NUL in the middle'],
    ['evil.example\0.example.com', ['*.example.com'], 'NUL in front of a good ending'],
    [' example.com', ['example.com'], 'a space in front'],
    ['example.com ', ['example.com'], 'a space at the end'],
    ['exam ple.com', ['example.com'], 'a space within'],
    ['exam\tple.com', ['example.com'], 'a tab, which URL parsers drop'],
    ['example.com\n', ['example.com'], 'a line feed, which URL parsers drop'],
    ['ex\u00e4m\tple.com', ['xn--exmple-cua.com'], 'a tab within a name in Unicode'],
    ['\u007fexample.com', ['example.com'], 'DEL'],
    ['example.com/', ['example.com'], 'a path'],
    ['example.com/.evil.example', ['example.com'], 'a path that URL parsers cut off'],
    ['example.com\\.evil.example', ['example.com'], 'a backslash that URL parsers take for a slash'],
    ['example.com?', ['example.com'], 'a query'],
    ['example.com#', ['example.com'], 'a fragment'],
    ['evil.example@example.com', ['example.com'], 'a user'],
    ['example.com:443', ['example.com'], 'a port'],
    ['https://example.com', ['example.com'], 'a URL'],
    ['%65xample.com', ['example.com'], 'percent encoding, which URL parsers decode'],
    ['b\u00fccher%2eexample', ['xn--bcher-kva.example'], 'percent encoding in a name in Unicode'],
    ['b\u00fc%63her.example', ['xn--bcher-kva.example'], 'percent encoding within a label in Unicode'],
    ['example%2ecom', ['example.com'], 'an encoded dot'],
    ['example,com', ['example.com'], 'a comma'],
    ['"example.com"', ['example.com'], 'quotes'],
  ],
  'names in Unicode': [
    ['example\u3002com', ['example.com'], 'an ideographic full stop'],
    ['example\uff0ecom', ['example.com'], 'a full-width full stop'],
    ['example\uff61com', ['example.com'], 'a half-width full stop'],
    ['example\u2024com', ['example.com'], 'a one dot leader'],
    ['example\ufe52com', ['example.com'], 'a small full stop'],
    ['bücher\u3002example', ['xn--bcher-kva.example'], 'a Unicode dot after a Unicode label'],
    ['ü\u3002ü', ['xn--tda.xn--tda'], 'a Unicode dot between A-labels'],
    ['example.com\u3002', ['example.com'], 'a final Unicode dot'],
    ['\u2488com', ['1.com'], 'a digit with a full stop in one character'],
    ['\uff45xample.com', ['example.com'], 'a full-width letter that becomes ASCII'],
    ['\u212ab.example', ['kb.example'], 'the Kelvin sign, which becomes a k'],
    ['\u2102om', ['com'], 'a double-struck letter that becomes ASCII'],
    ['exam\u00adple.com', ['example.com'], 'a soft hyphen, which vanishes'],
    ['exam\u200bple.com', ['example.com'], 'a space of no width, which vanishes'],
    ['\ufeffexample.com', ['example.com'], 'a byte order mark, which vanishes'],
    ['\u00ad.example.com', ['*.example.com', '.example.com'], 'a label that vanishes'],
    ['example.com.\u00ad', ['example.com'], 'a last label that vanishes'],
    ['\uff0a.example.com', ['*.example.com'], 'a full-width star'],
    ['exam\u3000ple.com', ['example.com'], 'an ideographic space'],
    ['exam\u00a0ple.com', ['example.com'], 'a space that does not break'],
    ['exam\u2215ple.com', ['example.com'], 'a slash of mathematics'],
    ['\u2100.example.com', ['*.example.com'], 'a character that becomes a/c'],
    ['\uff05\uff14\uff11.example.com', ['*.example.com', 'a.example.com'], 'full-width percent encoding'],
    ['\ud800.example.com', ['*.example.com'], 'half a surrogate pair'],
    ['\ufffd.example.com', ['*.example.com'], 'the replacement character'],
    ['a\u202eb.example.com', ['*.example.com'], 'an override of direction'],
    ['xn--\u00fc.example.com', ['*.example.com'], 'an A-label that is not ASCII'],
    ['\u00fc'.repeat(64), ['\u00fc'.repeat(64)], 'a label that is too long as A-label'],
    [`${'\u00ad'.repeat(2000)}ü.example`, ['xn--tda.example'], 'a letter behind thousands of soft hyphens'],
    ['bücher.example', ['bucher.example'], 'a letter without its mark'],
    ['\u0430pple.example', ['apple.example'], 'a Cyrillic letter that looks alike'],
    ['faß.example', ['fass.example'], 'sharp s is not ss'],
    ['xn--BCHER-kva.example', ['bcher-kva.example'], 'a prefix is part of the label'],
  ],
  'what some take for an address': [
    ['127.1', ['127.1', ip('7f000001')], 'two numbers'],
    ['127.0.1', ['127.0.1', ip('7f000001')], 'three numbers'],
    ['1.2.3', ['1.2.3', ip('01020003')], 'three numbers'],
    ['2130706433', ['2130706433', ip('7f000001')], 'one number'],
    ['0x7f000001', ['0x7f000001', ip('7f000001')], 'hexadecimal'],
    ['0X7F.1', ['0X7F.1', '0x7f.1', ip('7f000001')], 'hexadecimal in part'],
    ['0x', ['0x', ip('00000000')], 'a prefix alone'],
    ['017700000001', ['017700000001', ip('7f000001')], 'octal'],
    ['127.0.0.01', ['127.0.0.01', ip('7f000001')], 'a zero in front'],
    ['127.0.0.1.', ['127.0.0.1', ip('7f000001')], 'a final dot'],
    ['127.0.0.1.1', ['127.0.0.1.1', ip('7f000001')], 'five numbers'],
    ['127.0.0.256', ['127.0.0.256', ip('7f000100')], 'a number too large'],
    ['example.1', ['example.1'], 'a number for top-level domain'],
    ['example.0x1', ['example.0x1'], 'a hexadecimal number for top-level domain'],
    ['example.0X1', ['example.0X1'], 'the same with a capital X'],
    ['a.1', ['*.1'], 'a number right of a wildcard'],
    ['www.example.1', ['*.example.1'], 'a number at the end of a wildcard'],
    ['\uff11\uff12\uff17.0.0.1', ['127.0.0.1', ip('7f000001')], 'full-width digits'],
    ['127\u30020\u30020\u30021', ['127.0.0.1', ip('7f000001')], 'Unicode dots'],
    ['\u0661.0.0.1', [ip('01000001')], 'Arabic digits'],
    [' 192.0.2.1', [IPV4], 'a space in front'],
    ['192.0.2.1\n', [IPV4], 'a line feed'],
    ['192.0.2.1\0', [IPV4], 'NUL'],
    ['192.0.2.1:443', [IPV4], 'a port'],
    ['192.0.2.1/32', [IPV4], 'a prefix length'],
    ['192.0.2.1%lo', [IPV4], 'a zone'],
    ['[192.0.2.1]', [IPV4], 'brackets'],
    ['[2001:db8::1]', [IPV6], 'brackets around IPv6'],
    ['2001:db8::1%1', [IPV6], 'a zone after IPv6'],
    ['fe80::1%eth0', [ip('fe800000 00000000 00000000 00000001')], 'a named zone'],
    ['2001:db8::1.', [IPV6], 'a final dot after IPv6'],
    ['2001:db8:::1', [IPV6], 'three colons'],
    ['2001::db8::1', [IPV6], 'two gaps'],
    ['2001:0db8:0:0:0:0:0:00001', [IPV6], 'a group of five digits'],
    ['::ffff:192.0.2', [ip('00000000 00000000 0000ffff c0000002')], 'a short dotted quad'],
    ['::ffff:192.0.2.01', [ip('00000000 00000000 0000ffff c0000201')], 'a zero in front within IPv6'],
  ],
  'other addresses': [
    ['192.0.2.1', [], 'no name'],
    ['192.0.2.1', [ip('c0000202')], 'another address'],
    ['192.0.2.1', [ip('010200c0')], 'the bytes the other way round'],
    ['192.0.2.1', [ip('00000000 00000000 0000ffff c0000201')], 'the IPv4-mapped address'],
    ['::ffff:192.0.2.1', [IPV4], 'the IPv4 address of a mapped one'],
    ['192.0.2.1', [ip('00000000 00000000 00000000 c0000201')], 'the IPv4-compatible address'],
    ['192.0.2.1', [ip('c0000201 ffffffff')], 'an address with mask, as in name constraints'],
    ['192.0.2.1', [ip('c00002')], 'three bytes'],
    ['192.0.2.1', [ip('c000020100')], 'five bytes'],
    ['192.0.2.1', [ip('')], 'no bytes'],
    ['192.0.2.1', [ip(Buffer.from('192.0.2.1').toString('hex'))], 'text for bytes'],
    ['2001:db8::1', [ip('20010db8 00000000 00000000 00000002')], 'another address of IPv6'],
    ['2001:db8::1', [ip('20010db8')], 'the beginning'],
    ['2001:db8::1', [ip('20010db8 00000000 00000000 00000001 00')], 'seventeen bytes'],
    ['::', [ip(''), ip('00000000')], 'zeros of other lengths'],
    ['::1', [ip('7f000001')], 'loopback of the other family'],
    ['example.com', [IPV4, IPV6], 'only addresses for a name'],
    ['192.0.2.1', ['example.com'], 'only names for an address'],
  ],
}

/** Printable ASCII, one line, bounded. */
const ERROR_TEXT = /^[A-Z][ -~]{10,1200}[^.]$/

function assertAccepted(host: string, names: PeerNames): void {
  assert.equal(checkIdentity(host, names), undefined)
}

function assertRefused(host: string, names: PeerNames): void {
  assert.match(checkIdentity(host, names) ?? 'matched', ERROR_TEXT)
  assert.equal(isFor(host, names), false)
}

describe('a certificate is for a host that it names (H92)', () => {
  for (const [group, rows] of Object.entries(ACCEPTED))
    describe(group, () => {
      for (const row of rows) it(titleOf(row), () => assertAccepted(row[0], certificate(row[1])))
    })
})

describe('a certificate is for no other host (H92)', () => {
  for (const [group, rows] of Object.entries(REFUSED))
    describe(group, () => {
      for (const row of rows) it(titleOf(row), () => assertRefused(row[0], certificate(row[1])))
    })
})

describe('the common name never counts (H92)', () => {
  const cases: [host: string, names: PeerNames][] = [
    ['example.com', certificate([], { commonName: 'example.com' })],
    ['example.com', certificate([], { commonName: 'example.com', other: true })],
    ['www.example.com', certificate([], { commonName: '*.example.com' })],
    ['example.com', certificate([IPV4], { commonName: 'example.com' })],
    ['example.com', certificate(['other.example'], { commonName: 'example.com' })],
    ['192.0.2.1', certificate([], { commonName: '192.0.2.1' })],
    ['::1', certificate([], { commonName: '::1', other: true })],
  ]
  for (const [host, names] of cases)
    it(`${host}, ${names.dns.length + names.ip.length} names${names.other ? ' and others' : ''}`, () =>
      assertRefused(host, names))
})

describe('the server name to send', () => {
  const cases: [host: string, servername: string | undefined][] = [
    ['example.com', 'example.com'],
    ['EXAMPLE.com', 'example.com'],
    ['example.com.', 'example.com'],
    ['Bücher.Example.', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['my_service', 'my_service'],
    ['localhost', 'localhost'],
    ['192.0.2.1', undefined],
    ['192.0.2.1.', undefined],
    ['2001:db8::1', undefined],
    ['fe80::1%eth0', undefined],
    ['127.1', undefined],
    ['', undefined],
    ['.', undefined],
    ['a\u3002b', undefined],
    ['a\0b', undefined],
    ['a..b', undefined],
    ['*.example.com', undefined],
    [LABEL_64, undefined],
    [NAME_254, undefined],
  ]
  for (const [host, servername] of cases)
    it(`for ${short(JSON.stringify(host))} is ${servername ?? 'none'}`, () =>
      assert.equal(servernameFor(host), servername))
})

describe('the certificate for a server name', () => {
  const names = certificate(['example.com', '*.example.org', IPV4], { commonName: 'cn.example' })
  for (const name of ['example.com', 'EXAMPLE.COM', 'example.com.', 'www.example.org', 'WWW.Example.Org.'])
    it(`is the one that names ${name}`, () => assert.equal(isFor(name, names), true))
  for (const name of [
    '',
    '.',
    'www.example.com',
    'example.org',
    'a.b.example.org',
    'cn.example',
    '192.0.2.1',
    '*.example.org',
  ])
    it(`is not one that does not name ${JSON.stringify(name)}`, () => assert.equal(isFor(name, names), false))

  it('is never found by its address', () => assert.equal(isFor('192.0.2.1', certificate([IPV4, '192.0.2.1'])), false))
})

describe('the reason', () => {
  const reason = (host: string, names: PeerNames): string => checkIdentity(host, names) ?? 'matched'

  it('names the host and what the certificate has', () => {
    assert.equal(
      reason('Example.com.', certificate(['a.example', '*.b.example', IPV4])),
      'The certificate is not for "example.com", but for "a.example", "*.b.example", 192.0.2.1',
    )
  })

  it('has addresses first for an address', () => {
    assert.equal(
      reason('192.0.2.2', certificate(['a', 'b', 'c', 'd', IPV4, IPV6, ip('01')])),
      'The certificate is not for "192.0.2.2", but for 192.0.2.1, ' +
        '2001:db8:0:0:0:0:0:1, an IP address of wrong length (1), "a" and 3 more',
    )
  })

  it('says that a host is none', () => {
    assert.equal(
      reason('a b', certificate([])),
      'No certificate can be for "a b": it is neither a DNS name nor an IP address without zone',
    )
  })

  it('says that there is no name', () => {
    assert.equal(
      reason('a.example', certificate([])),
      'The certificate is not for "a.example": it has no subject alternative name',
    )
  })

  it('says that names of other kinds and the common name do not count', () => {
    assert.equal(
      reason('a.example', certificate([], { other: true, commonName: 'a.example' })),
      'The certificate is not for "a.example": it has only names of other kinds than DNS name and IP address, ' +
        'and its common name "a.example" does not count',
    )
  })

  it('is bounded for ten thousand long names', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `${index}${'\n'.repeat(1000)}`)
    assert.match(reason('a.example', certificate(names)), ERROR_TEXT)
    assert.match(reason('a.example', certificate(new Array<string>(4).fill('\n'.repeat(100)))), ERROR_TEXT)
    assert.match(reason('\n'.repeat(1_000_000), certificate([])), ERROR_TEXT)
    assert.match(reason('a.example', certificate([], { commonName: '\u{1f512}'.repeat(100_000) })), ERROR_TEXT)
  })

  it('has no character that could upset a log or a terminal', () => {
    const names = certificate(['a"b\\c\r\n\u001b[31m\u009b\u202e\0'])
    assert.equal(
      reason('x.example', names),
      'The certificate is not for "x.example", but for "a\\"b\\\\c\\u000d\\u000a\\u001b[31m\\u009b\\u202e\\u0000"',
    )
  })
})

describe('whatever is asked', () => {
  const wrong: unknown[] = [undefined, null, 1, true, {}, [], ['example.com'], Buffer.from('example.com'), Symbol('a')]
  for (const value of wrong)
    it(`a host that is no string is a TypeError: ${typeof value} ${String(value) || '""'}`, () => {
      const names = certificate(['example.com'])
      const error = coded('ERR_INVALID_ARG_TYPE', { name: 'TypeError' })
      assert.throws(() => checkIdentity(value as string, names), error)
      assert.throws(() => servernameFor(value as string), error)
      assert.throws(() => isFor(value as string, names), error)
    })

  it('a huge host is refused at once', () => {
    const names = certificate(['*.example.com'])
    for (const unit of ['a', '.', 'a.', 'ü', 'ü.', '\u00ad', '日', ':', '1.'])
      assertRefused(unit.repeat(1_000_000), names)
  })

  /** Text that is likely to hit a special case. */
  const PIECES = [
    ...['a', 'B', 'z9', '-', '_', '.', '..', '*', '*.', 'xn--', '0', '127', '0x', ':', '::', '%', '@', '/', '\\', '?'],
    ...['#', '[', ']', ' ', '\t', '\n', '\0', '\x7f', 'ü', 'ß', '日', 'א', '\u3002', '\uff0e', '\uff61', '\u00ad'],
    ...['\u200d', '\u212a', '\uff0a', '\uff11', '\u2488', '\ud800', '\udc00', '\u{1f512}', 'ffff', '192.0.2.1'],
  ]
  const seed = freshSeed()
  const below = randomFrom(seed)
  const pick = (): string => PIECES[below(PIECES.length)] ?? ''
  const noise = (most: number): string => Array.from({ length: below(most + 1) }, pick).join('')
  const anyUnits = (most: number): string =>
    String.fromCharCode(...Array.from({ length: below(most + 1) }, () => below(below(2) === 0 ? 0x100 : 0x10000)))
  const anyBytes = (): Uint8Array => Uint8Array.from({ length: below(20) }, () => below(256))
  const anyNames = (): PeerNames => ({
    dns: Array.from({ length: below(4) }, () => (below(2) === 0 ? noise(6) : anyUnits(12))),
    ip: Array.from({ length: below(3) }, anyBytes),
    other: below(2) === 0,
    commonName: below(2) === 0 ? undefined : noise(6),
  })

  it('nothing is thrown, and the reason is harmless', () => {
    for (let round = 0; round < 20_000; round++) {
      const host = below(2) === 0 ? noise(8) : anyUnits(16)
      const reason = checkIdentity(host, anyNames())
      const servername = servernameFor(host)
      const context = `seed ${seed}: ${JSON.stringify(host)}`
      if (reason !== undefined) assert.match(reason, ERROR_TEXT, context)
      if (servername !== undefined) {
        assert.match(servername, /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/, context)
        assert.equal(servernameFor(servername), servername, context)
        assertAccepted(host, certificate([servername]))
        assert.equal(isFor(host, certificate([servername])), true, context)
      }
    }
  })

  /** `text` with a few pieces put in, taken away or put in place of others. */
  function mutated(text: string): string {
    for (let edits = below(4); edits > 0; edits--) {
      const at = below(text.length + 1)
      text = text.slice(0, at) + (below(3) === 0 ? '' : pick()) + text.slice(at + below(3))
    }
    return text
  }

  it('a certificate for names of one domain is never for a host of another (H92)', () => {
    const heads = ['', 'www.', '*.', 'a.b.', '*.a.', 'victim.', 'www.victim.example.']
    const head = (): string => heads[below(heads.length)] ?? ''
    for (let round = 0; round < 20_000; round++) {
      const names = certificate(Array.from({ length: 3 }, () => mutated(`${head()}proprietor.example`)))
      const host = `${mutated(head())}victim.example${below(3) === 0 ? '.' : ''}`
      const context = `seed ${seed}: ${JSON.stringify(host)}, ${JSON.stringify(names.dns)}`
      assert.notEqual(checkIdentity(host, names), undefined, context)
      assert.equal(isFor(host, names), false, context)
    }
  })

  it('a host that passes ends like the certificate, and has as many labels (H92)', () => {
    for (let round = 0; round < 20_000; round++) {
      const name = ['example.org', 'www.example.org', '*.example.org', '*.a.example.org'][below(4)] ?? ''
      const host = mutated(name.replace('*', 'x'))
      if (checkIdentity(host, certificate([name])) !== undefined) continue
      const context = `seed ${seed}: ${JSON.stringify(host)}, ${name}`
      const labels = host.replace(/\.$/, '').toLowerCase().split('.')
      const wanted = name.split('.')
      assert.equal(labels.length, wanted.length, context)
      for (const [index, label] of wanted.entries()) if (label !== '*') assert.equal(labels[index], label, context)
    }
  })

  it('an address passes for its own bytes alone (H92)', () => {
    for (let round = 0; round < 5_000; round++) {
      const bytes = Uint8Array.from({ length: below(2) === 0 ? 4 : 16 }, () => (below(3) === 0 ? 0 : below(256)))
      bytes[bytes.length - 1] = 1 + below(255)
      const groups = Array.from({ length: 8 }, (_, at) =>
        (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
      )
      const host =
        bytes.length === 4
          ? bytes.join('.')
          : groups
              .join(':')
              .replace(/(?<=^|:)0(:0)+(?=$|:)/, '')
              .replace(/^:|:$/g, '::')
      const other = Uint8Array.from(bytes)
      const at = below(bytes.length)
      other[at] = (bytes[at] ?? 0) ^ (1 << below(8))
      assertAccepted(host, certificate([bytes]))
      assertRefused(host, certificate([host, other, bytes.subarray(1)]))
    }
  })
})

it('the tables are as long as they should be', () => {
  const count = (table: Record<string, Row[]>): number => Object.values(table).flat().length
  assert.ok(count(ACCEPTED) >= 50, `${count(ACCEPTED)} accepted`)
  assert.ok(count(REFUSED) >= 100, `${count(REFUSED)} refused`)
})
