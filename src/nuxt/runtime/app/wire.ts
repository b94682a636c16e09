import * as devalue from '#zession/devalue'
import { reduce, revive, TYPE } from './payload.js'

/** What pages and the server send each other, in the format of Nuxt's payload. */
export function stringify(value: unknown): string {
  return devalue.stringify(value, { [TYPE]: reduce })
}

export function parse(text: string): unknown {
  return devalue.parse(text, { [TYPE]: revive as (value: never) => unknown })
}
