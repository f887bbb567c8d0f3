/** A class that makes a T. TypeScript wants a mixin's base to take any arguments. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Constructor<T = object> = new (...args: any[]) => T
