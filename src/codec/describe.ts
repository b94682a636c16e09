/** What a value that no codec carries is called in a message, and what to store instead. Never its content. */
export function describeValue(value: unknown): readonly [what: string, remedy: string] {
  if (typeof value === 'function') return ['a function', 'store plain data instead']
  if (typeof value === 'symbol') return ['a symbol', 'store a string instead']
  if (typeof value === 'bigint') return ['a BigInt', 'store it as a string, or use a codec that carries it']
  if (typeof value === 'undefined')
    return ['undefined', 'leave the key out or store null, or use a codec that carries it']
  if (typeof value === 'number')
    return ['NaN, an infinity or -0', 'store null or a string, or use a codec that carries it']
  if (typeof value !== 'object' || value === null) return [typeof value, 'store plain data instead']
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null) return ['an object without prototype', 'copy it with {...object}']
  const name = className(value)
  if (name === 'Buffer') return ['a Buffer', 'store new Uint8Array(buffer)']
  if (name === 'ArrayBuffer' || name === 'SharedArrayBuffer' || name === 'DataView') {
    return [`a ${name}`, 'store a Uint8Array of it']
  }
  if (name === 'Number' || name === 'String' || name === 'Boolean' || name === 'BigInt' || name === 'Symbol') {
    return [`a boxed ${name}`, 'store the primitive, without `new` or Object()']
  }
  if (name === 'Promise') return ['a Promise', 'await it first']
  if (name === undefined) return ['an instance of a class', 'store its plain data']
  return [`an instance of the class ${name}`, 'store its plain data, or use a codec that carries it']
}

/** The class name, read without running a getter of the value. */
function className(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof prototype !== 'object' || prototype === null) return undefined
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof constructor !== 'function') return undefined
  const name: unknown = Object.getOwnPropertyDescriptor(constructor, 'name')?.value
  return typeof name === 'string' && name !== '' && name.length <= 64 ? name : undefined
}
