/**
 * The PROXY protocol, versions 1 and 2, by which proxies such as HAProxy say whose connection they pass on. See
 * {@link https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt its specification}.
 */
export { PP2_TYPE, type ProxyHeader as Header, ProxyProtocolError, type Tlv } from './header.js'
export { type HeaderOptions, header, type OutgoingTlv } from './make.js'
export {
  type HeaderSource,
  type ParsedHeader,
  parseHeader,
  type ReadHeaderOptions,
  readHeader,
} from './read.js'
