import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { cbor } from '../../../src/codec/cbor.js'
import { CodecError, SessionConfigError } from '../../../src/core/errors.js'
import type { KeyShape } from '../../../src/core/key-shape.js'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
/** The definition once more, in other words than the codec's own. */
const hashOf = (name: string) => createHash('sha256').update(name, 'utf8').digest().readUInt16BE(0)

const shape: KeyShape = {
  keys: { userId: undefined, cart: { items: { keys: { sku: undefined, qty: undefined } } }, flags: undefined },
}
const bound = cbor().bind({ shape })
const value = { userId: 'ada', cart: [{ sku: 'A', qty: 2 }, { sku: 'B' }], flags: { userId: true, sku: false } }
const FROZEN = 'a3196ccb63616461191c4282a219bc7b61411932e802a119bc7b6142192934a266757365724964f563736b75f4'

describe('cbor() with the key names of a schema', () => {
  it('reads and writes the frozen record', () => {
    expect(toHex(bound.encode(value))).toBe(FROZEN)
    expect(bound.decode(hex(FROZEN))).toEqual(value)
  })

  it('writes a known name as the first two bytes of its SHA-256', () => {
    const hash = hashOf('userId').toString(16).padStart(4, '0')
    expect(toHex(bound.encode({ userId: 1 }))).toBe(`a119${hash}01`)
  })

  it('writes what is no key of the schema as text, also below one', () => {
    const bytes = bound.encode({ other: 1, flags: { userId: { cart: 2 } } })
    expect(Buffer.from(bytes).includes('other')).toBe(true)
    expect(Buffer.from(bytes).includes('userId')).toBe(true)
    expect(Buffer.from(bytes).includes('cart')).toBe(true)
    expect(Buffer.from(bytes).includes('flags')).toBe(false)
  })

  it('reads records written before names were hashed, and goes on below their keys', () => {
    const old = cbor().bind({ shape: {} }).encode(value)
    expect(bound.decode(old)).toEqual(value)
    expect(bound.decode(hex(`a1 64 63617274 81 a1 19${hashOf('sku').toString(16)} 6141`))).toEqual({
      cart: [{ sku: 'A' }],
    })
  })

  it('gives a name that no release here knows one that no user can write', () => {
    const unknown = cbor().bind({ shape: {} }).decode(hex(FROZEN)) as Record<string, unknown>
    expect(Object.keys(unknown)).toEqual(['\udc00#6ccb', '\udc00#1c42', '\udc00#2934'])
    expect(toHex(cbor().bind({ shape: {} }).encode(unknown))).toBe(FROZEN)
    expect(toHex(bound.encode({ later: unknown, cart: [[unknown]] }))).toContain(FROZEN)
  })

  it.each(['\udc00', '\udc00#123', '\udc00#12345', '\udc00#ABCD', '\udc00#12g4', 'a\udc00#1234', '\ud800#1234'])(
    'still refuses other keys with a lone surrogate (%j)',
    (name) => {
      expect(() => bound.encode({ [name]: 1 })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CODEC' }))
    },
  )

  it('refuses such a name where its hash is known: nobody reads that back', () => {
    const forged = `\udc00#${hashOf('userId').toString(16)}`
    expect(() => bound.encode({ userId: 1, [forged]: 2 })).toThrow(CodecError)
  })

  it.each([
    ['a hash twice', `a2 19${hashOf('userId').toString(16)} 01 19${hashOf('userId').toString(16)} 02`],
    ['a name and its hash', `a2 66 757365724964 01 19${hashOf('userId').toString(16)} 02`],
    ['a name twice', 'a2 66 757365724964 01 66 757365724964 01'],
    ['an unknown hash twice', 'a2 01 01 01 02'],
  ])('takes %s for damage', (_, bytes) => {
    expect(() => bound.decode(hex(bytes))).toThrow('twice')
  })

  it('refuses two names with the same hash when it is bound, naming both', () => {
    const [first, second] = sameHash()
    const at = (keys: readonly string[]): KeyShape => ({
      keys: Object.fromEntries(keys.map((key) => [key, undefined])),
    })
    const bind = (bad: KeyShape) => () => cbor().bind({ shape: bad })
    expect(bind(at([first, second]))).toThrow(SessionConfigError)
    expect(bind(at([first, second]))).toThrow(`"${first}" and "${second}"`)
    expect(bind({ keys: { deep: { items: { keys: { down: at([first, second]) } } } } })).toThrow('of `deep[].down`')
    expect(bind({ keys: { [first]: at([second]) } })).not.toThrow()
  })

  it('keeps a session that is 255 bytes as JSON under 166', () => {
    const names = ['id', 'email', 'roles', 'createdAt', 'lastSeenAt', 'preferences', 'visits']
    const keys: KeyShape['keys'] = Object.fromEntries(names.map((name) => [name, undefined]))
    const cart: KeyShape = { items: { keys: { sku: undefined, qty: undefined } } }
    const session = {
      id: '7f1c9a52-4c1e-4b0f-9d0a-2f6f0c7a1e33',
      email: 'ada@mail.com',
      roles: ['editor'],
      createdAt: '2025-06-15T15:06:40Z',
      lastSeenAt: '2025-06-16T08:12:05Z',
      cart: [
        { sku: 'A-101', qty: 2 },
        { sku: 'B-202', qty: 1 },
      ],
      preferences: { beta: true },
      visits: 42,
    }
    expect(JSON.stringify(session).length).toBe(255)
    expect(
      cbor()
        .bind({ shape: { keys: { ...keys, cart } } })
        .encode(session).length,
    ).toBeLessThanOrEqual(165)
  })

  it('takes a shape that contains itself', () => {
    const keys: Record<string, KeyShape | undefined> = { name: undefined }
    const category: KeyShape = { keys }
    keys['children'] = { items: category }
    const recursive = cbor().bind({ shape: { keys: { root: category } } })
    let deep: unknown = { name: 'leaf', children: [] }
    for (let i = 0; i < 40; i++) deep = { name: 'node', children: [deep] }
    const bytes = recursive.encode({ root: deep })
    expect(recursive.decode(bytes)).toEqual({ root: deep })
    expect(Buffer.from(bytes).includes('children')).toBe(false)
    const [first, second] = sameHash()
    keys[first] = category
    keys[second] = undefined
    expect(() => cbor().bind({ shape: { keys: { root: category } } })).toThrow(SessionConfigError)
  })
})

function sameHash(): [string, string] {
  const seen = new Map<number, string>()
  for (let i = 0; ; i++) {
    const other = seen.get(hashOf(`key${i}`))
    if (other !== undefined) return [other, `key${i}`]
    seen.set(hashOf(`key${i}`), `key${i}`)
  }
}
