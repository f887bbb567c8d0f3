// Every kind of option value, by what it is made of.
export type { Credentials } from '../../support/codec.js'
export * from './bytes.js'
export * from './families.js'
export * from './inet.js'
export type { FdOwner, Kind, OptionPlace } from './kind.js'
export * from './number.js'
export * from './struct.js'
export * from './tcp.js'
