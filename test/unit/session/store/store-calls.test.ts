import { tracingChannel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../../src/define.js'
import type { StoreCall } from '../../../../src/session/store/tracing.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const channel = tracingChannel<string, StoreCall>('zession:store')
const told: [string, StoreCall][] = []
const tell = (event: string) => (call: StoreCall) => void told.push([event, { ...call }])
const subscribers = {
  start: tell('start'),
  end: () => {},
  asyncStart: () => {},
  asyncEnd: tell('asyncEnd'),
  error: tell('error'),
}

function setUp() {
  const store = memoryStore()
  const definition = defineSession(z.object({ n: z.number().default(0), secret: z.string().optional() }), {
    name: 'shop',
    store,
    cookie: { secure: false },
    storeTimeout: 30,
    autoCollect: false,
  })
  return { store, client: createTestClient(definition) }
}

describe('the channel of store calls', () => {
  afterEach(() => {
    channel.unsubscribe(subscribers)
    told.length = 0
  })

  it('tells each call from its beginning to its answer, and nothing that is stored', async () => {
    const { client } = setUp()
    channel.subscribe(subscribers)
    await client.request((session) => session.set('secret', 'canary-of-the-store'))
    await client.request((session) => session.rotate())
    expect(told).toEqual([
      ['start', { session: 'shop', operation: 'create' }],
      ['asyncEnd', { session: 'shop', operation: 'create', result: 'ok' }],
      ['start', { session: 'shop', operation: 'read' }],
      ['asyncEnd', { session: 'shop', operation: 'read', result: 'found' }],
      // The note of where it is going.
      ['start', { session: 'shop', operation: 'create' }],
      ['asyncEnd', { session: 'shop', operation: 'create', result: 'ok' }],
      ['start', { session: 'shop', operation: 'move' }],
      ['asyncEnd', { session: 'shop', operation: 'move', result: 'ok' }],
    ])
    expect(inspect(told, { depth: 9 })).not.toContain('canary')
  })

  it('tells an absent record, and a failure with the error that the app gets', async () => {
    const { client, store } = setUp()
    await client.request((session) => session.set('n', 1))
    channel.subscribe(subscribers)
    await client.request((session) => session.destroy())
    told.length = 0
    await client.request((session) => session.get('n'), { cookie: `shop=${'x'.repeat(43)}` })
    expect(told.at(-1)?.[1]).toEqual({ session: 'shop', operation: 'read', result: 'absent' })
    store.read = () => new Promise(() => {})
    const error = await client
      .request((session) => session.get('n'), { cookie: `shop=${'x'.repeat(43)}` })
      .catch(String)
    expect(error).toContain('storeTimeout')
    const [, failed] = told.find(([event]) => event === 'error') ?? expect.unreachable()
    expect(String(failed.error)).toBe(error)
  })

  it('changes no answer, with a subscriber or without', async () => {
    for (const subscribed of [false, true]) {
      if (subscribed) channel.subscribe(subscribers)
      const { client } = setUp()
      await client.request((session) => session.set('n', 7))
      expect((await client.request((session) => session.get('n'))).value).toBe(7)
    }
    expect(told.length).toBeGreaterThan(0)
  })
})
