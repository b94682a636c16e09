import { Refusal } from './refusal.js'

/** The refusal of a value that the codec at hand does not carry: what it is, never its content, and what to do instead. */
export function refusalOf(value: unknown): Refusal {
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== null)
    return refusalOfInstance(value)
  return new Refusal(...describeValue(value))
}

function describeValue(value: unknown): readonly [what: string, remedy: string] {
  if (typeof value === 'function') return ['a function', 'store plain data instead']
  if (typeof value === 'symbol') return ['a symbol', 'store a string instead']
  if (typeof value === 'bigint') return ['a BigInt', 'store it as a string, or use a codec that carries it']
  if (typeof value === 'undefined')
    return ['undefined', 'leave the key out or store null, or use a codec that carries it']
  if (typeof value === 'number')
    return ['NaN, an infinity or -0', 'store null or a string, or use a codec that carries it']
  return ['an object without prototype', 'copy it with {...object}']
}

function refusalOfInstance(value: object): Refusal {
  const name = className(value)
  const known = describeBuiltIn(name)
  if (known !== undefined) return new Refusal(...known)
  if (name === undefined) {
    return new Refusal('type not registered: a class without a name', 'register it in `types`, or store plain data', {
      unregistered: true,
    })
  }
  return new Refusal(
    `type not registered: ${name}`,
    `call types.register('${name}', ${name}, { encode, decode }) on the typeRegistry() given as \`types\`, store plain data, or use a codec that carries it`,
    { unregistered: true },
  )
}

/** Where there is something better to do than to register the class. */
function describeBuiltIn(name: string | undefined): readonly [what: string, remedy: string] | undefined {
  if (name === 'Buffer') return ['a Buffer', 'store new Uint8Array(buffer)']
  if (name === 'ArrayBuffer' || name === 'SharedArrayBuffer' || name === 'DataView') {
    return [`a ${name}`, 'store a Uint8Array of it']
  }
  if (name === 'Number' || name === 'String' || name === 'Boolean' || name === 'BigInt' || name === 'Symbol') {
    return [`a boxed ${name}`, 'store the primitive, without `new` or Object()']
  }
  if (name === 'Promise') return ['a Promise', 'await it first']
  return undefined
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
