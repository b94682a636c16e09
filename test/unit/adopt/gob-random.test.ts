import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeGobStream, gobTypes } from '../../../src/adopt/gob.js'
import { buildGo } from '../../support/go.mjs'
import { runs } from '../../support/long.js'

interface Sample {
  readonly bytes: string
  /** Its values, as `show` shows them. */
  readonly shown: readonly string[]
}

/** Random values of random types, which Go has written: gob-random/main.go, seed 1. */
const frozen = JSON.parse(readFileSync(new URL('./gob-random.json', import.meta.url), 'utf8')) as readonly Sample[]

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array)
class Own {
  readonly shown: string
  constructor(shown: string) {
    this.shown = shown
  }
}
const money = (bytes: unknown) => new Own(`money${textOf(bytes).toString()}`)
const secret = (bytes: unknown) => new Own(`secret${textOf(bytes).toString('hex')}`)
const types = gobTypes()
for (const name of ['main.Money', 'Money']) types.register(name, money)
for (const name of ['main.Secret', 'Secret']) types.register(name, secret)
for (const name of ['Role', 'Level', 'User', 'Embedded', 'Tree', 'Outer', 'List']) types.register(`main.${name}`)

/** Equal values are equal texts, the same as those of the Go program. */
function show(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return `b${value}`
  if (typeof value === 'string') return `s${Buffer.from(value).toString('hex')}`
  if (typeof value === 'number') {
    const bits = Buffer.alloc(8)
    bits.writeDoubleBE(value === 0 ? 0 : value)
    return `n${bits.toString('hex')}`
  }
  if (value instanceof Date) return `d${value.getTime()}`
  if (value instanceof Own) return value.shown
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return `[${value.map(show).join()}]`
  if (value instanceof Map) return `(${sorted([...value].map(([key, item]) => `${show(key)}=${show(item)}`))})`
  return `{${sorted(Object.entries(value as object).map(([key, item]) => `${key}:${show(item)}`))}}`
}

const sorted = (items: readonly string[]) =>
  items.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join()

const mismatches = (samples: readonly Sample[]) =>
  samples.flatMap(({ bytes, shown }, at) => {
    const read = decodeGobStream(Buffer.from(bytes, 'base64'), { types }).map(show)
    return JSON.stringify(read) === JSON.stringify(shown) ? [] : [{ at, bytes, shown, read }]
  })

it('random values that Go has written are read as what they are', () => {
  expect(frozen.length).toBeGreaterThan(150)
  expect(mismatches(frozen)).toStrictEqual([])
})

// Where there is no Go the samples above stand for it.
describe.each([buildGo(new URL('./gob-random/', import.meta.url)) ?? []].flat())('Go writes now', (go) => {
  afterAll(() => go.remove())

  it('random values of other types, which are read as what they are', () => {
    const count = runs(10_000)
    const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1e9)
    const samples = go.ask({ seed, count }) as readonly Sample[]
    expect([seed, samples.length, mismatches(samples).slice(0, 3)]).toStrictEqual([seed, count, []])
  })
})
