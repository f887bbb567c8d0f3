// Every kind of option value, by what it is made of.
export * from './kinds/bytes.js'
export * from './kinds/inet.js'
export type { Kind, OptionPlace } from './kinds/kind.js'
export * from './kinds/number.js'
export * from './kinds/struct.js'
export * from './kinds/tcp.js'
