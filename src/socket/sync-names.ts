import { defineMethod } from '../support/record.js'

type Method = (...args: unknown[]) => unknown

/**
 * Defines `recvsync` for `recv`, and so on: lua-net's names for methods that wait for their turn, first come, first served. Here all methods
 * do, so that both names mean the same.
 */
export function defineSyncNames(target: { readonly prototype: object }, names: readonly string[]): void {
  for (const name of names) {
    const method = function (this: Record<string, Method>, ...args: unknown[]): unknown {
      return (this[name] as Method)(...args)
    }
    defineMethod(target.prototype, `${name}sync`, method)
  }
}
