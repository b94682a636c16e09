import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { registry } from '../../../src/codec/registry.js'
import { createKeyring } from '../../../src/core/keyring.js'
import { cbor, defineSession, generateSecret, json, memoryStore } from '../../../src/index.js'
import { createTestClient } from '../../../src/testing/test-client.js'

// Each of them is encoded in UTF-8 as the same replacement character.
const alike = ['\ud800', '\udbff', '\udc00']

describe('a text with a lone surrogate, which would be one with another text once it is hashed', () => {
  it.each(alike)('is no secret (%j)', (lone) => {
    for (const secrets of [`${generateSecret()}${lone}`, [generateSecret(), `${lone}${generateSecret()}`]])
      expect(() => createKeyring(secrets)).toThrow(/lone surrogate/)
    expect(() => createKeyring(`${generateSecret()}\ud83d\ude00`)).not.toThrow()
  })

  it.each(alike)('is no subject (%j): not of a session, and not of a call', async (lone) => {
    const definition = defineSession(z.object({ user: z.string().optional() }), {
      store: memoryStore(),
      subject: 'user',
      codec: json(),
    })
    const client = createTestClient(definition)
    await expect(client.request((session) => session.set('user', `ada${lone}`))).rejects.toThrow(
      /subject.*lone surrogate/,
    )
    await expect(definition.subjects.list(`ada${lone}`)).rejects.toThrow(/lone surrogate/)
    await expect(definition.subjects.revoke(`ada${lone}`)).rejects.toThrow(/lone surrogate/)
    // A pair is a character.
    await client.request((session) => session.set('user', 'ada\ud83d\ude00'))
    expect(await definition.subjects.list('ada\ud83d\ude00')).toHaveLength(1)
  })

  it.each(alike)('is no name of a session, a key or a channel (%j)', (lone) => {
    expect(() => defineSession(z.object({}), { name: `a${lone}` })).toThrow()
    expect(() => defineSession(z.object({ [`a${lone}`]: z.string() }))).toThrow(/key name.*lone surrogate/)
    expect(() => defineSession(z.object({}), { flash: z.object({ [lone]: z.string() }) })).toThrow(/lone surrogate/)
  })

  it.each(alike)(
    'is no value of a codec that writes UTF-8, and comes back from one that escapes it (%j)',
    async (lone) => {
      for (const codec of [cbor(), registry(), json()]) {
        const client = createTestClient(
          defineSession(z.object({ a: z.any() }), { codec, store: memoryStore(), flash: z.object({ f: z.any() }) }),
        )
        for (const value of [lone, `x${lone}`.padStart(90), [lone], { [lone]: 1 }]) {
          const set = () => client.request((session) => session.set('a', value))
          if (codec.name !== 'json') await expect(set()).rejects.toThrow(/lone surrogate at `a/)
          else {
            await set()
            expect((await client.request((session) => session.get('a'))).value).toEqual(value)
          }
        }
        if (codec.name !== 'json')
          await client.request((session) => expect(() => session.flash.set('f', lone)).toThrow(/lone surrogate at `f`/))
      }
    },
  )

  it('is no id that reaches a store', async () => {
    const definition = defineSession(z.object({}), { store: memoryStore() })
    expect(await definition.destroyById(`${'a'.repeat(42)}\ud800`)).toBe(false)
  })
})
