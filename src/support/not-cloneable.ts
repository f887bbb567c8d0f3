/**
 * The name of a property that keeps an object from being cloned. `structuredClone()` and `postMessage()` copy own enumerable properties and
 * nothing else: of a socket they would make an empty object, and say nothing. A symbol as the value of one makes them throw a DataCloneError
 * with its description. (Node's `markAsUncloneable()` is there from 22.10 on, and its error gives no advice.) No subclass has a member of
 * that name.
 */
export const NOT_CLONEABLE = '(not cloneable)'

/** The value of that property: what the error says. */
export function advice(text: string): symbol {
  return Symbol(text)
}
