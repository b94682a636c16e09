import { refusalOf } from './describe.js'
import type { Codec } from './port.js'
import { escapeForm, reviveForms, toForm } from './type-form.js'
import { createWalk } from './walk.js'

/**
 * Strict JSON: readable by anything, and refuses with its path whatever JSON would lose or change, such as a Date,
 * undefined, NaN or -0. The only values are null, booleans, finite numbers, strings, arrays, plain objects and, as
 * `{"$type": name, "value": ...}`, instances of the classes in `types`.
 */
export function json(): Codec {
  return {
    name: 'json',
    bind({ types }) {
      const walk = createWalk({
        codec: 'json',
        primitive,
        carry: new Map(),
        plain: escapeForm,
        types,
        registered: toForm,
      })
      return {
        encode: (value) => encoder.encode(JSON.stringify(walk(value))),
        decode: (bytes) => reviveForms(JSON.parse(decoder.decode(bytes)), types),
      }
    },
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function primitive(value: undefined | bigint | number): never {
  throw refusalOf(value)
}
