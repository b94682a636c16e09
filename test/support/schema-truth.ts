import fc from 'fast-check'
import * as z from 'zod'
import { cbor } from '../../src/codec/cbor.js'
import type { Codec } from '../../src/codec/port.js'
import { createSchemaModel } from '../../src/schema/definition.js'
import { samplesOf } from '../../src/schema/edits/samples.js'
import { definitionSnapshot } from '../../src/schema/snapshot/definition.js'
import type { DefinitionSnapshot } from '../../src/schema/snapshot/node.js'
import { carryOf } from '../../src/session/record/codec-binding.js'
import { arbitraryOf } from '../../src/testing/arbitrary.js'
import { sameValue } from '../../src/testing/same-value.js'

/** What became of the values that one schema stored when another read them: found out by doing it. */
export interface Truth {
  readonly refused: unknown[]
  readonly changed: unknown[]
  readonly kept: number
}

const ANY_VALUES: readonly unknown[] = [
  ...['string', 'number', 'bigint', 'boolean', 'nan'].flatMap((kind) => samplesOf(kind)),
  ...[
    null,
    new Date(0),
    new Date(1e12),
    [],
    {},
    new Map(),
    new Set(),
    [1],
    ['a'],
    { a: 1 },
    { a: 'x', b: 2 },
    new Map([['a', 1]]),
    new Set(['a']),
  ],
]

/** Values that a schema has stored with a codec. */
export interface Stored {
  readonly value: unknown
  readonly bytes: Uint8Array
}

function made(schema: z.ZodType, count: number): unknown[] {
  try {
    return fc.sample(arbitraryOf(schema), { numRuns: count, seed: 7 })
  } catch {
    return []
  }
}

/** What a session keeps under one key: of values made for the schema, of any, and of some that the caller knows. */
export function storedBy(schema: z.ZodType, own: readonly unknown[] = [], codec: Codec = cbor(), count = 60): Stored[] {
  const model = createSchemaModel(z.object({ k: schema }), 'a test')
  const writes = codec.bind({ shape: model.shape })
  const key = model.keys.get('k')
  return [...own, ...made(schema, count), ...ANY_VALUES].flatMap((value) => {
    try {
      const typed = key?.fromApp(value, carryOf(writes, 'k'))
      return typed?.value === undefined ? [] : [{ value: typed.value, bytes: writes.encode({ k: typed.stored }) }]
    } catch {
      return []
    }
  })
}

/** Reads what another schema has stored. */
export function readerOf(schema: z.ZodType, codec: Codec = cbor()): (stored: readonly Stored[]) => Truth {
  const model = createSchemaModel(z.object({ k: schema }), 'a test')
  const reads = codec.bind({ shape: model.shape })
  const key = model.keys.get('k')
  return (stored) => {
    const truth: Truth & { kept: number } = { refused: [], changed: [], kept: 0 }
    for (const { value, bytes } of stored) {
      const read = key?.fromStored((reads.decode(bytes) as { readonly k?: unknown }).k)
      if (!read) truth.refused.push(value)
      else if (sameValue(read.value, value)) truth.kept++
      else truth.changed.push(value)
    }
    return truth
  }
}

export function snapshotOf(schema: z.ZodObject, more: Partial<DefinitionSnapshot> = {}): DefinitionSnapshot {
  const made = definitionSnapshot({
    schema,
    flash: undefined,
    version: 1,
    migrations: [],
    codecs: ['cbor'],
    options: { onNewerVersion: 'carry' },
    hashOf: () => '',
  })
  // As it comes out of the file that an app commits.
  return JSON.parse(JSON.stringify({ ...made, hashes: {}, ...more })) as DefinitionSnapshot
}
