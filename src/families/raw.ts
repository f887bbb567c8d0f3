/** Raw sockets, and ICMP for everybody. */
export * as inet from './raw-inet.js'
