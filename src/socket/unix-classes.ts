type AnyClass = abstract new (...args: never[]) => object

/** The classes of this package whose sockets are unix sockets that pass descriptors. */
const classes: AnyClass[] = []

/** Counts the objects of a class as unix sockets. */
export function countAsUnix(unixClass: AnyClass): void {
  classes.push(unixClass)
}

/** Whether a value is an object of such a class. */
export function isUnixSocket(value: unknown): boolean {
  return classes.some((unixClass) => value instanceof unixClass)
}
