/** Raw sockets, and ICMP sockets that need no privilege. */
export * as inet from './raw-inet.js'
