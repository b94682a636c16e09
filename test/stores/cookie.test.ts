import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { setUp } from '../unit/session/sealed/sealed-kit.js'

/**
 * A carrier is no store, so the laws of stores do not apply; those of sessions do. An exemption is a test: each of these laws is
 * seen broken without what buys it back, and kept with it.
 */
const exemptions = [
  {
    reason:
      'what a client keeps nobody else can compare: the last response counts, unless the session lives in `overflow`',
    laws: ['1 no lost update'],
  },
  {
    reason: 'a cookie is good until its deadline, for whoever has a copy, unless there are `revocations`',
    laws: ['2 no resurrection'],
  },
  {
    reason:
      'parallel requests bring the same flash, unless there are `revocations`, or the session lives in `overflow`',
    laws: ['3 a flash reaches one committed response'],
  },
  {
    reason: 'there is nothing to list or to count: subjects.list, scan and maxPerSubject need a store',
    laws: ['scan', 'bySubject'],
  },
]
const [lostUpdate, resurrection, flash] = exemptions.flatMap(({ laws }) => laws) as [string, string, string]

const bought = {
  [lostUpdate]: { overflow: { store: memoryStore(), above: 200 } },
  [resurrection]: { revocations: memoryStore(), revocationLag: 0 },
  [flash]: { revocations: memoryStore() },
}

/** What happens to a law: true when it is kept. */
const trials: Readonly<Record<string, (kit: ReturnType<typeof setUp>) => Promise<boolean>>> = {
  async [lostUpdate]({ client }) {
    await client.request((session) => session.assign({ userId: 7, text: 'x'.repeat(300) }))
    const { cookie } = client
    await client.request((session) => session.set('theme', 'dark'), { cookie })
    await client.request((session) => session.set('cart', ['a']), { cookie })
    const { value } = await client.request((session) => session.data)
    return value.theme === 'dark' && value.cart.length === 1
  },
  async [resurrection]({ client }) {
    await client.request((session) => session.set('userId', 7))
    const { cookie } = client
    await client.request((session) => session.destroy())
    return (await client.request((session) => session.get('userId'), { cookie })).value === undefined
  },
  async [flash]({ client }) {
    await client.request((session) => session.flash.set('notice', 'Saved'))
    const { cookie } = client
    const take = () => client.request((session) => session.flash.take('notice'), { cookie })
    const takes = await Promise.all([take(), take(), take()])
    return takes.filter(({ value }) => value !== undefined).length === 1
  },
}

describe('cookieStore()', () => {
  it.each(Object.entries(trials))('%s: not alone, and with the store that buys it back', async (law, trial) => {
    expect(await trial(setUp())).toBe(false)
    expect(await trial(setUp(bought[law]))).toBe(true)
  })

  it('says of itself what it promises', () => {
    const { definition } = setUp()
    expect(definition.options.store).toMatchObject({
      guarantees: { atomicUpdate: false, durable: true, shared: true, revocable: false },
    })
    expect(setUp({ revocations: memoryStore() }).definition.options.store).toMatchObject({
      guarantees: { revocable: true },
    })
  })
})
