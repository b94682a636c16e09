import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import type { KeyShape } from '../../../src/core/key-shape.js'
import { createSchemaModel } from '../../../src/schema/definition.js'

const shapeOf = (schema: z.core.$ZodType): KeyShape | undefined =>
  createSchemaModel(z.object({ k: schema as z.ZodType }), 's').shape.keys?.['k']
const a = z.object({ a: z.string() })
const b = z.object({ b: z.string() })
const ab = { keys: { a: undefined, b: undefined } }

describe('the key shape of a schema', () => {
  it.each([
    ['object', a, { keys: { a: undefined } }],
    ['loose object', z.looseObject({ a: z.string() }), { keys: { a: undefined } }],
    ['catchall', a.catchall(z.number()), { keys: { a: undefined } }],
    ['optional, nullable, default, readonly', a.nullable().optional().readonly(), { keys: { a: undefined } }],
    ['default', a.default({ a: '' }), { keys: { a: undefined } }],
    ['union', z.union([a, z.string(), b.optional()]), ab],
    [
      'discriminated union',
      z.discriminatedUnion('t', [z.object({ t: z.literal(1) }), z.object({ t: z.literal(2), u: a })]),
      { keys: { t: undefined, u: { keys: { a: undefined } } } },
    ],
    ['intersection', z.intersection(a, b), ab],
    ['the same key in two options', z.union([z.object({ x: a }), z.object({ x: b })]), { keys: { x: ab } }],
    ['array of unions', z.array(z.union([a, b])), { items: ab }],
    [
      'union of an object and an array',
      z.union([a, z.array(b)]),
      { ...{ keys: { a: undefined } }, items: { keys: { b: undefined } } },
    ],
    ['tuple with rest', z.tuple([a, z.string()], z.union([b, z.number()])), { items: ab }],
    ['array of texts', z.array(z.string()), undefined],
    ['record', z.record(z.string(), a), undefined],
    ['map', z.map(z.string(), a), undefined],
    ['set', z.set(a), undefined],
    [
      'names of Object.prototype',
      z.union([z.object({ toString: a }), b]),
      { keys: { toString: { keys: { a: undefined } }, b: undefined } },
    ],
    [
      'codec: its stored side',
      z.codec(a, b, { decode: () => ({ b: '' }), encode: () => ({ a: '' }) }),
      { keys: { a: undefined } },
    ],
    ['zod/mini', mini.optional(mini.union([mini.object({ a: mini.string() }), mini.object({ b: mini.string() })])), ab],
  ])('%s', (_, schema, shape) => {
    expect(shapeOf(schema)).toStrictEqual(shape)
  })

  it('of a recursive getter is a cycle', () => {
    const node = z.object({
      name: z.string(),
      get children() {
        return z.array(node).optional()
      },
    })
    const shape = shapeOf(node)
    expect(Object.keys(shape?.keys ?? {})).toEqual(['name', 'children'])
    expect(shape?.keys?.['children']?.items).toBe(shape)
  })

  it('of z.lazy is a cycle, through unions too', () => {
    type Tree = { value: string; left?: Tree | string | undefined }
    const tree: z.ZodType<Tree> = z.lazy(() =>
      z.object({ value: z.string(), left: z.union([z.string(), tree]).optional() }),
    )
    const shape = shapeOf(tree)
    expect(shape?.keys?.['left']).toBe(shape)
  })

  it('of two schemas that contain each other, in a union, ends', () => {
    const folder = z.object({
      name: z.string(),
      get entries() {
        return z.array(z.union([folder, file]))
      },
    })
    const file = z.object({
      size: z.number(),
      get parent() {
        return folder.optional()
      },
    })
    const shape = shapeOf(folder)
    const entry = shape?.keys?.['entries']?.items
    expect(Object.keys(entry?.keys ?? {}).sort()).toEqual(['entries', 'name', 'parent', 'size'])
    expect(entry?.keys?.['parent']).toBe(shape)
    expect(entry?.keys?.['entries']?.items).toBe(entry)
  })

  it('of json is no endless walk', () => {
    expect(shapeOf(z.json())?.keys).toBeUndefined()
  })
})
