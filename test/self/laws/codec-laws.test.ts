import { describe, expect, it } from 'vitest'
import { cbor } from '../../../src/codec/cbor.js'
import type { Codec } from '../../../src/codec/port.js'
import { codecLaws } from '../../../src/testing/codec-laws.js'

const NEGATIVE_ZERO = 'carries negative zero type for type, and does not change it'

/** A codec that loses -0, and nothing else. */
const lossy: Codec = {
  name: 'lossy',
  bind: (context) => {
    const whole = cbor().bind(context)
    return {
      encode: (value) => whole.encode(Object.is(value['value'], -0) ? { ...value, value: 0 } : value),
      decode: (bytes) => whole.decode(bytes),
    }
  },
}

function collect(codec: Codec, options: Parameters<typeof codecLaws>[2]) {
  const laws = new Map<string, () => void | Promise<void>>()
  codecLaws((name, run) => void laws.set(name, run), codec, { refuses: ['lone surrogate'], ...options })
  return laws
}

describe('exemptions of codecLaws', () => {
  it('a broken law that is exempted is reported with its reason, and passes because it fails', async () => {
    const laws = collect(lossy, { exempt: [{ reason: 'it writes 0', laws: [NEGATIVE_ZERO] }] })
    expect(laws.has(NEGATIVE_ZERO)).toBe(false)
    await laws.get(`does not keep: ${NEGATIVE_ZERO} (it writes 0)`)?.()
    expect(() => collect(lossy, {}).get(NEGATIVE_ZERO)?.()).toThrow('came back changed')
  })

  it('a law that is kept cannot stay exempted', async () => {
    const laws = collect(cbor(), { exempt: [{ reason: 'it writes 0', laws: [NEGATIVE_ZERO] }] })
    await expect(laws.get(`does not keep: ${NEGATIVE_ZERO} (it writes 0)`)?.()).rejects.toThrow('is kept')
  })

  it('an exempted law of random values is left out', () => {
    const name = 'carries or refuses any value'
    const laws = collect(lossy, { exempt: [{ reason: 'it writes 0', laws: [name] }] })
    expect([...laws.keys()].filter((each) => each.includes(name))).toEqual([])
  })

  it.each([
    ['no reason', [{ reason: ' ', laws: [NEGATIVE_ZERO] }]],
    ['a law named twice', [{ reason: 'a', laws: [NEGATIVE_ZERO, NEGATIVE_ZERO] }]],
    ['a name that is no law', [{ reason: 'a', laws: ['carries everything'] }]],
  ])('%s is refused', (_, exempt) => {
    expect(() => collect(lossy, { exempt })).toThrow()
  })
})
