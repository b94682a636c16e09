// How much a decoded value holds, counted rather than measured: heap figures move with every collection.

const wellKnown = new Set(
  [Object, Array, Map, Set, Date, RegExp, URL, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError]
    .concat([URIError, Uint8Array, Uint8ClampedArray, Uint16Array, Uint32Array, BigUint64Array, Int8Array, Int16Array])
    .concat([Int32Array, BigInt64Array, Float32Array, Float64Array])
    .map(({ prototype }) => prototype),
)

/**
 * Eight bytes for each value and each container, one for each character, byte and BigInt byte. What is shared counts each
 * time it is met. `foreign` says what is in the value that no codec gives.
 */
export function weigh(root) {
  let weight = 0
  let foreign
  const waiting = [root]
  while (waiting.length > 0) {
    const value = waiting.pop()
    weight += 8
    if (typeof value === 'string') weight += value.length
    else if (typeof value === 'bigint') weight += value.toString(16).length / 2
    else if (typeof value === 'function' || typeof value === 'symbol') foreign = `a ${typeof value}`
    else if (typeof value === 'object' && value !== null) weighObject(value)
  }
  return { weight, foreign }

  function weighObject(value) {
    if (!wellKnown.has(Object.getPrototypeOf(value))) foreign = 'an object of a foreign class'
    if (Object.hasOwn(value, '__proto__')) foreign = 'an object with the key `__proto__`'
    if (ArrayBuffer.isView(value)) {
      weight += value.buffer.byteLength
      return
    }
    if (Array.isArray(value)) weight += 8 * (value.length - Object.keys(value).length)
    if (value instanceof Map) for (const [key, item] of value) waiting.push(key, item)
    if (value instanceof Set) for (const item of value) waiting.push(item)
    if (value instanceof Error) waiting.push(value.message, value.cause)
    if (value instanceof RegExp) weight += value.source.length
    if (value instanceof URL) weight += value.href.length
    for (const key of Object.keys(value)) {
      weight += key.length
      waiting.push(value[key])
    }
  }
}
