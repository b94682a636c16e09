import { describeValue } from './describe.js'
import type { Codec } from './port.js'
import { createWalk, Refusal } from './walk.js'

/**
 * Strict JSON: readable by anything, and refuses with its path whatever JSON would lose or change, such as a Date,
 * undefined, NaN or -0. The only values are null, booleans, finite numbers, strings, arrays and plain objects.
 */
export function json(): Codec {
  return {
    name: 'json',
    bind: () => {
      // Lone surrogates are fine: JSON.stringify escapes them.
      const walk = createWalk({ codec: 'json', wellFormed: false, primitive, carry: new Map() })
      return {
        encode(value) {
          walk(value)
          return encoder.encode(JSON.stringify(value))
        },
        decode(bytes) {
          const text = decoder.decode(bytes)
          const value: unknown = JSON.parse(text)
          // JSON.parse makes `__proto__` an own property, which the next Object.assign turns into a prototype. A walk refuses it;
          // it is only needed when the key may be there, spelt out or with an escaped letter.
          if (text.includes('__proto__') || text.includes('\\u00')) walk(value)
          return value
        },
      }
    },
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function primitive(value: undefined | bigint | number): never {
  throw new Refusal(...describeValue(value))
}
